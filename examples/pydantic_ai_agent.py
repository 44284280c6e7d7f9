"""Pydantic AI: an agent with a typed answer; a tool refuses its first arguments, and it corrects them."""

from pydantic import BaseModel
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider
from scripted_model import MODEL, Answer, Call, scripted_model

import whyspan

whyspan.configure(service="lab")
whyspan.instrument()

TASK = "Which of our freezers can take 40 more samples at -80 degrees until 20 July 2026?"
SCRIPT = (
    Answer("I need the freezers at that temperature.", calls=[Call("find_freezers", {"temperature": "-80 C"})]),
    Answer(
        "It wants a number, so -80 without the unit.",
        calls=[Call("find_freezers", {"temperature": -80})],
    ),
    Answer(
        "F-2 has 55 free places, F-7 only 12. But F-2 may be booked: I look before I promise it.",
        calls=[Call("list_reservations", {"freezer": "F-2"})],
    ),
    Answer(
        "Ten places of F-2 are reserved, so 45 remain: enough for 40. F-7 is too small.",
        calls=[Call("final_result", {"freezer": "F-2", "free_places": 45})],
    ),
)


class Place(BaseModel):
    """Where the samples go."""

    freezer: str
    free_places: int


def main() -> None:
    """Builds the agent and asks it."""
    with scripted_model(*SCRIPT) as url:
        model = OpenAIResponsesModel(MODEL, provider=OpenAIProvider(base_url=url, api_key="none"))
        agent = Agent(
            model, name="storage", output_type=Place, instructions="You find room for samples. Check reservations."
        )

        @agent.tool_plain
        def find_freezers(temperature: float | str) -> list[dict[str, object]]:
            """Freezers that hold a temperature in degrees Celsius, with their free places."""
            if isinstance(temperature, str):
                raise ModelRetry(f"temperature must be a number of degrees Celsius, not {temperature!r}")
            return [{"freezer": "F-2", "free": 55}, {"freezer": "F-7", "free": 12}]

        @agent.tool_plain
        def list_reservations(freezer: str) -> list[dict[str, object]]:
            """Reservations of a freezer."""
            return [{"freezer": freezer, "places": 10, "until": "2026-08-01"}]

        print(agent.run_sync(TASK).output)


if __name__ == "__main__":
    main()
