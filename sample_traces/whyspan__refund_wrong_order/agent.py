"""A support agent that refunds somebody else's order.

The order search cannot filter by customer for a while. The agent searches without the filter, takes the first hit, and
the wrong order number travels through every later step into a refund that cannot be taken back.
"""

import time
from typing import Any

from scripted import Assistant, call

import whyspan

SERVICE = "support-desk"
TASK = "Customer c-2041, Lena Brandt, writes: 'The espresso machine I got last week leaks. I want my money back.'"
INSTRUCTIONS = (
    "You are the support agent of a household goods shop. Refund only orders of the customer who asks. "
    "Up to 500 EUR no approval is needed. Defective goods may be returned within 30 days."
)

ORDERS = [
    {
        "order_id": "o-88213",
        "customer_id": "c-1987",
        "item": "Espresso machine Barista 2",
        "total": 389.0,
        "age_days": 6,
    },
    {"order_id": "o-88127", "customer_id": "c-2041", "item": "Espresso machine Piccolo", "total": 249.0, "age_days": 8},
    {"order_id": "o-86550", "customer_id": "c-2041", "item": "Milk frother", "total": 39.9, "age_days": 61},
    {
        "order_id": "o-85102",
        "customer_id": "c-1730",
        "item": "Espresso machine Barista 1",
        "total": 329.0,
        "age_days": 84,
    },
]


class Shop:
    """The systems around the agent, with their moods."""

    def __init__(self, *, customer_index_up: bool) -> None:
        self.customer_index_up = customer_index_up
        self.policy_calls = 0

    def tools(self) -> list[Any]:
        """What the agent may call."""
        return [
            self.find_customer,
            self.search_orders,
            self.refund_policy,
            self.payment_of,
            self.refund_order,
            self.send_email,
        ]

    @whyspan.tool(effect="volatile-read")
    def find_customer(self, customer_id: str) -> dict[str, Any]:
        """Looks a customer up by id."""
        time.sleep(0.21)
        return {"customer_id": customer_id, "name": "Lena Brandt", "email": "lena@example.com", "loyalty_points": 388}

    @whyspan.tool(effect="volatile-read")
    def search_orders(self, text: str, customer_id: str | None = None) -> list[dict[str, Any]]:
        """Finds orders by the words in their items, newest first; of one customer when customer_id is given."""
        time.sleep(0.74)
        if customer_id and not self.customer_index_up:
            raise ConnectionError("order search: the customer index is being rebuilt, try again in some minutes")
        words = text.lower().split()
        found = [order for order in ORDERS if any(word in order["item"].lower() for word in words)]
        return [order for order in found if customer_id in (None, order["customer_id"])]

    @whyspan.tool(effect="pure-read")
    def refund_policy(self, reason: str) -> dict[str, Any]:
        """What the policy says about refunds for this reason."""
        self.policy_calls += 1
        if self.policy_calls == 1:
            time.sleep(2.0)
            raise TimeoutError("policy service did not answer within 2.0 s")
        time.sleep(0.31)
        return {"reason": reason, "window_days": 30, "share_refunded": 1.0, "approval_above": 500.0}

    @whyspan.tool(effect="volatile-read")
    def payment_of(self, order_id: str) -> dict[str, Any]:
        """How an order was paid."""
        time.sleep(0.28)
        order = next(order for order in ORDERS if order["order_id"] == order_id)
        return {"payment_id": f"p-{order_id[2:]}", "method": "card", "captured": order["total"]}

    @whyspan.tool(effect="irreversible")
    def refund_order(self, order_id: str, amount: float) -> dict[str, Any]:
        """Sends money back to the account an order was paid from. Cannot be taken back."""
        time.sleep(1.12)
        return {"refund_id": "r-5521", "order_id": order_id, "amount": amount, "status": "sent"}

    @whyspan.tool(effect="external")
    def send_email(self, to: str, subject: str, body: str) -> dict[str, Any]:
        """Sends an e-mail to a customer."""
        time.sleep(0.33)
        return {"to": to, "queued": True}


@whyspan.agent("support", constraints=["refund only orders of the customer who asks", "no approval up to 500 EUR"])
def support(task: str, shop: Shop) -> str:
    """Handles one complaint."""
    assistant = Assistant(INSTRUCTIONS, task, shop.tools())
    [customer] = assistant.turn(
        thinks="The customer id is given. I look the customer up first, to have name and address.",
        calls=[call("find_customer", customer_id="c-2041")],
    )
    hits = find_orders(assistant, customer)
    order, policy = pick_order(assistant, hits)
    refund = settle(assistant, order, policy)

    assistant.turn(
        thinks="The refund is sent. The customer should know.",
        calls=[
            call(
                "send_email",
                to=customer["email"],
                subject="Your refund",
                body=f"We have refunded {refund['amount']:.2f} EUR for order {order['order_id']}.",
            )
        ],
    )
    answer = (
        f"Refunded {refund['amount']:.2f} EUR for order {order['order_id']} ({order['item']}) to {customer['name']}."
    )
    assistant.turn(thinks="All is done; I sum up.", says=answer)

    paid = next(known for known in ORDERS if known["order_id"] == refund["order_id"])
    whyspan.outcome(
        ok=refund["amount"] <= paid["total"],
        check="the refund does not exceed what was paid",
        detail=f"refunded {refund['amount']:.2f} EUR, paid {paid['total']:.2f} EUR",
    )
    whyspan.outcome(
        ok=paid["customer_id"] == customer["customer_id"],
        check="the refunded order belongs to the customer who asked",
        detail=f"order {refund['order_id']} is of {paid['customer_id']}, the request came from {customer['customer_id']}",
    )
    return answer


def find_orders(assistant: Assistant, customer: dict[str, Any]) -> list[dict[str, Any]]:
    """Searches with the customer's id, and without it where that does not work."""
    with whyspan.decision(
        "How do we find the order?", options=["search this customer's orders", "ask for the order number"]
    ) as way:
        answer = assistant.ask(
            thinks="No order number is given, but I know the customer. I search the machine among her orders.",
            calls=[call("search_orders", text="espresso machine", customer_id=customer["customer_id"])],
        )
        way.reject("ask for the order number", why="customers rarely have it at hand, and it costs them a day")
        way.choose(
            "search this customer's orders", because="we know who is asking", confidence=0.9, evidence=[customer]
        )
    [hits] = assistant.act(answer)
    if hits is not None:
        return hits
    with whyspan.decision(
        "The search by customer is down. How do we go on?",
        options=["wait and search by customer again", "search without the customer", "hand over to a colleague"],
    ) as fallback:
        answer = assistant.ask(
            thinks="The search by customer fails. I search by the text alone; the newest order should be the one.",
            calls=[call("search_orders", text="espresso machine")],
        )
        fallback.reject("wait and search by customer again", why="the index may take minutes and the customer waits")
        fallback.reject("hand over to a colleague", why="the queue is long at this hour")
        fallback.choose(
            "search without the customer",
            because="few people buy an espresso machine in one week, the text is specific enough",
            confidence=0.7,
            evidence=["order search: the customer index is being rebuilt"],
        )
    [hits] = assistant.act(answer)
    return hits


def pick_order(assistant: Assistant, hits: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Takes the first hit, and looks up what the policy says about it."""
    asked = [call("refund_policy", reason="defective")]
    with whyspan.decision("Which order is the complaint about?", options=[hit["order_id"] for hit in hits]) as which:
        answer = assistant.ask(
            thinks=f"'Last week' fits {hits[0]['order_id']}, {hits[0]['age_days']} days old. Next: the policy for defects.",
            calls=asked,
        )
        for hit in hits[1:]:
            which.reject(hit["order_id"], why=f"{hit['age_days']} days old, there is a newer one")
        which.choose(
            hits[0]["order_id"],
            because=f"an espresso machine, {hits[0]['age_days']} days old: that is 'last week'",
            confidence=0.85,
            evidence=[hits[0]],
        )
    [policy] = assistant.act(answer)
    if policy is None:
        [policy] = assistant.turn(thinks="The policy service timed out; that happens. I ask again.", calls=asked)
    return hits[0], policy


def settle(assistant: Assistant, order: dict[str, Any], policy: dict[str, Any]) -> dict[str, Any]:
    """Decides what to offer, and refunds."""
    with whyspan.decision(
        "How do we make this right?", options=["refund", "replace", "escalate"], reversibility="irreversible"
    ) as remedy:
        answer = assistant.ask(
            thinks="Within the window and below the approval limit: a refund. What was captured goes back, so I look at that.",
            calls=[call("payment_of", order_id=order["order_id"])],
        )
        remedy.reject("replace", why="the customer asks for the money")
        remedy.reject("escalate", why=f"{order['total']:.2f} EUR is below {policy['approval_above']:.2f} EUR")
        remedy.choose(
            "refund",
            because=f"{order['age_days']} days old, the policy allows {policy['window_days']}",
            confidence=0.95,
            evidence=[order, policy],
        )
    [payment] = assistant.act(answer)
    [refund] = assistant.turn(
        thinks=f"Captured were {payment['captured']:.2f} EUR by {payment['method']}; all of it goes back.",
        calls=[call("refund_order", order_id=order["order_id"], amount=payment["captured"])],
    )
    return refund


def main(*, customer_index_up: bool = False) -> str:
    """One complaint, from the letter to the refund."""
    return support(TASK, Shop(customer_index_up=customer_index_up))
