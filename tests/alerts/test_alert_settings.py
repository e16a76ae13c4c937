"""The configuration of alerts says what is wrong with it, and no channel's secret."""

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.stories import configuration
from umot.config import Settings, load_settings
from umot.errors import ConfigError

URL = "json://user:very-secret@example.org/hook"


def load(folder: Path, channel: dict[str, Any] | None = None, **alerts: Any) -> Settings:
    channels = {"team": {"url": URL} | channel} if channel is not None else {}
    return load_settings(configuration(folder, channels, **alerts), {"HOOK": URL})


def test_everything_has_a_default(tmp_path: Path) -> None:
    alerts = load(tmp_path, {}).alerts
    assert (alerts.false_alerts, alerts.false_discoveries, alerts.fewest_posts) == (4.0, 0.3, 3)
    assert (alerts.quiet_days, alerts.close_days, alerts.most_per_week) == (3, 7, 2.0)
    team = alerts.channels["team"]
    assert (team.sources, team.texts, team.digest, team.language, team.most_per_day) == (True, False, None, None, 20)


def test_a_url_comes_from_the_environment_and_is_shown_nowhere(tmp_path: Path) -> None:
    settings = load(tmp_path, {"url": "${HOOK}"})
    assert settings.alerts.channels["team"].url.get_secret_value() == URL
    assert "very-secret" not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("channel", "alerts", "says"),
    [
        ({"url": "very-secret"}, {}, r"alerts\.channels\.team\.url: not an Apprise URL"),
        ({"url": "json://with blank/very-secret"}, {}, r"alerts\.channels\.team\.url: not an Apprise URL"),
        (
            {"brands": ["Zonehoek"]},
            {},
            r"alerts\.channels\.team\.brands: no brand 'Zonehoek'; did you mean 'Zonnehoek'",
        ),
        ({"moments": ["smott"]}, {}, r"no moment 'smott'; did you mean 'smot'"),
        ({"what": ["negative_peak"]}, {}, r"no kind of alert 'negative_peak'; did you mean 'negative_peaks'"),
        ({"severty": 3}, {}, r"unknown key; did you mean 'severity'"),
        ({"severity": 11}, {}, r"alerts\.channels\.team\.severity"),
        ({"digest": "monthly"}, {}, r"alerts\.channels\.team\.digest"),
        (None, {"close_days": 3}, r"close_days 3 must be more than quiet_days 3"),
        (None, {"false_alerts": 0}, r"alerts\.false_alerts"),
        (None, {"kibana": "https://u:very-secret@kibana.example.org"}, r"alerts\.kibana: expected https://"),
        (None, {"maintenance": [{"since": "2026-03-02", "until": "2026-03-01"}]}, "until 2026-03-01 is before since"),
        (None, {"maintenance": [{"since": "2026-03-02", "until": "2026-03-02", "sources": ["x"]}]}, "no source 'x'"),
        (None, {"quiet_hours": {"since": "07:00", "until": "07:00"}}, "are both 07:00"),
        (None, {"quiet_hours": {"since": 5000, "until": "07:00"}}, "expected a time of day such as 22:00"),
    ],
)
def test_mistakes_are_named_with_a_way_out(
    tmp_path: Path, channel: dict[str, Any] | None, alerts: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        load(tmp_path, channel, **alerts)
    assert "very-secret" not in str(caught.value)


def test_a_channel_has_a_short_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Team A"):
        load_settings(configuration(tmp_path, {"Team A": {"url": URL}}))


def test_times_without_quotes_are_times(tmp_path: Path) -> None:
    """YAML reads 22:00 as a number in base sixty."""
    path = configuration(tmp_path, {})
    path.write_text(path.read_text("utf-8").replace("alerts:", "alerts:\n  quiet_hours: {since: 22:00, until: 07:30}"))
    hours = load_settings(path).alerts.quiet_hours
    assert hours is not None
    assert (hours.since, hours.until) == (time(22), time(7, 30))


def test_quiet_hours_may_cross_midnight(tmp_path: Path) -> None:
    night = load(tmp_path, quiet_hours={"since": "22:00", "until": "07:00"}).alerts.quiet_hours
    noon = load(tmp_path, quiet_hours={"since": "12:00", "until": "13:00"}).alerts.quiet_hours
    assert night is not None
    assert noon is not None
    assert [night.hold(time(hour)) for hour in (21, 22, 23, 0, 6, 7)] == [False, True, True, True, True, False]
    assert [noon.hold(time(hour)) for hour in (11, 12, 13)] == [False, True, False]
