"""What model calls cost by a price table: the one that ships (`builtin.toml`), after the user's own.

A cost computed here is derived; one that the instrumentation reported is recorded and wins. A model without a price has
an unknown cost, never a guessed one.
"""

import os
import re
import tomllib
from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from whyspan_collector.errors import WrongPrices

FILE_NAME: Final = "prices.toml"
STEPS: Final = (100_000, 128_000, 200_000, 272_000)
"""Sizes of a call's input, in tokens, beyond which some maker charges another price."""

_Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]

_PATH: Final = re.compile(r"^(?:.*/)?(?:(?:[a-z-]+\.)?anthropic\.)?")
_VERSION: Final = re.compile(
    r"(?:[-@]\d{8}|-\d{4}-\d{2}-\d{2}|-\d{2}-\d{4}|-\d{2}-\d{2}|-\d{3,4}|-latest|-preview|-exp|-v\d+(?::\d+)?)+$"
)


class Price(BaseModel):
    """What one model costs, in US dollars per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    """The model's name, or a pattern with `*`; compared without letter case, path, region, date and version."""
    provider: str = ""
    """What the provider's name must contain."""
    up_to: Literal[100_000, 128_000, 200_000, 272_000] | None = None
    """The largest input of a call it holds for, in tokens."""
    input: _Dollars
    output: _Dollars
    cache_read: _Dollars | None = None
    cache_write: _Dollars | None = None

    def of(self, input_tokens: int, output_tokens: int, read: int, written: int) -> float:
        """The price of so many tokens, in US dollars.

        Tokens read from the cache and written to it are part of the input, as OpenTelemetry counts them. Where they
        are more than the input, the instrumentation counts them apart.
        """
        uncached = input_tokens - read - written
        if uncached < 0:
            uncached = input_tokens
        cached = read * _or(self.cache_read, self.input) + written * _or(self.cache_write, self.input)
        return (uncached * self.input + cached + output_tokens * self.output) / 1e6


def _or(price: float | None, other: float) -> float:
    return other if price is None else price


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date = date.min
    prices: list[Price]


class Prices:
    """A price table: the user's prices, then those that ship."""

    def __init__(self, own: Iterable[Price] = ()) -> None:
        """`own` are the user's prices."""
        builtin, own = _builtin(), list(own)
        self._rows = sorted(own, key=_specificity) + sorted(builtin.prices, key=_specificity)
        self.as_of: date = builtin.as_of
        """The date of the prices that ship."""
        self.own = len(own)
        """How many prices are the user's."""
        self.fingerprint = sha256(repr(self._rows).encode()).hexdigest()[:32]
        """Equal for tables that give equal prices."""
        self.find = lru_cache(4096)(self._find)  # bounded, because names come from outside

    def _find(self, provider: str | None, model: str | None, input_over: int = 0) -> Price | None:
        """The price of a model, None where there is none.

        Args:
            provider: the provider's name as sent.
            model: the model's name as sent.
            input_over: the largest of `STEPS` that the call's input exceeds, 0 for none.
        """
        if model is None:
            return None
        names, server = _names(model), (provider or "").lower()
        for row in self._rows:
            fits = (row.up_to is None or row.up_to > input_over) and row.provider.lower() in server
            if fits and any(fnmatchcase(name, _plain(row.model)) for name in names):
                return row
        return None


def _specificity(row: Price) -> tuple[Any, ...]:
    """Best first: names before patterns, long before short, for one provider before for all, small inputs first."""
    return "*" in row.model, -len(row.model), -len(row.provider), row.up_to or float("inf")


def _names(model: str) -> set[str]:
    """A model's name with and without its date and version: some versions have a price of their own."""
    whole = _PATH.sub("", model.lower())
    return {_plain(whole), _plain(_VERSION.sub("", whole))}


def _plain(name: str) -> str:
    """In one spelling: `claude-3.5-sonnet` is `claude-3-5-sonnet`."""
    return name.lower().replace(".", "-")


def load(data_dir: Path) -> Prices:
    """The price table with the user's prices: of the file `WHYSPAN_PRICES` names, else of `prices.toml` in the data folder.

    Raises:
        WrongPrices: the user's file cannot be read, or holds what is no price.
    """
    named = os.environ.get("WHYSPAN_PRICES")
    path = Path(named) if named else data_dir / FILE_NAME
    if not named and not path.exists():
        return Prices()
    try:
        return Prices(_parse(path.read_text(encoding="utf-8")).prices)
    except (OSError, ValueError) as error:
        reason = str(error)
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False)[0]
            reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise WrongPrices(
            f'{path}: {reason}. Write `prices = [{{ model = "my-model", input = 0.5, output = 1.5 }}]`, in US dollars '
            "per million tokens."
        ) from error


@cache
def _builtin() -> _File:
    return _parse(files(__package__).joinpath("builtin.toml").read_text(encoding="utf-8"))


def _parse(text: str) -> _File:
    return _File.model_validate(tomllib.loads(text))
