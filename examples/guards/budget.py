"""A budget: what the run may use up is declared by the agent and kept by a rule."""

import whyspan

WITHIN_BUDGET = {
    "id": "within-budget",
    "kind": "absence",
    "a": 'budget_left("tool_calls") < 1.0',
    "scope": {"on": ["call"]},
    "message": "The run has used up its tool calls. Answer with what you have.",
}


@whyspan.tool(effect="pure-read")
def search(query: str) -> str:
    """Finds something."""
    return f"a page about {query}"


@whyspan.agent(budget={"tool_calls": 3})
def research(task: str) -> str:
    """Searches without end."""
    found: list[str] = []
    try:
        while True:
            found.append(search(f"{task}, part {len(found) + 1}"))
    except whyspan.GuardBlocked as blocked:
        print(blocked)
    return f"{len(found)} pages read"


if __name__ == "__main__":
    with whyspan.guard(rules=[WITHIN_BUDGET]):
        print(research("tulips"))
