"""Which channels an alert goes to."""

from collections.abc import Mapping

from umot.alert import Alert
from umot.config.alerts import ChannelSettings


def channels_for(alert: Alert, channels: Mapping[str, ChannelSettings]) -> list[str]:
    """Return the names of the channels that want an alert."""
    return [name for name, channel in channels.items() if wants(channel, alert)]


def wants(channel: ChannelSettings, alert: Alert) -> bool:
    """Tell whether a channel wants an alert: its severity and kind, then its brand and moments, or that of a source.

    A channel that names moments wants no brand's alert without one.
    """
    if alert.severity < channel.severity or (channel.what and alert.what not in channel.what):
        return False
    if alert.about == "source":
        return channel.sources
    moments = {alert.moment, *alert.moments}
    return (not channel.brands or alert.brand in channel.brands) and (
        not channel.moments or not moments.isdisjoint(channel.moments)
    )
