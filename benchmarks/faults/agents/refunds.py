"""A graph of nodes that pays money back: find the order over several pages, work out the amount, ask, pay, write."""

from random import Random
from typing import Any

from benchmarks.faults.agents.agent import Agent, Check, difference
from benchmarks.faults.operations import tool
from benchmarks.faults.session import Session, node

ITEMS = [
    "running shoes",
    "rain jacket",
    "trail backpack",
    "wool socks",
    "head torch",
    "camping stove",
    "water filter",
    "tent pegs",
    "gloves",
]
FEES = {"unopened": 0, "opened": 15, "worn": 40}
PAGE = 4


class Shop:
    """Customers, orders and money."""

    def __init__(self, rng: Random) -> None:
        self.customer = f"c-{rng.randint(1000, 9999)}"
        self.email = (
            rng.choice(["ada", "bo", "cleo", "dara", "emil", "fynn"])
            + f".{rng.choice(['ray', 'lind', 'okafor', 'sato'])}@example.com"
        )
        self.orders: list[dict[str, Any]] = [
            {"order": f"o-{number}", "customer": self.customer, "item": item, "total": round(rng.uniform(20, 480), 2), "condition": "unopened", "views": rng.randint(3, 400)}
            for number, item in zip(rng.sample(range(10000, 99999), 9), rng.sample(ITEMS, 9), strict=True)
        ]  # fmt: skip
        self.wanted = rng.choice(self.orders)
        self.wanted["condition"] = rng.choice(sorted(FEES))
        self.due = round(self.wanted["total"] * (100 - FEES[self.wanted["condition"]]) / 100, 2)
        self.confirmed: list[tuple[str, float]] = []
        self.paid: list[tuple[str, str, float]] = []
        self.sent: list[str] = []
        self.task = f"{self.email} writes: I want to send the {self.wanted['item']} back. It is {self.wanted['condition']}. Please refund me."
        self.constraints = ["ask the customer before paying", "refund less the restocking fee"]

    @tool("pure-read")
    def find_customer(self, email: str) -> dict[str, Any]:
        """Looks a customer up by e-mail address."""
        if email != self.email:
            raise LookupError(f"no customer with the address {email}")
        return {"customer": self.customer, "email": email, "since": "2021-04-02", "visits": 37}

    @tool("pure-read")
    def list_orders(self, customer: str, page: int) -> dict[str, Any]:
        """Orders of a customer, four to a page."""
        if customer != self.customer:
            raise LookupError(f"no customer {customer}")
        rows = self.orders[(page - 1) * PAGE : page * PAGE]
        return {"orders": rows, "next_page": page + 1 if page * PAGE < len(self.orders) else None}

    @tool("pure-read")
    def restocking_fee(self, condition: str) -> dict[str, Any]:
        """The fee in percent of the total."""
        return {"condition": condition, "fee_percent": FEES[condition], "valid_until": "2027-01-31"}

    @tool("external")
    def ask_customer(self, order: str, amount: float) -> dict[str, Any]:
        """Asks the customer whether this refund is what they want."""
        self.confirmed.append((order, amount))
        return {"order": order, "amount": amount, "answer": "yes, please"}

    @tool("irreversible", similar=["store_credit"])
    def refund(self, order: str, amount: float) -> dict[str, Any]:
        """Pays money back to the card."""
        return self._pay("refund", order, amount)

    @tool("irreversible", similar=["refund"])
    def store_credit(self, order: str, amount: float) -> dict[str, Any]:
        """Gives a voucher."""
        return self._pay("store_credit", order, amount)

    def _pay(self, kind: str, order: str, amount: float) -> dict[str, Any]:
        if all(each["order"] != order for each in self.orders):
            raise LookupError(f"no order {order}")
        self.paid.append((kind, order, amount))
        return {"order": order, "amount": amount, "status": "done"}

    @tool("external")
    def send_email(self, to: str, text: str) -> dict[str, Any]:
        """Writes to somebody."""
        self.sent.append(to)
        return {"to": to, "status": "queued"}


def act(session: Session, shop: Shop) -> None:
    """Look up, work out, ask, pay, write."""
    with node("look_up"):
        customer = session.use("find_customer", email=shop.email)
        orders, page = [], 1
        while True:
            got = session.use("list_orders", customer=customer["customer"], page=page)
            orders += got["orders"]
            if not got["next_page"] or not session.gate("page"):
                break
            page = got["next_page"]
    with node("work_out"):
        item = shop.wanted["item"]
        best = next((each for each in orders if each["item"] == item), orders[0])
        order = session.choose("Which order is meant?", orders, best, f"the customer speaks of the {item}")
        fee = session.use("restocking_fee", condition=order["condition"])["fee_percent"]
        amount = round(order["total"] * (100 - fee) / 100, 2)
        amount = session.derive("the amount to refund", amount, [order["total"], round(order["total"] * fee / 100, 2)])
        way = session.choose(
            "How do we make this right?",
            ["refund", "store_credit"],
            "refund",
            "the customer asked for the money",
            ["route"],
        )
    with node("settle"):
        if session.gate("confirm"):
            session.use("ask_customer", order=order["order"], amount=amount)
        if session.gate("go on"):
            session.use(way, order=order["order"], amount=amount)
        session.use("send_email", to=customer["email"], text=f"{amount:.2f} EUR for {order['order']} are on their way.")
    session.answer("{amount} EUR for order {order} have been paid back.", amount=amount, order=order["order"])


def check(shop: Shop, answer: str) -> Check:
    """One refund of the right amount for the right order, agreed to, told to the customer and in the answer."""
    due = ("refund", shop.wanted["order"], shop.due)
    agreed = shop.confirmed == [due[1:]]
    ok = (
        shop.paid == [due] and agreed and shop.sent == [shop.email] and f"{shop.due:.2f}" in answer and due[1] in answer
    )
    detail = (
        difference([due], shop.paid, answer) if agreed else f"the customer did not agree to {shop.due:.2f} for {due[1]}"
    )
    return Check(ok, "the order was refunded once, as agreed", detail)


AGENT = Agent(
    "refunds",
    "You pay customers back. Look everything up, ask before you pay, and write to them afterwards.",
    Shop,
    ("find_customer", "list_orders", "restocking_fee", "ask_customer", "refund", "store_credit", "send_email"),
    act,
    check,
)
