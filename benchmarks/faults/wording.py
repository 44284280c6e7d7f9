"""What the scripted agents say. Clean and faulty operations speak from the same sentences, so that no wording gives a fault away."""

import json
from random import Random
from typing import Any

_OPENERS = [
    "",
    "Next: ",
    "Right. ",
    "Let me see. ",
    "So far so good. ",
    "Continuing with the task. ",
    "One step at a time. ",
    "Good. ",
    "Moving on. ",
    "Back to the request. ",
    "Okay. ",
    "As planned: ",
]
_USE = [
    "I need {tool} for this, with {arguments}.",
    "{tool} should tell; {arguments}.",
    "Calling {tool} ({arguments}).",
    "The way to go is {tool} with {arguments}.",
    "For that there is {tool}: {arguments}.",
    "{tool} with {arguments} does it.",
    "Time for {tool}. It takes {arguments}.",
    "This is what {tool} is for; I pass {arguments}.",
]
_CHOOSE = [
    "I go with {value}: {why}.",
    "{value} it is, because {why}.",
    "My choice is {value} ({why}).",
    "The best option is {value}; {why}.",
    "Taking {value}, since {why}.",
    "{value}. Reason: {why}.",
]
_DERIVE = [
    "{name} comes to {value}.",
    "That makes {name} {value}.",
    "{name}: {value}.",
    "I get {value} for {name}.",
    "So {name} is {value}.",
    "Working it out, {name} = {value}.",
]
_HANDOFF = [
    "Handing over to {name}: {payload}",
    "{name} takes it from here: {payload}",
    "Over to {name} with {payload}",
    "This is for {name}: {payload}",
]
AGAIN = [
    "That did not come back; once more.",
    "A hiccup, trying again.",
    "Timed out. Again.",
    "Transient, I repeat the call.",
]
BEFORE = ["", "", "All right: ", "Here you go. ", "In short: ", "As agreed, ", "To sum up: ", "For your records: "]
"""What a message to somebody may begin with."""
_ASIDES = [
    "",
    "",
    "",
    " That leaves about {n} minutes.",
    " Step {m} of my list.",
    " It should take {m} seconds or so.",
    " The last one took {n} ms.",
    " I have used {n} of my tokens' worth of patience.",
    " Ticket {n} said the same.",
]


SENTENCES = [*_USE, *_CHOOSE, *_DERIVE, *_HANDOFF]
"""Everything that is said, with places for values."""


def _say(rng: Random, sentences: list[str], **slots: Any) -> str:
    aside = rng.choice(_ASIDES).format(n=rng.randint(12, 97), m=rng.randint(2, 9))
    return rng.choice(_OPENERS) + rng.choice(sentences).format(**slots) + aside


def use(rng: Random, tool: str, arguments: dict[str, Any]) -> str:
    """Why a tool is called."""
    listed = ", ".join(f"{key} {plain(value)}" for key, value in arguments.items()) or "no arguments"
    return _say(rng, _USE, tool=tool, arguments=listed)


def choose(rng: Random, value: str, why: str) -> str:
    """What is chosen and why."""
    return _say(rng, _CHOOSE, value=value, why=why)


def derive(rng: Random, name: str, value: Any) -> str:
    """A value the agent worked out."""
    return _say(rng, _DERIVE, name=name, value=plain(value))


def handoff(rng: Random, name: str, payload: dict[str, Any]) -> str:
    """What is passed to another agent."""
    return _say(rng, _HANDOFF, name=name, payload=json.dumps(payload, ensure_ascii=False))


def again(rng: Random) -> str:
    """Before a call is repeated."""
    return rng.choice(AGAIN)


def plain(value: Any) -> str:
    """A value as prose has it."""
    if isinstance(value, float):
        return f"{value:.2f}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
