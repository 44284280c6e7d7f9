"""Values that look right and are not: of the same shape as the true one, as a careless agent or a broken tool gives them."""

import re
from collections.abc import Iterator
from random import Random
from typing import Any

ID = re.compile(r"[A-Za-z]{1,5}-\d{2,}")


def is_id(value: Any) -> bool:
    """True for values like `o-4821`."""
    return isinstance(value, str) and ID.fullmatch(value) is not None


def fresh_id(value: str, rng: Random) -> str:
    """Another id of the same form."""
    head, _, digits = value.rpartition("-")
    while (made := "".join(str(rng.randint(1, 9)) for _ in digits)) == digits:
        pass
    return f"{head}-{made}"


def transposed(value: Any, rng: Random) -> Any:
    """The value with two neighbouring digits swapped; None when it has no two different ones."""
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    places = [
        i
        for i in range(len(text) - 1)
        if text[i : i + 2].isdigit() and text[i] != text[i + 1] and (i or text[1] != "0")
    ]
    if not places or isinstance(value, bool):
        return None
    at = rng.choice(places)
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return type(value)(swapped) if isinstance(value, int | float) else swapped


def sibling(value: str, seen: Any, rng: Random) -> str | None:
    """Another id of the same form that some tool returned."""
    head = value.rpartition("-")[0]
    found = sorted(
        {other for other in scalars(seen) if is_id(other) and other != value and other.rpartition("-")[0] == head}
    )
    return rng.choice(found) if found else None


def scalars(value: Any) -> Iterator[Any]:
    """Everything in a result that is not a container."""
    if isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from scalars(inner)
    else:
        yield value


def mapped(value: Any, change: Any) -> Any:
    """The result with every (key, scalar) changed."""
    if isinstance(value, dict):
        return {
            key: mapped(inner, change) if isinstance(inner, dict | list) else change(key, inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [mapped(inner, change) if isinstance(inner, dict | list) else change("", inner) for inner in value]
    return value


def imagined(value: Any, rng: Random) -> Any:
    """A result of the same form as somebody would make it up."""

    def change(_: str, scalar: Any) -> Any:
        if is_id(scalar):
            return fresh_id(scalar, rng)
        if isinstance(scalar, float) or (isinstance(scalar, int) and not isinstance(scalar, bool) and scalar > 9):
            return type(scalar)(round(scalar * rng.choice([0.8, 0.9, 1.1, 1.25]), 2))
        return scalar

    return mapped(value, change)


def emptied(value: Any) -> Any:
    """The result of a search that found nothing."""
    if isinstance(value, dict):
        return {
            key: [] if isinstance(inner, list) else None if key == "next_page" else inner
            for key, inner in value.items()
        }
    return []


def defaults(value: Any, arguments: dict[str, Any]) -> Any:
    """What code puts in the place of a result that did not come: zeros and nothing, the arguments echoed."""

    def change(_: str, scalar: Any) -> Any:
        if scalar in arguments.values() or isinstance(scalar, bool):
            return scalar
        return (
            type(scalar)()
            if isinstance(scalar, int | float)
            else ""
            if isinstance(scalar, str) and not is_id(scalar)
            else scalar
        )

    if isinstance(value, list):
        return []
    return {key: [] if isinstance(inner, list) else inner for key, inner in mapped(value, change).items()}
