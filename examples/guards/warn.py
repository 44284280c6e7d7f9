"""`warn`: the call is made, and the log says what was wrong with it."""

import logging
import sys

import whyspan

KNOWN_ADDRESSES = {
    "id": "known-addresses",
    "kind": "absence",
    "a": 'label("args.to") == "model"',
    "scope": {"tool": "send_email", "on": ["call"]},
    "action": {"guard": "warn"},
    "message": "Nobody gave this address.",
}


@whyspan.tool(effect="external")
def send_email(to: str, text: str) -> str:
    """Writes to somebody."""
    return f"sent to {to}: {text}"


@whyspan.agent
def shop(task: str) -> str:
    """Writes to the customer, and to somebody it made up."""
    print(task)
    print(send_email("ada@example.com", "It is on its way."))
    return send_email("boss@example.org", "All done.")


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")
    with whyspan.guard(rules=[KNOWN_ADDRESSES]):
        print(shop("Tell ada@example.com where her order is."))
