"""Every sentence of every recording's diagnosis is walked back to the spans it speaks of, and every number to its terms."""

import re
from collections.abc import Iterator

import pytest
from recordings import FOLDERS, records

from whyspan_analysis.case import Case
from whyspan_analysis.detectors import BY_NAME, detect
from whyspan_analysis.diagnose import build_case, diagnose
from whyspan_analysis.fields import read, text
from whyspan_analysis.load import assemble
from whyspan_analysis.model import Diagnosis, Ref, Run
from whyspan_analysis.prior import BESIDE_CAUSE, HALF, prior, weights
from whyspan_analysis.ranking import MAX_FINDINGS, RECOVERED
from whyspan_analysis.traits import TRAITS, read_traits

QUOTED = re.compile(r'“([^”]*)”| "([^"]*)"')
_FINDING = re.compile(r"(\w+) \(strength (\d\.\d\d)(, recovered)?\)")


@pytest.fixture(scope="module", params=sorted(FOLDERS))
def diagnosed(request: pytest.FixtureRequest) -> list[tuple[Run, Case, Diagnosis]]:
    """The runs of each recording in turn, the frameworks' that only tests read included."""
    spans, logs = records(request.param)
    runs = [
        assemble(
            trace_id,
            [span for span in spans if span.trace_id == trace_id],
            [log for log in logs if log.trace_id == trace_id],
        )
        for trace_id in sorted({span.trace_id for span in spans})
    ]
    return [(run, build_case(run), diagnose(run)) for run in runs]


def sentences(diagnosis: Diagnosis) -> Iterator[tuple[str, tuple[Ref, ...]]]:
    """Everything a diagnosis says about a run, with its references."""
    yield diagnosis.outcome.check, diagnosis.outcome.refs
    yield from ((sentence.text, sentence.refs) for sentence in diagnosis.chain)
    yield from ((finding.message, finding.refs) for finding in diagnosis.findings)


def test_every_sentence_leads_back_to_its_spans(diagnosed: list[tuple[Run, Case, Diagnosis]]) -> None:
    """Each reference names a span of the run and a field in it, and what it quotes stands there."""
    for run, _, diagnosis in diagnosed:
        for words, refs in sentences(diagnosis):
            assert refs or not diagnosis.hypotheses, words
            for ref in refs:
                assert ref.field, words
                assert ref.quote is not None, words
                assert ref.quote in text(read(run, ref.span_id, ref.field)), words


def test_what_a_sentence_quotes_was_said_in_the_run(diagnosed: list[tuple[Run, Case, Diagnosis]]) -> None:
    """Words between quotation marks stand in the run, in that order; only white space and a cut end may differ."""
    for run, _, diagnosis in diagnosed:
        said = " ".join(" ".join(text(read(run, span.span_id, path)).split()) for span, path in everything(run))
        for words, _ in sentences(diagnosis):
            for quote in filter(None, (part for found in QUOTED.findall(words) for part in found)):
                assert quote.removesuffix("…") in said, (quote, words)


def everything(run: Run) -> Iterator[tuple[object, str]]:
    """Every (span, path) of a run that can be quoted."""
    for span in run.spans:
        for name in ("name", "error_message", "status_message", "error_type"):
            if getattr(span, name):
                yield span, name
        for key in span.attributes:
            yield span, f"attributes.{key}"
        content = run.contents[span.span_id]
        for name in (
            "input_messages",
            "output_messages",
            "arguments",
            "result",
            "input",
            "output",
            "decision",
            "outcomes",
        ):
            if getattr(content, name) is not None:
                yield span, name


def test_every_term_of_a_score_is_computed_from_what_it_names(diagnosed: list[tuple[Run, Case, Diagnosis]]) -> None:
    """A term of a trait is the fitted weight times the trait, one of a finding its detector's bits times its strength."""
    known = {words + note: trait for trait, words in TRAITS.items() for note in ("", HALF)}
    for _, case, diagnosis in diagnosed:
        traits = read_traits(case) if diagnosis.hypotheses else {}
        found = detect(case)
        for hypothesis in diagnosis.hypotheses:
            own = traits.get(hypothesis.span_id, {})
            halved = any(reason.endswith(HALF) for reason, _ in hypothesis.unfold)
            assert sum(bits for _, bits in prior(own, beside_cause=halved)) == pytest.approx(
                sum(bits for reason, bits in hypothesis.unfold if reason in known), abs=0.01
            )
            for reason, bits in hypothesis.unfold:
                if reason in known:
                    share = BESIDE_CAUSE if halved else 1.0
                    assert bits == pytest.approx(share * weights()[known[reason]] * own[known[reason]], abs=0.001)
                elif told := _FINDING.match(reason):
                    share = RECOVERED if told[3] else 1.0
                    assert bits == pytest.approx(BY_NAME[told[1]].bits * float(told[2]) * share, abs=0.1)
                    assert told[1] in {finding.detector for finding in found if finding.span_id == hypothesis.span_id}
            counted = [reason for reason, _ in hypothesis.unfold if _FINDING.match(reason)]
            assert len(counted) <= min(MAX_FINDINGS, len(hypothesis.findings))
