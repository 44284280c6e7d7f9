"""A journey booked by three agents: the desk reads the wish, flights and hotels book, each told by a hand-off."""

from random import Random
from typing import Any

from benchmarks.faults.agents.agent import Agent, Check, difference
from benchmarks.faults.operations import tool
from benchmarks.faults.session import Session

CITIES = ["Lisbon", "Oslo", "Vienna", "Porto", "Gdansk", "Turin"]
FLIGHTS = "You book flights as you are told. What you are not told, choose sensibly. A booking is final."
HOTELS = "You book hotels as you are told. What you are not told, choose sensibly."


class Desk:
    """Offers, bookings and a traveller's wishes."""

    def __init__(self, rng: Random) -> None:
        self.traveller, self.city = f"e-{rng.randint(100, 999)}", rng.choice(CITIES)
        day = rng.randint(3, 20)
        self.out, self.back = f"2026-05-{day:02}", f"2026-05-{day + rng.randint(2, 7):02}"
        self.limit = float(rng.randint(28, 60) * 10)
        numbers = iter(rng.sample(range(100, 999), 20))
        self.flights: list[dict[str, Any]] = [
            {
                "offer": f"f-{next(numbers)}",
                "stops": 0 if i in (3, 5) else rng.choice([0, 1]),
                "total": float(rng.randint(150, 900)),
                "seats": rng.randint(1, 9),
            }
            for i in range(7)
        ]
        self.flights[3]["total"], self.flights[0] = (
            self.limit - rng.randint(5, 60),
            {**self.flights[0], "stops": 1, "total": 99.0},
        )
        self.flights[1] |= {"stops": 0, "total": self.limit + 45}
        self.hotels: list[dict[str, Any]] = [
            {
                "hotel": f"h-{next(numbers)}",
                "night": float(rng.randint(60, 240)),
                "breakfast": i % 2 == 1,
                "stars": rng.randint(2, 5),
            }
            for i in range(6)
        ]
        self.hotels[0]["night"] = 51.0
        self.booked: list[tuple[str, ...]] = []
        self.task = f"{self.traveller} writes: flights to {self.city}, out on {self.out}, back on {self.back}; non-stop only, at most {self.limit:.0f} EUR. And a hotel with breakfast."
        self.constraints = ["non-stop flights only", f"flights at most {self.limit:.0f} EUR", "hotel with breakfast"]

    @tool("pure-read")
    def profile(self, traveller: str) -> dict[str, Any]:
        """The traveller's profile."""
        return {"traveller": traveller, "card": "v-4411", "seat": "aisle", "miles": 48210}

    @tool("volatile-read")
    def search_flights(
        self, city: str, out: str, back: str, max_total: float = 9999.0, max_stops: int = 2
    ) -> list[dict[str, Any]]:
        """Return flights, cheapest first; total in EUR."""
        fitting = [each for each in self.flights if each["total"] <= max_total and each["stops"] <= max_stops]
        return sorted(fitting, key=lambda each: each["total"])

    @tool("reversible")
    def hold_offer(self, offer: str) -> dict[str, Any]:
        """Keeps an offer for 15 minutes."""
        self._known(offer)
        return {"offer": offer, "held_minutes": 15}

    @tool("irreversible")
    def book_flight(self, offer: str, traveller: str, out: str, back: str) -> dict[str, Any]:
        """Books and pays; final."""
        self._known(offer)
        self.booked.append(("flight", offer, traveller, out, back))
        return {"offer": offer, "status": "booked"}

    @tool("volatile-read")
    def search_hotels(self, city: str, check_in: str, check_out: str, breakfast: bool = False) -> list[dict[str, Any]]:
        """Hotels with a free room, cheapest first."""
        return sorted(
            (each for each in self.hotels if each["breakfast"] or not breakfast), key=lambda each: each["night"]
        )

    @tool("irreversible", similar=["waitlist_hotel"])
    def book_hotel(self, hotel: str, traveller: str, check_in: str, check_out: str) -> dict[str, Any]:
        """Books a room."""
        self._known(hotel)
        self.booked.append(("hotel", hotel, traveller, check_in, check_out))
        return {"hotel": hotel, "status": "booked"}

    @tool("reversible", similar=["book_hotel"])
    def waitlist_hotel(self, hotel: str, traveller: str, check_in: str, check_out: str) -> dict[str, Any]:
        """Asks a full hotel to call back."""
        return {"hotel": hotel, "status": "waiting"}

    @tool("external")
    def send_itinerary(self, traveller: str, offer: str, hotel: str) -> dict[str, Any]:
        """Sends the itinerary to the traveller."""
        self.booked.append(("sent", traveller, offer, hotel))
        return {"traveller": traveller, "status": "sent"}

    def _known(self, thing: str) -> None:
        if all(thing not in each.values() for each in [*self.flights, *self.hotels]):
            raise LookupError(f"there is no {thing}")


def act(session: Session, desk: Desk) -> None:
    """Read the wish, hand over twice, send the itinerary."""
    who = session.use("profile", traveller=desk.traveller)["traveller"]
    trip = {"city": desk.city, "out": desk.out, "back": desk.back, "traveller": who}
    with session.handoff(
        "flights",
        FLIGHTS,
        ("search_flights", "hold_offer", "book_flight"),
        {**trip, "max_total": desk.limit, "max_stops": 0},
    ) as (flights, told):
        offer = fly(flights, told)
    with session.handoff(
        "hotels", HOTELS, ("search_hotels", "book_hotel", "waitlist_hotel"), {**trip, "breakfast": True}
    ) as (hotels, told):
        hotel = stay(hotels, told)
    if session.gate("go on"):
        session.use("send_itinerary", traveller=who, offer=offer, hotel=hotel)
    session.answer("Booked flight {offer} and hotel {hotel} for {who}.", offer=offer, hotel=hotel, who=who)


def fly(session: Session, told: dict[str, Any]) -> str:
    """Search, choose, hold, book."""
    trip = {
        "city": told.get("city", "Milan"),
        "out": told.get("out", "2026-05-01"),
        "back": told.get("back", "2026-05-29"),
    }
    wishes = {key: told[key] for key in ("max_total", "max_stops") if key in told}
    offers = session.use("search_flights", must=list(wishes), **trip, **wishes)
    offer = session.choose("Which flight?", offers, offers[0], "it is the cheapest that fits")["offer"]
    session.use("hold_offer", offer=offer)
    traveller = told.get("traveller", "e-100")
    session.use("book_flight", offer=offer, traveller=traveller, out=trip["out"], back=trip["back"])
    session.answer("Booked {offer} for {traveller}.", offer=offer, traveller=traveller)
    return str(offer)


def stay(session: Session, told: dict[str, Any]) -> str:
    """Search, choose, book."""
    stay_ = {"check_in": told.get("out", "2026-05-01"), "check_out": told.get("back", "2026-05-29")}
    wishes = {"breakfast": told["breakfast"]} if "breakfast" in told else {}
    rooms = session.use("search_hotels", must=list(wishes), city=told.get("city", "Milan"), **stay_, **wishes)
    hotel = session.choose("Which hotel?", rooms, rooms[0], "it costs least of those that fit")["hotel"]
    session.use("book_hotel", hotel=hotel, traveller=told.get("traveller", "e-100"), **stay_)
    session.answer("Room at {hotel} booked.", hotel=hotel)
    return str(hotel)


def check(desk: Desk, answer: str) -> Check:
    """The cheapest flight and hotel that fit are booked once, and the itinerary is sent."""
    fitting = [each for each in desk.flights if each["stops"] == 0 and each["total"] <= desk.limit]
    flight = min(fitting, key=lambda each: each["total"])["offer"]
    hotel = min((each for each in desk.hotels if each["breakfast"]), key=lambda each: each["night"])["hotel"]
    want = [
        ("flight", flight, desk.traveller, desk.out, desk.back),
        ("hotel", hotel, desk.traveller, desk.out, desk.back),
        ("sent", desk.traveller, flight, hotel),
    ]
    ok = desk.booked == want and flight in answer and hotel in answer
    return Check(ok, "the journey is booked as wished", difference(want, desk.booked, answer))


AGENT = Agent(
    "travel",
    "You take a traveller's wish, let flights and hotels book, and send the itinerary.",
    Desk,
    ("profile", "send_itinerary"),
    act,
    check,
)
