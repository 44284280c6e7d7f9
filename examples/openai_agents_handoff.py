"""OpenAI Agents SDK: a front desk hands a guest over to the agent that can change bookings."""

from agents import Agent, OpenAIResponsesModel, Runner, function_tool, set_trace_processors
from openai import AsyncOpenAI
from scripted_model import MODEL, Answer, Call, scripted_model

import whyspan

set_trace_processors([])  # else the SDK sends the run to OpenAI too when it finds a key

whyspan.configure(service="hotel")
whyspan.instrument()

TASK = "I am in booking B-904. Can I stay one night longer, until 12 May 2026? I would pay up to 140 EUR for it."
SCRIPT = (
    Answer(
        "A change of a booking. The concierge only knows the town; bookings are with the booking desk.",
        calls=[Call("transfer_to_booking_desk", {})],
    ),
    Answer(
        "I need the room before I can see whether it is free.", calls=[Call("find_booking", {"booking_id": "B-904"})]
    ),
    Answer(
        "Room 31 until 11 May. Is it free on the night after, and at what price?",
        calls=[Call("night_price", {"room": 31, "night": "2026-05-11"})],
    ),
    Answer(
        "Free, 128 EUR, within the 140 EUR the guest would pay. So I extend instead of asking back.",
        calls=[Call("extend_booking", {"booking_id": "B-904", "until": "2026-05-12"})],
    ),
    Answer("Done; tell the guest the price.", says="You stay in room 31 until 2026-05-12; the extra night is 128 EUR."),
)


@function_tool
def opening_hours(place: str) -> str:
    """When a place in town is open."""
    return f"{place} is open from 9:00 to 18:00"


@function_tool
def find_booking(booking_id: str) -> dict[str, object]:
    """A booking with its room and dates."""
    return {"booking_id": booking_id, "room": 31, "guest": "R. Adeyemi", "until": "2026-05-11"}


@function_tool
def night_price(room: int, night: str) -> dict[str, object]:
    """Whether a room is free for a night, and its price in EUR."""
    return {"room": room, "night": night, "free": True, "price": 128}


@function_tool
def extend_booking(booking_id: str, until: str) -> dict[str, object]:
    """Extends a booking; the guest is charged."""
    return {"booking_id": booking_id, "until": until, "confirmed": True}


def main() -> None:
    """Three agents, one guest."""
    with scripted_model(*SCRIPT) as url:
        model = OpenAIResponsesModel(MODEL, AsyncOpenAI(base_url=url, api_key="none"))
        concierge = Agent("concierge", instructions="You know the town.", tools=[opening_hours], model=model)
        desk = Agent(
            "booking_desk",
            instructions="You look up and change bookings. Never charge more than the guest agreed to.",
            tools=[find_booking, night_price, extend_booking],
            model=model,
        )
        front = Agent(
            "front_desk",
            instructions="Send each guest to the agent who can help.",
            handoffs=[concierge, desk],
            model=model,
        )
        print(Runner.run_sync(front, TASK).final_output)


if __name__ == "__main__":
    main()
