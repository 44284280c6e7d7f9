"""How agents pass work to each other: hand-off tools and their targets, across frameworks."""

import re
from typing import Any

_HANDOFF = re.compile(
    r"(?:transfer|hand_?off|hand_?over|delegate|route)[ _](?:back[ _])?to[ _](?P<target>.+)"
    r"|hand_?off|delegate[ _](?:work|task|question)\b.*|delegate_(?:work|task).*",
    re.IGNORECASE,
)
_NO_NAME = ("agent", "member", "coworker")
_TARGET_KEYS = ("agent_name", "to_agent", "target_agent", "target", "agent", "coworker", "recipient", "member_id", "to")


def is_handoff(name: str) -> bool:
    """True when a tool's name says that it passes work on: `transfer_to_billing`, `handoff`, `delegate_work`."""
    return _HANDOFF.fullmatch(name.strip()) is not None


def handoff_target(name: str, arguments: Any) -> str | None:
    """The agent work is passed to, from the arguments or else from the tool's name; None where neither says."""
    if isinstance(arguments, dict):
        for key in _TARGET_KEYS:
            if isinstance(arguments.get(key), str):
                return str(arguments[key])
    match = _HANDOFF.fullmatch(name.strip())
    target = match["target"] if match else None
    return target if target and target.casefold() not in _NO_NAME else None
