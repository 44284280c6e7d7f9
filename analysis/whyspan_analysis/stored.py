"""The diagnosis of a run as the worker stored it, read back: what a page needs without loading what the spans carried."""

import json
from typing import TYPE_CHECKING, Any

from whyspan_analysis.diagnose import ANALYSIS_VERSION
from whyspan_analysis.model import (
    Beside,
    Change,
    DecisionNode,
    Diagnosis,
    Finding,
    Grade,
    Hypothesis,
    LastChance,
    OptionView,
    Outcome,
    Ref,
    Role,
    Sentence,
    Status,
    Suspects,
)

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore

Document = dict[str, Any]


def stored_diagnosis(store: "AnyStore", run_id: str) -> Diagnosis | None:
    """The diagnosis of a run's present state by this version of the analysis; None where there is none (yet)."""
    for row in store.query("diagnosis", run_id=run_id).to_pylist():
        if row["current"] and row["analysis_version"] == ANALYSIS_VERSION:
            return read_diagnosis(row["document"])
    return None


def read_diagnosis(document: str) -> Diagnosis:
    """The diagnosis that `output.diagnosis_document` wrote; what a document rounds stays rounded."""
    read: Document = json.loads(document)
    outcome = read["outcome"]
    return Diagnosis(
        run_id=read["run_id"],
        outcome=Outcome(Status(outcome["status"]), outcome["check"], _refs(outcome["refs"]), outcome["class"]),
        grade=Grade(read["grade"]),
        verdict=read["verdict"],
        hypotheses=[_hypothesis(each) for each in read["hypotheses"]],
        findings=[_finding(each) for each in read["findings"]],
        chain=[
            Sentence(each["text"], each["class"], _refs(each["refs"]), _beside(each["beside"]))
            for each in read["chain"]
        ],
        decisions=[_decision(each) for each in read["decisions"]],
        missing=read["missing"],
        cannot_tell=read["cannot_tell"],
        suspects=_suspects(read["suspects"]),
        last_chance=_last_chance(read["last_chance"]),
        siblings=read["siblings"],
        changed_outside=[Change(**each) for each in read.get("changed_outside", ())],
    )


def _suspects(document: Document | None) -> Suspects | None:
    return Suspects(**{**document, "span_ids": tuple(document["span_ids"])}) if document is not None else None


def _refs(documents: list[Document]) -> tuple[Ref, ...]:
    return tuple(Ref(each["span_id"], each["field"], each["quote"]) for each in documents)


def _beside(documents: list[Document]) -> tuple[Beside, ...]:
    return tuple(Beside(each["run_id"], _refs([each["ref"]])[0]) for each in documents)


def _hypothesis(document: Document) -> Hypothesis:
    return Hypothesis(
        **{
            **document,
            "grade": Grade(document["grade"]),
            "findings": [_finding(each) for each in document["findings"]],
            "unfold": [(term["reason"], term["bits"]) for term in document["unfold"]],
        }
    )


def _finding(document: Document) -> Finding:
    return Finding(
        detector=document["detector"],
        role=Role(document["role"]),
        span_id=document["span_id"],
        message=document["message"],
        strength=document["strength"],
        refs=_refs(document["refs"]),
        recovered=document["recovered"],
        origin_span_id=document["origin_span_id"],
        bits=document["bits"],
        because=document["because"],
        beside=_beside(document["beside"]),
    )


def _decision(document: Document) -> DecisionNode:
    known = {name: value for name, value in document.items() if name != "classes"}
    options = [OptionView(**each) for each in document["options"]]
    return DecisionNode(**{**known, "options": options, "evidence": list(_refs(document["evidence"]))})


def _last_chance(document: Document | None) -> LastChance | None:
    if document is None:
        return None
    no_return = Change(**document["no_return"]) if document["no_return"] is not None else None
    undeclared = tuple(Change(**each) for each in document["undeclared"])
    return LastChance(document["decision_id"], document["span_id"], no_return, undeclared)
