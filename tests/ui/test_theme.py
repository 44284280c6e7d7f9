"""Colours a person can read, and a theme that Streamlit accepts."""

import re

import pytest
from streamlit import config

from whyspan_ui import theme

TEXTS = [
    ("ink", "paper"),
    ("ink", "panel"),
    ("muted", "paper"),
    ("muted", "panel"),
    ("muted", "gray-surface"),
    ("link", "paper"),
    ("link", "orange-surface"),
    ("code-ink", "code"),
    ("red-ink", "paper"),
    *((f"{hue}-ink", f"{hue}-surface") for hue in ("red", "orange", "green", "blue", "violet")),
    ("ink", "orange-surface"),
    ("ink", "red-surface"),
    ("ink", "violet-surface"),
    # letters on the tiles that mark a span's kind
    *(("paper", tile) for tile in ("violet", "blue", "teal", "green", "yellow", "gray", "red-ink")),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "surface"), TEXTS, ids="-on-".join)
def test_text_is_readable(text: str, surface: str, mode: int) -> None:
    """Every text colour has at least 4.5:1 on the surfaces it is used on."""
    assert contrast(theme.PALETTE[text][mode], theme.PALETTE[surface][mode]) >= 4.5


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_white_on_the_accent_is_readable(mode: int) -> None:
    """Streamlit writes white on its primary colour."""
    assert contrast("#ffffff", theme.PALETTE["accent"][mode]) >= 4.5


def test_streamlit_knows_every_option() -> None:
    """No option of ours is misspelled, and the chart palette is long enough for Plotly to use it."""
    options = theme.streamlit_options()

    assert set(options) <= set(config.get_config_options())
    assert len(options["theme.light.chartCategoricalColors"]) >= 10


def test_the_style_sheet_uses_our_colours_only() -> None:
    """Every custom property the style sheet reads is defined, and it loads nothing from anywhere."""
    css = theme.style_sheet()

    assert set(re.findall(r"var\(--([a-z-]+)", css)) - {"pane-height"} <= set(theme.PALETTE)
    assert "url(" not in css
    assert "@import" not in css
