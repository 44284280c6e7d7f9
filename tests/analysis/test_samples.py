"""The sample recordings, of real frameworks and of our own SDK: what is said about each of them."""

from collections.abc import Callable

import pytest

from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.fields import read, text
from whyspan_analysis.model import Grade, Ref, Run, Status

FAILED = {
    "crewai__openinference__retry_loop": ("exact_loop", "search_docs", "likely"),
    "langgraph__openinference__retry_loop_recursion": ("exact_loop", "search_docs", "likely"),
    "openai-agents__openinference__hallucinated_tool": ("unknown_tool", "get_customer_tier", "strong"),
    "openai__openinference__crash_mid_run": ("killed", "lookup_order", "likely"),
    "openai__openinference__llm_down": ("model_call_failed", None, "strong"),
    "openai__openinference__wrong_final": ("answer_contradicts", None, "likely"),
    "whyspan__handoff_drops_detail": ("handoff_drops", None, "strong"),
    "whyspan__lost_constraint": ("lost_constraint", "search_flights", "strong"),
    "whyspan__refund_wrong_order": ("wrong_entity", "refund_order", "strong"),
}
"""Recording -> detector and tool of its first hypothesis, and its grade. All others were healthy or recovered."""


@pytest.mark.parametrize("name", FAILED)
def test_failed_recordings_have_their_cause_first(name: str, sample_run: Callable[[str], Run]) -> None:
    """A failed recording is called failed, and what went wrong in it is the first hypothesis."""
    diagnosis = diagnose(sample_run(name))
    first = diagnosis.hypotheses[0]
    assert diagnosis.outcome.status is Status.FAILED
    assert (first.findings[0].detector, first.tool, diagnosis.grade) == FAILED[name]
    assert len(diagnosis.hypotheses) > 1 or len(diagnosis.decisions) == 1


def test_healthy_and_recovered_recordings_are_not_accused(request: pytest.FixtureRequest, sample: list[Run]) -> None:
    """A recording that is not failed gets no verdict, no grade and no hypothesis, whatever errors it handled."""
    if request.node.callspec.params["sample"] in FAILED:
        return
    for diagnosis in map(diagnose, sample):
        assert diagnosis.outcome.status is Status.OK
        assert (diagnosis.verdict, diagnosis.grade, diagnosis.hypotheses) == (None, Grade.NONE, [])


def test_every_reference_leads_back_to_its_quote(sample: list[Run]) -> None:
    """Every reference of every sentence, finding and decision names a span and a field that exist and hold the quote."""
    for run in sample:
        diagnosis = diagnose(run)
        refs: list[Ref] = [*diagnosis.outcome.refs]
        refs += [ref for sentence in diagnosis.chain for ref in sentence.refs]
        refs += [ref for finding in diagnosis.findings for ref in finding.refs]
        refs += [ref for decision in diagnosis.decisions for ref in decision.evidence]
        assert refs
        for ref in refs:
            assert ref.field is not None
            assert ref.quote is not None
            assert ref.quote in text(read(run, ref.span_id, ref.field))


def test_every_sentence_of_a_cause_has_evidence(sample: list[Run]) -> None:
    """No sentence of a chain and no finding of a hypothesis stands without a reference."""
    for diagnosis in map(diagnose, sample):
        if diagnosis.outcome.status is Status.FAILED:
            assert all(sentence.refs for sentence in diagnosis.chain)
            assert all(finding.refs for hypothesis in diagnosis.hypotheses for finding in hypothesis.findings)


def test_scores_are_the_sum_of_their_terms(sample: list[Run]) -> None:
    """What `unfold` lists adds up to the score, and hypotheses come best first."""
    for diagnosis in map(diagnose, sample):
        scores = [hypothesis.score for hypothesis in diagnosis.hypotheses]
        assert scores == sorted(scores, reverse=True)
        for hypothesis in diagnosis.hypotheses:
            assert hypothesis.score == pytest.approx(sum(bits for _, bits in hypothesis.unfold), abs=0.01)


def test_words_claim_no_more_than_the_analysis_can(sample: list[Run]) -> None:
    """Neither "root cause" nor "verified" is said before a replay has shown it."""
    for diagnosis in map(diagnose, sample):
        said = " ".join([diagnosis.verdict or "", *(sentence.text for sentence in diagnosis.chain)]).lower()
        assert "root cause" not in said
        assert "verified" not in said


def test_the_wrong_refund_is_told_from_its_search_to_its_check(sample_run: Callable[[str], Run]) -> None:
    """The chain of the wrong refund leads from the search over the choice and the refund to the failed check."""
    diagnosis = diagnose(sample_run("whyspan__refund_wrong_order"))
    told = [(sentence.source, sentence.text) for sentence in diagnosis.chain]
    assert diagnosis.verdict == (
        "Step 4 (support) chose “o-88213”: `refund_order` was called for order_id o-88213,"
        " which belongs to c-1987, not to c-2041."
    )
    assert [source for source, _ in told] == [
        "recorded",
        "derived",
        "recorded",
        "derived",
        "derived",
        "derived",
        "derived",
        "derived",
        "recorded",
    ]
    assert told[1][1].startswith("Step 3: `search_orders` returned")
    assert "chose o-88213 rather than o-88127, o-85102" in told[2][1]
    assert told[-1][1].startswith("Failed check: the refunded order belongs to the customer who asked")
