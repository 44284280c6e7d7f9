"""A long conversation: a customer with many wishes, some of which rest on what was said long before, or was not said at all."""

from random import Random
from typing import Any

from benchmarks.faults.agents.agent import Agent, Check, difference
from benchmarks.faults.operations import tool
from benchmarks.faults.session import Session

STREETS = ["Birkenweg", "Rue Verte", "Mill Lane", "Via Roma", "Kade"]
PLANS = {"S": 9.5, "M": 14.9, "L": 24.9, "XL": 39.5}


class Desk:
    """A customer's contracts, and what the customer wants of them."""

    def __init__(self, rng: Random) -> None:
        self.customer = f"k-{rng.randint(1000, 9999)}"
        numbers = rng.sample(range(100, 999), 5)
        self.contracts: dict[str, dict[str, Any]] = {
            f"ct-{number}": {"contract": f"ct-{number}", "name": name, "plan": rng.choice(["S", "M", "L"]), "address": f"Altstr. {rng.randint(1, 9)}", "paid_until": f"2026-0{rng.randint(4, 9)}-15", "credit": 0.0}
            for number, name in zip(numbers, ["home", "office", "cabin", "phone", "tablet"], strict=True)
        }  # fmt: skip
        self.address = f"{rng.choice(STREETS)} {rng.randint(11, 99)}"
        self.favourite = rng.choice(sorted(PLANS))
        self.wishes = [
            (kind, rng.choice(list(self.contracts)))
            for kind in rng.choices(sorted(WORDS), k=rng.choice([6, 7, 8, 9, 24]))
        ]
        self.credits = [round(rng.uniform(2, 30), 2) for _ in self.wishes]
        self.log: list[tuple[str, ...]] = []
        self.want: list[tuple[str, ...]] = []
        self.task = f"Hello, this is {self.customer}. My new address is {self.address}, and I like plan {self.favourite} best. I have several wishes."
        self.constraints = [
            "change only what the customer asks for",
            "ask when a wish is unclear",
            "read a contract before you change it",
        ]

    @tool("pure-read")
    def find_contracts(self, customer: str) -> dict[str, Any]:
        """The contracts of a customer."""
        if customer != self.customer:
            raise LookupError(f"no customer {customer}")
        return {
            "customer": customer,
            "contracts": [{"contract": each["contract"], "name": each["name"]} for each in self.contracts.values()],
        }

    @tool("volatile-read")
    def read_contract(self, contract: str) -> dict[str, Any]:
        """A contract as it is now."""
        return dict(self._known(contract))

    @tool("pure-read")
    def price_list(self, plan: str) -> dict[str, Any]:
        """What a plan costs a month."""
        return {"plan": plan, "month": PLANS[plan], "year": round(PLANS[plan] * 11, 2)}

    @tool("external")
    def ask_customer(self, question: str, contract: str) -> dict[str, Any]:
        """Asks the customer something."""
        return {"question": question, "contract": contract, "answer": f"plan {self.favourite}, please"}

    @tool("reversible")
    def change_address(self, contract: str, address: str) -> dict[str, Any]:
        """Where a contract is delivered to."""
        return self._write("address", contract, address)

    @tool("reversible")
    def change_plan(self, contract: str, plan: str) -> dict[str, Any]:
        """Which plan a contract has."""
        return self._write("plan", contract, plan)

    @tool("irreversible", similar=["charge"])
    def give_credit(self, contract: str, amount: float) -> dict[str, Any]:
        """Adds to the credit of a contract."""
        return self._write("credit", contract, round(self._known(contract)["credit"] + amount, 2))

    @tool("irreversible", similar=["give_credit"])
    def charge(self, contract: str, amount: float) -> dict[str, Any]:
        """Takes money for a contract."""
        return self._write("credit", contract, round(self._known(contract)["credit"] - amount, 2))

    def _write(self, key: str, contract: str, value: Any) -> dict[str, Any]:
        self._known(contract)[key] = value
        self.log.append((key, contract, str(value)))
        return {"contract": contract, key: value, "status": "saved"}

    def _known(self, contract: str) -> dict[str, Any]:
        if contract not in self.contracts:
            raise LookupError(f"no contract {contract}")
        return self.contracts[contract]


def act(session: Session, desk: Desk) -> None:
    """One wish after the other, each answered before the next is heard."""
    listed = session.use("find_contracts", customer=desk.customer)["contracts"]
    wishes = list(zip(desk.wishes, desk.credits, strict=True))
    for number, ((kind, wanted), amount) in enumerate(wishes, start=1):
        name = desk.contracts[wanted]["name"]
        session.hear(f"Wish {number} of {len(wishes)}: " + WORDS[kind].format(name=name, amount=amount))
        if not session.gate("go on"):
            continue
        best = next((each for each in listed if each["name"] == name), listed[0])
        contract = session.choose("Which contract is meant?", listed, best, f"the customer speaks of the {name}")[
            "contract"
        ]
        read = session.use("read_contract", contract=contract)
        HANDLERS[kind](session, desk, read, amount)
    session.hear("That was all, thank you.")
    session.answer("All {count} wishes are done, {customer}.", count=len(wishes), customer=desk.customer)


def move(session: Session, desk: Desk, read: dict[str, Any], amount: float) -> None:
    """The address is the one named at the very beginning."""
    session.use("change_address", contract=read["contract"], address=desk.address)
    session.answer("{contract} now goes to {address}.", contract=read["contract"], address=desk.address)


def plan(session: Session, desk: Desk, read: dict[str, Any], amount: float) -> None:
    """Which plan is not said: ask."""
    chosen = "M"
    if session.gate("ask"):
        said = session.use("ask_customer", question="Which plan would you like?", contract=read["contract"])["answer"]
        chosen = next((each for each in sorted(PLANS, key=len, reverse=True) if f"plan {each}," in said), "M")
    price = session.use("price_list", plan=chosen)["month"]
    session.use("change_plan", contract=read["contract"], plan=chosen)
    session.answer(
        "{contract} has plan {plan} for {price} EUR a month.", contract=read["contract"], plan=chosen, price=price
    )


def credit(session: Session, desk: Desk, read: dict[str, Any], amount: float) -> None:
    """The amount is named; the new credit is told."""
    session.use("give_credit", contract=read["contract"], amount=amount)
    total = session.derive("the new credit", float(round(read["credit"] + amount, 2)), [amount, read["credit"]])
    desk.log.append(("told", read["contract"], f"{total:.2f}"))
    session.answer("{contract} has a credit of {total} EUR now.", contract=read["contract"], total=total)


def date(session: Session, desk: Desk, read: dict[str, Any], amount: float) -> None:
    """Only a question."""
    until = session.choose(
        "What do I tell the customer?", [read["paid_until"], "2026-12-31"], read["paid_until"], "the contract says so"
    )
    desk.log.append(("told", read["contract"], str(until)))
    session.answer("{contract} is paid until {until}.", contract=read["contract"], until=until)


WORDS = {
    "move": "please send everything for my {name} to my new address.",
    "plan": "another plan for my {name}, please.",
    "credit": "you owe me {amount:.2f} EUR for the {name}, put it on its credit.",
    "date": "until when is my {name} paid?",
}
HANDLERS = {"move": move, "plan": plan, "credit": credit, "date": date}


def expected(desk: Desk) -> list[tuple[str, ...]]:
    """What should have been written and told, in order."""
    want: list[tuple[str, ...]] = []
    owed = dict.fromkeys(desk.contracts, 0.0)
    for (kind, contract), amount in zip(desk.wishes, desk.credits, strict=True):
        if kind == "move":
            want.append(("address", contract, desk.address))
        elif kind == "plan":
            want.append(("plan", contract, desk.favourite))
        elif kind == "credit":
            owed[contract] = round(owed[contract] + amount, 2)
            want += [("credit", contract, str(owed[contract])), ("told", contract, f"{owed[contract]:.2f}")]
        else:
            want.append(("told", contract, desk.contracts[contract]["paid_until"]))
    return want


def check(desk: Desk, answer: str) -> Check:
    """Every wish done as meant, nothing else touched."""
    want = expected(desk)
    return Check(
        desk.log == want and desk.customer in answer, "every wish was done as asked", difference(want, desk.log, answer)
    )


AGENT = Agent(
    "support",
    "You look after a customer's contracts. Do one wish at a time; ask when something is unclear.",
    Desk,
    (
        "find_contracts",
        "read_contract",
        "price_list",
        "ask_customer",
        "change_address",
        "change_plan",
        "give_credit",
        "charge",
    ),
    act,
    check,
    limit=170,
)
