"""The opinion of a model on a finished diagnosis. It changes nothing: neither ranking, nor grades, nor what is stored.

Its words are `inferred`. A claim is kept only with a citation that holds: a piece of evidence it was shown, and a quote found there.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from whyspan_analysis.fields import read, text
from whyspan_analysis.judge.endpoint import NoAnswer, ask
from whyspan_analysis.judge.question import Question, question
from whyspan_analysis.judge.settings import Settings
from whyspan_analysis.model import Run
from whyspan_analysis.output.diagnosis import OpinionDocument, RefusedDocument, SentenceDocument
from whyspan_analysis.output.parts import RefDocument

MIN_QUOTE: Final = 3
"""Characters of a quote that says anything: one letter stands in every text."""
_MAX_TEXT: Final = 400
_MAX_CLAIMS: Final = 8


class _Citation(BaseModel):
    model_config = ConfigDict(strict=True)
    span_id: str
    field: str
    quote: str


class _Claim(BaseModel):
    model_config = ConfigDict(strict=True)
    text: str
    citations: list[_Citation] = Field(default_factory=list)


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True)
    choice: int | None = None
    claims: list[_Claim] = Field(default_factory=list)


def judge(run: Run, diagnosis: Mapping[str, Any], settings: Settings) -> OpinionDocument:
    """What the configured model makes of a `whyspan.diagnosis/1` of this run; never raises for what the model does."""
    asked = question(diagnosis, f"=={secrets.token_hex(16)}==")
    if not asked.candidates:
        return _silent(settings, "The run has no hypothesis to judge; nothing was sent.")
    try:
        answer = _Answer.model_validate_json(_object(ask(settings, asked.messages)))
    except NoAnswer as error:
        return _silent(settings, f"The model gave no opinion: {error}.")
    except ValidationError:
        return _silent(settings, "The model gave no opinion: its answer does not have the form that was asked for.")
    return _checked(run, asked, answer, settings)


def _object(words: str) -> str:
    """The JSON object in an answer: many models put a fence of Markdown around it."""
    found = re.search(r"\{.*\}", words, re.DOTALL)
    return found[0] if found is not None else words


def _checked(run: Run, asked: Question, answer: _Answer, settings: Settings) -> OpinionDocument:
    """The claims whose citations hold, and the others with why they were refused. A choice without such a claim is none."""
    kept: list[SentenceDocument] = []
    refused: list[RefusedDocument] = []
    for claim in answer.claims[:_MAX_CLAIMS]:
        holding = [each for each in claim.citations if _trouble(run, asked, each) is None]
        words = " ".join(claim.text.split())[:_MAX_TEXT]
        if holding:
            refs = [RefDocument(span_id=each.span_id, field=each.field, quote=each.quote) for each in holding]
            kept.append(SentenceDocument(text=words, class_="inferred", refs=refs))
        else:
            troubles = [_trouble(run, asked, each) for each in claim.citations]
            refused.append(
                RefusedDocument(text=words, because=troubles[0] if troubles and troubles[0] else "it cites nothing")
            )
    choice = asked.candidates.get(answer.choice) if answer.choice is not None and kept else None
    return OpinionDocument(model=settings.model, choice_span_id=choice, claims=kept, refused=refused, trouble=None)


def _trouble(run: Run, asked: Question, citation: _Citation) -> str | None:
    """Why a citation does not hold; None when it does."""
    if (citation.span_id, citation.field) not in asked.evidence:
        return "it cites what it was not shown"
    if len(citation.quote.strip()) < MIN_QUOTE:
        return "its quote says nothing"
    try:
        holds = citation.quote in text(read(run, citation.span_id, citation.field))
    except KeyError:
        holds = False
    return None if holds else "its quote does not stand where it says"


def _silent(settings: Settings, trouble: str) -> OpinionDocument:
    return OpinionDocument(model=settings.model, choice_span_id=None, claims=[], refused=[], trouble=trouble)
