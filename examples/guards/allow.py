"""`allow`: a rule that is broken without consequence; with telemetry on, every verdict is a span to look at."""

import whyspan
from whyspan.testing import capture

TWO_SEARCHES = {
    "id": "two-searches",
    "kind": "at_most",
    "n": 2,
    "a": 'e.name == "search"',
    "scope": {"on": ["call"]},
    "action": {"guard": "allow"},
    "message": "Two searches should be enough.",
}


@whyspan.tool(effect="pure-read")
def search(query: str) -> list[str]:
    """Finds shoes."""
    return [f"{query}, size 42"]


if __name__ == "__main__":
    with capture() as captured, whyspan.guard(rules=[TWO_SEARCHES]), whyspan.agent("shop", task="find shoes"):
        for query in ("red shoes", "blue shoes", "green shoes"):
            print(search(query))
    for span in captured.spans:
        if span.name.startswith("guard "):
            attributes = span.attributes or {}
            print(span.name, attributes["whyspan.guard.verdict"], attributes["whyspan.guard.reason"])
