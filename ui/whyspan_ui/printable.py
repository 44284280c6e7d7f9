"""Text from traces and file names, made safe to print.

A terminal obeys what it is sent: a trace could clear the screen, retitle the window or reverse the order of letters.
"""

import re

UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters (tab and line feed stay), the C1 forms of ESC [ included
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks and overrides of the writing direction
    "\u2028\u2029"  # separators some terminals and log readers take for line ends
    "\ud800-\udfff]"  # lone surrogates cannot be encoded
)


def printable(text: str) -> str:
    """The text with every character a terminal could obey, or could not encode, shown as U+FFFD."""
    return UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, width: int) -> str:
    """The text on one printable line of at most `width` characters, cut with an ellipsis."""
    line = " ".join(printable(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"
