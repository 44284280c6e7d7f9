"""How a replay ended: whether what went wrong in the recording went wrong again."""

from enum import StrEnum
from typing import Final

AGAIN: Final = "the recorded failure happened again"
"""How the message of a broken replay begins."""


class ReplayVerdict(StrEnum):
    """What a replay showed."""

    KEPT = "kept"
    """The agent came past the point where the recorded run went wrong, and the rule holds."""
    BROKEN = "broken"
    """What the rule forbids happened again."""
    UNKNOWN = "unknown"
    """The agent did something that was never recorded before it came to that point, so nothing can be said."""


class ReplayOver(BaseException):
    """The replay ends here. No `Exception`, so that no agent takes it for a tool's error and carries on."""
