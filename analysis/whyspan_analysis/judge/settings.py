"""Which model is asked for its opinion: any endpoint that speaks OpenAI's chat completions, a local one included. None unless configured."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

PREFIX = "WHYSPAN_JUDGE_"


class NoJudge(ValueError):
    """No endpoint is configured, or one that cannot be asked; the message says what to set."""


class Settings(BaseModel):
    """Where to ask, and how long to wait."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(pattern=r"^https?://[^/\s?#]+[^\s?#]*$")
    """Base URL up to `/chat/completions`, e.g. `http://127.0.0.1:11434/v1`."""
    model: str = Field(min_length=1)
    key: SecretStr | None = None
    """Sent as `Authorization: Bearer`."""
    seconds: float = Field(60.0, gt=0, le=600)
    """How long an answer may take."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings in WHYSPAN_JUDGE_URL, _MODEL, _KEY and _SECONDS. Raises NoJudge."""
        named = {name: environment.get(PREFIX + name.upper()) for name in cls.model_fields}
        given = {name: value for name, value in named.items() if value}
        if "url" not in given or "model" not in given:
            raise NoJudge(
                f"no model is configured to be asked; set {PREFIX}URL (e.g. http://127.0.0.1:11434/v1) and {PREFIX}MODEL, and {PREFIX}KEY where it demands one"
            )
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = "; ".join(f"{PREFIX}{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors())
            raise NoJudge(f"the model cannot be asked: {wrong}") from None
