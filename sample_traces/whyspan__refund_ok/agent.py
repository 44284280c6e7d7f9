"""The healthy twin of `whyspan__refund_wrong_order`: the same agent on a day when the search by customer works."""

import runpy
from pathlib import Path

_twin = runpy.run_path(str(Path(__file__).parents[1] / "whyspan__refund_wrong_order" / "agent.py"))

SERVICE: str = _twin["SERVICE"]


def main() -> str:
    """The same complaint, handled as it should be."""
    answer: str = _twin["main"](customer_index_up=True)
    return answer
