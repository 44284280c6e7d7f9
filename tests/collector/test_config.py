"""Settings: an argument wins over the environment, which wins over the default; a wrong one is named."""

from pathlib import Path

import pytest

from whyspan_collector.config import WrongSetting, load


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting comes from the nearest place that has it."""
    monkeypatch.setenv("WHYSPAN_PORT", "5000")
    monkeypatch.setenv("WHYSPAN_DATA", "/from/environment")

    config = load(port=6000, data=None)

    assert (config.port, config.data, config.host) == (6000, Path("/from/environment"), "127.0.0.1")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("WHYSPAN_PORT", "http", "WHYSPAN_PORT='http'"),
        ("WHYSPAN_PORT", "70000", "WHYSPAN_PORT='70000'"),
        ("WHYSPAN_MAX_BODY_BYTES", "0", "WHYSPAN_MAX_BODY_BYTES='0'"),
        ("WHYSPAN_JOURNAL_BYTES", "100000000", "at least twice max_body_bytes"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    """The message has the variable, its value and what is wrong with it."""
    monkeypatch.setenv(name, value)

    with pytest.raises(WrongSetting, match=message):
        load()


def test_an_unknown_setting_is_an_error() -> None:
    """A misspelt argument is not taken for a default."""
    with pytest.raises(WrongSetting, match="prot"):
        load(prot=1)
