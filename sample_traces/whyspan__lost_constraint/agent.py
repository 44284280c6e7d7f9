"""A travel agent that forgets half of what it was told.

The traveller wants non-stop flights for at most 400 EUR. The first search says both. The offer it finds is sold out
while the agent holds it; the agent plans anew, and in the search after that "non-stop" is gone.
"""

import time
from typing import Any

from scripted import Assistant, call

import whyspan

SERVICE = "travel-desk"
TASK = (
    "Employee e-311 writes: Book me flights from Berlin to Lisbon on 14 April 2026 and back on 18 April. "
    "Only non-stop flights, and at most 400 EUR in total."
)
INSTRUCTIONS = (
    "You book flights for employees. Respect every wish of the traveller; when none fits, ask. A booking is final."
)

OFFERS = [
    {"offer": "f-17", "flights": "TP 533 / TP 534", "out": "11:20", "stops": 0, "total": 385.0, "seats": 0},
    {"offer": "f-22", "flights": "LH 187 / LH 1172 via FRA", "out": "10:45", "stops": 1, "total": 318.0, "seats": 9},
    {"offer": "f-31", "flights": "TP 537 / TP 538", "out": "06:05", "stops": 0, "total": 398.0, "seats": 4},
    {"offer": "f-40", "flights": "IB 8593 / IB 8594 via MAD", "out": "13:10", "stops": 1, "total": 341.0, "seats": 2},
    {"offer": "f-52", "flights": "TP 541 / TP 542", "out": "17:30", "stops": 0, "total": 431.0, "seats": 7},
]


class Desk:
    """The systems around the agent, with their moods."""

    def __init__(self) -> None:
        self.seat_calls = 0

    def tools(self) -> list[Any]:
        """What the agent may call."""
        return [
            self.traveller,
            self.exchange_rate,
            self.search_flights,
            self.hold_offer,
            self.seat_map,
            self.book_offer,
            self.send_itinerary,
        ]

    @whyspan.tool(effect="pure-read")
    def traveller(self, employee: str) -> dict[str, Any]:
        """The traveller's profile."""
        time.sleep(0.18)
        return {"employee": employee, "name": "Jonas Weil", "seat": "aisle", "earliest_departure": "08:00"}

    @whyspan.tool(effect="volatile-read")
    def exchange_rate(self, currency: str) -> dict[str, Any]:
        """Units of a currency for one EUR."""
        time.sleep(0.16)
        return {"currency": currency, "per_eur": 1.084}

    @whyspan.tool(effect="volatile-read")
    def search_flights(
        self, origin: str, destination: str, out: str, back: str, max_total: float, max_stops: int = 2
    ) -> list[dict[str, Any]]:
        """Return flights, best departure times first; total in EUR, stops each way."""
        time.sleep(1.46)
        fitting = [each for each in OFFERS if each["stops"] <= max_stops and each["total"] <= max_total]
        return [{key: each[key] for key in ("offer", "flights", "out", "stops", "total")} for each in fitting]

    @whyspan.tool(effect="reversible")
    def hold_offer(self, offer: str) -> dict[str, Any]:
        """Keeps an offer for 15 minutes."""
        time.sleep(0.92)
        if not next(each["seats"] for each in OFFERS if each["offer"] == offer):
            raise LookupError(f"offer {offer} is sold out")
        return {"offer": offer, "held_minutes": 15}

    @whyspan.tool(effect="volatile-read")
    def seat_map(self, offer: str) -> dict[str, Any]:
        """Free seats of an offer."""
        self.seat_calls += 1
        if self.seat_calls == 1:
            time.sleep(3.0)
            raise TimeoutError("seat map did not load within 3.0 s")
        time.sleep(0.57)
        return {"offer": offer, "aisle": ["14C", "21D"], "window": ["14A"]}

    @whyspan.tool(effect="irreversible")
    def book_offer(self, offer: str, seat: str) -> dict[str, Any]:
        """Books and pays. Cannot be cancelled."""
        time.sleep(2.21)
        booked = next(each for each in OFFERS if each["offer"] == offer)
        return {"booking": "QK7M2P", "seat": seat, **{key: booked[key] for key in ("flights", "stops", "total")}}

    @whyspan.tool(effect="external")
    def send_itinerary(self, employee: str, booking: str) -> dict[str, Any]:
        """Sends the itinerary to the traveller."""
        time.sleep(0.29)
        return {"employee": employee, "booking": booking, "sent": True}


@whyspan.agent("travel", constraints=["only non-stop flights", "at most 400 EUR in total"])
def travel(task: str, desk: Desk) -> str:
    """Books one journey."""
    assistant = Assistant(INSTRUCTIONS, task, desk.tools())
    [profile, _] = assistant.turn(
        thinks="I need the traveller's profile. Some fares are in dollars, so I take the exchange rate along.",
        calls=[call("traveller", employee="e-311"), call("exchange_rate", currency="USD")],
    )
    trip = {"origin": "BER", "destination": "LIS", "out": "2026-04-14", "back": "2026-04-18"}
    [offers] = assistant.turn(
        thinks="Only non-stop: max_stops is 0. At most 400 EUR in total: max_total is 400.",
        calls=[call("search_flights", **trip, max_total=400.0, max_stops=0)],
    )
    offer, held = hold_one(assistant, "Which offer do we hold?", offers, profile)
    if held is None:
        offers = search_again(assistant, trip)
        offer, _ = hold_one(assistant, "Which of the new offers do we hold?", offers, profile)

    booking = book(assistant, offer, profile)
    assistant.turn(
        thinks="Booked. The traveller gets the itinerary.",
        calls=[call("send_itinerary", employee=profile["employee"], booking=booking["booking"])],
    )
    answer = f"Booked {booking['flights']}, {booking['total']:.2f} EUR in total, seat {booking['seat']}, {booking['booking']}."
    assistant.turn(thinks="All is done; I sum up.", says=answer)
    check(booking)
    return answer


def hold_one(
    assistant: Assistant, question: str, offers: list[dict[str, Any]], profile: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Holds the first offer that does not leave too early; None instead of the hold when it is gone."""
    best = next(each for each in offers if each["out"] >= profile["earliest_departure"])
    with whyspan.decision(question, options=[each["offer"] for each in offers]) as which:
        answer = assistant.ask(
            thinks=f"{best['flights']} leaves at {best['out']} and costs {best['total']:.2f} EUR. I hold it.",
            calls=[call("hold_offer", offer=best["offer"])],
        )
        for each in offers:
            if each["out"] < profile["earliest_departure"]:
                which.reject(each["offer"], why=f"leaves at {each['out']}, earlier than the traveller likes")
            elif each is not best:
                which.reject(each["offer"], why=f"leaves at {each['out']}, a less convenient time")
        which.choose(
            best["offer"],
            because=f"leaves at {best['out']}, and {best['total']:.2f} EUR is within 400 EUR",
            confidence=0.8,
            evidence=[best, profile],
        )
    [held] = assistant.act(answer)
    return best, held


def search_again(assistant: Assistant, trip: dict[str, str]) -> list[dict[str, Any]]:
    """Plans anew after the offer was sold out."""
    with whyspan.decision(
        "The offer is sold out. What now?", options=["search again", "other days", "ask the traveller"]
    ) as plan:
        answer = assistant.ask(
            thinks="New plan: the same days again, the total at 400 EUR at most, and whatever leaves at a good time.",
            calls=[call("search_flights", **trip, max_total=400.0)],
        )
        plan.reject("other days", why="the meeting is on the 15th")
        plan.reject("ask the traveller", why="there may be other flights within the budget")
        plan.choose(
            "search again", because="seats change by the minute", confidence=0.75, evidence=["offer f-17 is sold out"]
        )
    [offers] = assistant.act(answer)
    return [each for each in offers if each["offer"] != "f-17"]


def book(assistant: Assistant, offer: dict[str, Any], profile: dict[str, Any]) -> dict[str, Any]:
    """Chooses a seat and books."""
    asked = [call("seat_map", offer=offer["offer"])]
    [seats] = assistant.turn(thinks=f"The traveller prefers {profile['seat']} seats.", calls=asked)
    if seats is None:
        [seats] = assistant.turn(thinks="The seat map timed out; once more.", calls=asked)
    with whyspan.decision("Which seat?", options=[*seats["aisle"], *seats["window"]]) as seat:
        answer = assistant.ask(
            thinks=f"Aisle, near the front: {seats['aisle'][0]}. {offer['total']:.2f} EUR is within the budget. I book.",
            calls=[call("book_offer", offer=offer["offer"], seat=seats["aisle"][0])],
        )
        seat.choose(seats["aisle"][0], because="aisle, near the front", confidence=0.9, evidence=[seats, profile])
    [booking] = assistant.act(answer)
    return booking


def check(booking: dict[str, Any]) -> None:
    """What the traveller asked for, against what was booked."""
    whyspan.outcome(
        ok=booking["total"] <= 400,
        check="the total is at most 400 EUR",
        detail=f"booked for {booking['total']:.2f} EUR",
    )
    whyspan.outcome(
        ok=booking["stops"] == 0,
        check="all flights are non-stop",
        detail=f"booked {booking['flights']} with {booking['stops']} stop each way",
    )


def main() -> str:
    """One journey, from the wish to the booking."""
    return travel(TASK, Desk())
