"""`block`: the call is not made, and the model, told why, does the right thing instead."""

import whyspan

NO_INVENTED_IDS = {
    "id": "no-invented-ids",
    "kind": "absence",
    "a": 'size(invented("args")) > 0',
    "scope": {"on": ["call"]},
    "message": "An id in the arguments stands nowhere in this conversation. Look it up first.",
}


@whyspan.tool(effect="pure-read")
def find_order(customer: str) -> dict[str, object]:
    """The latest order of a customer."""
    return {"order": "o-90317", "customer": customer, "total": 40.0}


@whyspan.tool(effect="irreversible")
def refund(order: str, amount: float) -> str:
    """Pays money back."""
    return f"refunded {amount:.2f} for {order}"


def model(heard: list[str]) -> str:
    """Stands in for a model: it guesses the order, and looks it up when it is told to."""
    if "Look it up first" in heard[-1]:
        return str(find_order("c-2041")["order"])
    return "o-12345"


@whyspan.agent
def support(task: str) -> str:
    """Refunds the customer's latest order."""
    heard = [task]
    for _ in range(3):
        try:
            return refund(model(heard), 40.0)
        except whyspan.GuardBlocked as blocked:
            print(blocked)
            heard.append(str(blocked))
    return "given up"


if __name__ == "__main__":
    with whyspan.guard(rules=[NO_INVENTED_IDS]):
        print(support("Refund 40 for the latest order of customer c-2041."))
