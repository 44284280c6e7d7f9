"""Two agents of a bakery, and an allergy that gets lost between them.

The intake agent reads the customer's letter and knows about the hazelnut allergy. What it hands over to the fulfilment
agent does not mention it. The fulfilment agent has to choose a filling, and takes the one most people like.
"""

import json
import time
from typing import Any

from scripted import Assistant, call

import whyspan

SERVICE = "bakery"
TASK = (
    "E-mail from Mara Lind, mara.lind@example.com: 'I would like a birthday cake for 12 people on Saturday, 7 March 2026, chocolate if possible. "
    "My son is allergic to hazelnuts. Please deliver to Gartenweg 4 between 10 and 12. It says Happy 8th, Emil!'"
)
INTAKE = "You read customers' letters, collect what the bakery must know, and hand the order to fulfilment."
FULFILMENT = (
    "You turn an order into a recipe, a slot in the oven and a delivery. Choose sensibly what is not specified."
)


@whyspan.tool(effect="pure-read")
def find_customer(email: str) -> dict[str, Any]:
    """Looks a customer up by e-mail address."""
    time.sleep(0.23)
    return {"customer": "k-0732", "email": email, "orders": 3, "last_total": 48.5}


@whyspan.tool(effect="reversible")
def note_preference(customer: str, note: str) -> dict[str, Any]:
    """Writes a note into the customer's file."""
    time.sleep(0.19)
    return {"customer": customer, "note": note, "saved": True}


@whyspan.tool(effect="pure-read")
def price_list(product: str) -> dict[str, Any]:
    """Prices of a product in EUR by number of servings."""
    time.sleep(0.27)
    return {"product": product, "servings": {"8": 36.0, "12": 52.0, "16": 64.0}}


@whyspan.tool(effect="pure-read")
def recipes(base: str) -> list[dict[str, Any]]:
    """Fillings for a base, the most ordered first, with what is in them."""
    time.sleep(0.35)
    return [
        {"recipe": "rc-12", "base": base, "filling": "praline", "contains": ["milk", "hazelnut"], "orders": 412},
        {"recipe": "rc-07", "base": base, "filling": "raspberry", "contains": ["milk"], "orders": 355},
        {"recipe": "rc-21", "base": base, "filling": "orange cream", "contains": ["milk", "egg"], "orders": 128},
    ]


class Bakery:
    """The oven's calendar and the van, with their moods."""

    def __init__(self) -> None:
        self.slot_calls = 0

    @whyspan.tool(effect="volatile-read")
    def oven_slots(self, day: str) -> list[str]:
        """Free oven slots of a day."""
        self.slot_calls += 1
        if self.slot_calls == 1:
            time.sleep(2.5)
            raise TimeoutError("oven calendar did not answer within 2.5 s")
        time.sleep(0.41)
        return ["05:30", "07:00", "08:30"]

    @whyspan.tool(effect="irreversible")
    def start_production(self, recipe: str, servings: int, slot: str, inscription: str) -> dict[str, Any]:
        """Orders the ingredients and blocks the oven. What is mixed cannot be unmixed."""
        time.sleep(1.31)
        return {"batch": "b-3390", "recipe": recipe, "servings": servings, "slot": slot, "inscription": inscription}

    @whyspan.tool(effect="reversible")
    def plan_delivery(self, address: str, window: str) -> dict[str, Any]:
        """Plans the van."""
        time.sleep(0.38)
        return {"address": address, "window": window, "van": 2}


@whyspan.agent("intake", constraints=["nothing with hazelnut", "delivered on 7 March 2026 between 10 and 12"])
def intake(task: str) -> str:
    """Reads the letter, and hands the order over."""
    assistant = Assistant(INTAKE, task, [find_customer, note_preference, price_list])
    [customer] = assistant.turn(
        thinks="Who is it? The sender is Mara Lind.", calls=[call("find_customer", email="mara.lind@example.com")]
    )
    assistant.turn(
        thinks="A hazelnut allergy must be in the file. Then I need the price for 12 servings.",
        calls=[
            call("note_preference", customer=customer["customer"], note="son allergic to hazelnuts"),
            call("price_list", product="birthday cake"),
        ],
    )
    order = {
        "product": "birthday cake",
        "base": "chocolate",
        "servings": 12,
        "day": "2026-03-07",
        "address": "Gartenweg 4",
        "window": "10:00-12:00",
        "inscription": "Happy 8th, Emil!",
    }
    with whyspan.decision(
        "Is the order complete?", options=["hand over to fulfilment", "ask the customer"]
    ) as complete:
        assistant.ask(
            thinks="The form has product, size, day, address and inscription. That is what fulfilment works with.",
            says="Handing over to fulfilment.",
        )
        complete.reject("ask the customer", why="date, size, address and inscription are given")
        complete.choose("hand over to fulfilment", because="every field of the form is filled", confidence=0.9)
    with whyspan.handoff("fulfilment", payload=order):
        made = fulfilment(order)
    answer = (
        f"Your cake is planned: chocolate with {made['filling']}, delivered on 7 March between 10 and 12. 52.00 EUR."
    )
    assistant.turn(thinks="Fulfilment is done. I confirm the order to the customer.", says=answer)
    whyspan.outcome(ok=made["window"] == "10:00-12:00", check="delivered in the window the customer asked for")
    whyspan.outcome(
        ok="hazelnut" not in made["contains"],
        check="the cake contains nothing the customer is allergic to",
        detail=f"{made['recipe']} contains {', '.join(made['contains'])}; the customer is allergic to hazelnut",
    )
    return answer


@whyspan.agent("fulfilment")
def fulfilment(order: dict[str, Any]) -> dict[str, Any]:
    """Makes a recipe, a slot and a delivery of an order."""
    bakery = Bakery()
    tools = [recipes, bakery.oven_slots, bakery.start_production, bakery.plan_delivery]
    assistant = Assistant(FULFILMENT, f"Order: {json.dumps(order)}", tools)
    [known] = assistant.turn(
        thinks="A chocolate base for 12. The order names no filling, so I look at what we have.",
        calls=[call("recipes", base=order["base"])],
    )
    asked = [call("oven_slots", day=order["day"])]
    with whyspan.decision("Which filling?", options=[each["filling"] for each in known]) as filling:
        answer = assistant.ask(
            thinks=f"Nothing is specified, so the favourite: {known[0]['filling']}. Next: when is the oven free?",
            calls=asked,
        )
        for each in known[1:]:
            filling.reject(each["filling"], why=f"ordered less often ({each['orders']} times)")
        filling.choose(
            known[0]["filling"],
            because=f"nothing is specified, and it is what most people order ({known[0]['orders']} times)",
            confidence=0.6,
            evidence=[known[0], order],
        )
    [slots] = assistant.act(answer)
    if slots is None:
        [slots] = assistant.turn(thinks="The calendar timed out; once more.", calls=asked)
    batch = produce(assistant, order, known[0], slots)
    assistant.turn(thinks="Everything is planned.", says=f"Batch {batch['batch']} is planned for {batch['slot']}.")
    return {**known[0], "batch": batch["batch"], "slot": batch["slot"], "window": order["window"]}


def produce(assistant: Assistant, order: dict[str, Any], recipe: dict[str, Any], slots: list[str]) -> dict[str, Any]:
    """Takes the latest slot that leaves time to cool, and sends the order to the oven."""
    with whyspan.decision("When do we bake?", options=slots, reversibility="irreversible") as when:
        answer = assistant.ask(
            thinks=f"{recipe['recipe']} at 07:00, and the van for the window the customer asked for.",
            calls=[
                call(
                    "start_production",
                    recipe=recipe["recipe"],
                    servings=order["servings"],
                    slot="07:00",
                    inscription=order["inscription"],
                ),
                call("plan_delivery", address=order["address"], window=order["window"]),
            ],
        )
        when.reject("08:30", why="the cake must cool for two hours")
        when.reject("05:30", why="it need not stand longer than it must")
        when.choose("07:00", because="fresh, and cool in time for the delivery", confidence=0.85, evidence=[slots])
    [batch, _] = assistant.act(answer)
    return batch


def main() -> str:
    """One cake, from the letter to the oven."""
    return intake(TASK)
