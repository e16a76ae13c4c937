"""The channels of the documentation are channels."""

import re
from pathlib import Path

import pytest
import yaml

from umot.alerts.sending import service_of
from umot.config.alerts import AlertSettings

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text("utf-8")
TABLE = PAGE.split("| service | address |")[1].split("\n\n")[0]
ADDRESSES = [address for address in re.findall(r"`(\w+://[^`]+)`", TABLE) if "…" not in address]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_of_the_table_is_understood(address: str) -> None:
    service_of(address)


def test_there_are_addresses() -> None:
    assert len(ADDRESSES) == 6


def test_the_example_can_be_loaded() -> None:
    (example,) = (block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "channels:" in block)
    text = re.sub(r"\$\{\w+\}", "json://127.0.0.1/", example)
    assert set(AlertSettings.model_validate(yaml.safe_load(text)["alerts"]).channels) == {"team", "care", "operations"}
