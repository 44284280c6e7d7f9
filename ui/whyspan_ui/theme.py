"""How the dashboard looks: one palette for light and dark, handed to Streamlit, to the style sheet and to Plotly.

Calm paper and ink, one accent that means "selected", red that means "failed or decisive", orange that means "suspect".
Every text colour has at least 4.5:1 on every surface it is used on (WCAG 2.2, 1.4.3); tests/ui/test_theme.py computes it.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

ASSETS: Final = Path(__file__).parent / "assets"

PALETTE: Final[dict[str, tuple[str, str]]] = {
    "paper": ("#fbfbfa", "#15171a"),
    "panel": ("#f1f1ee", "#1e2125"),
    "ink": ("#1f2328", "#e3e5e8"),
    "muted": ("#575d63", "#a7adb4"),
    "line": ("#e2e2dd", "#2d3136"),
    "accent": ("#3b5bdb", "#4c66d4"),
    "link": ("#3b5bdb", "#91a5f8"),
    "code": ("#f4f4f1", "#1b1e22"),
    "code-ink": ("#33383e", "#cdd2d8"),
    "red": ("#c92a2a", "#f07575"),
    "red-surface": ("#fdf0ef", "#2e1b1c"),
    "red-ink": ("#a61e1e", "#f59a9a"),
    "orange": ("#b44f08", "#e8954a"),
    "orange-surface": ("#fdf3e7", "#2d2217"),
    "orange-ink": ("#97420a", "#f0b27d"),
    "green": ("#26803a", "#6bbf7b"),
    "green-surface": ("#eef7ef", "#18271c"),
    "green-ink": ("#226b31", "#8fd19c"),
    "blue": ("#3b6fb5", "#7aa7e0"),
    "blue-surface": ("#eef3fa", "#1a2430"),
    "blue-ink": ("#2c568f", "#a3c3ec"),
    "violet": ("#6741d9", "#a48bf2"),
    "violet-surface": ("#f3f0fc", "#231f35"),
    "violet-ink": ("#5232b3", "#bfaef7"),
    "yellow": ("#8f6400", "#d9b13b"),
    "teal": ("#0b7285", "#4fb6c4"),
    "gray": ("#62686f", "#8b9299"),
    "gray-surface": ("#efefec", "#24282c"),
}
"""Colour name -> (light, dark)."""

# Plotly ignores a theme palette of fewer than ten colours.
_SERIES: Final = ("violet", "blue", "teal", "green", "yellow", "orange", "red", "gray", "accent", "ink")

_STREAMLIT_NAMES: Final = {
    "primaryColor": "accent",
    "backgroundColor": "paper",
    "secondaryBackgroundColor": "panel",
    "textColor": "ink",
    "linkColor": "link",
    "borderColor": "line",
    "codeBackgroundColor": "code",
    "codeTextColor": "code-ink",
    "dataframeHeaderBackgroundColor": "panel",
    "dataframeHeaderTextColor": "muted",
    "yellowColor": "yellow",
    "grayTextColor": "muted",
    "grayColor": "gray",
    "grayBackgroundColor": "gray-surface",
} | {
    f"{hue}{part}": f"{hue}{suffix}"
    for hue in ("red", "orange", "green", "blue", "violet")
    for part, suffix in (("Color", ""), ("BackgroundColor", "-surface"), ("TextColor", "-ink"))
}

_LATIN = "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2190-2193,U+2212,U+FEFF,U+FFFD"
_LATIN_EXTENDED = "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+1D00-1DBF,U+1E00-1E9F,U+20A0-20AB,U+2C60-2C7F"


def on_colour(scheme: str | None) -> str:
    """The colour of words on a surface of one of the palette's colours, in `light` or `dark`."""
    return PALETTE["paper"][scheme == "dark"]


@cache
def assets_path() -> str:
    """URL path under which the files of `ASSETS` are served; it changes with their content, so they may be cached for ever."""
    digest = hashlib.sha256()
    for file in sorted(ASSETS.rglob("*")):
        if file.is_file():
            digest.update(file.relative_to(ASSETS).as_posix().encode() + file.read_bytes())
    return f"/assets/{digest.hexdigest()[:12]}"


def streamlit_options() -> dict[str, Any]:
    """The theme as Streamlit configuration options (`theme.light.textColor`, ...)."""
    font = assets_path() + "/fonts/"
    options: dict[str, Any] = {
        "theme.fontFaces": [
            {"family": "Inter", "url": font + "inter-latin.woff2", "weight": "100 900", "unicodeRange": _LATIN},
            {
                "family": "Inter",
                "url": font + "inter-latin-ext.woff2",
                "weight": "100 900",
                "unicodeRange": _LATIN_EXTENDED,
            },
            {"family": "JetBrains Mono", "url": font + "jetbrains-mono-latin.woff2", "weight": "100 800"},
        ],
        "theme.font": "Inter, system-ui, sans-serif",
        "theme.headingFont": "Inter, system-ui, sans-serif",
        "theme.codeFont": "'JetBrains Mono', ui-monospace, monospace",
        "theme.baseFontSize": 14,
        "theme.codeFontSize": "12.5px",
        "theme.headingFontSizes": ["22px", "18px", "16px", "14px", "13px", "12px"],
        "theme.headingFontWeights": [600, 600, 600, 600, 600, 600],
        "theme.metricValueFontSize": "20px",
        "theme.baseRadius": "6px",
        "theme.buttonRadius": "6px",
        "theme.paddingTop": "0.5rem",
        "theme.paddingBottom": "1rem",
        "theme.linkUnderline": False,
    }
    for index, mode in enumerate(("light", "dark")):
        options |= {f"theme.{mode}.{option}": PALETTE[name][index] for option, name in _STREAMLIT_NAMES.items()}
        options[f"theme.{mode}.chartCategoricalColors"] = [PALETTE[name][index] for name in _SERIES]
    return options


@cache
def style_sheet() -> str:
    """The page's CSS: the palette as custom properties that follow the browser's colour scheme, then assets/style.css."""
    properties = "".join(f"--{name}:light-dark({light},{dark});" for name, (light, dark) in PALETTE.items())
    return f":root{{{properties}}}\n{(ASSETS / 'style.css').read_text(encoding='utf-8')}"


@cache
def streamlit_properties() -> str:
    """The custom properties the explorer reads (`--st-text-color`, ...), for where Streamlit does not set them."""
    blocks = []
    for index in (0, 1):
        named = "".join(f"--st-{_dashed(option)}:{PALETTE[name][index]};" for option, name in _STREAMLIT_NAMES.items())
        blocks.append(f":root{{{named}--st-font:Inter,system-ui,sans-serif;--st-code-font:ui-monospace,monospace}}")
    return f"{blocks[0]}\n@media (prefers-color-scheme: dark) {{{blocks[1]}}}"


def _dashed(option: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in option)
