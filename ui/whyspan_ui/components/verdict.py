"""The banner over a run: how it ended, why, the causal chain to click through, the rivals and what is missing."""

from collections.abc import Iterable
from itertools import islice

from whyspan_analysis.model import Beside, Diagnosis, Finding, Hypothesis, Ref, Role, Run, Sentence, Status
from whyspan_analysis.report import wording
from whyspan_analysis.words import NO_CAUSE, held_beside
from whyspan_ui.components import badges
from whyspan_ui.components.columns import one_line, title
from whyspan_ui.components.markup import Markup, isolated, join, prose, tag
from whyspan_ui.components.side_by_side import investigate_url

_HEADINGS = {Status.FAILED: "Why it failed", Status.OK: "Ended ok", Status.UNKNOWN: "Outcome unknown"}
_CHIP_LENGTH = 44
_LISTED = 50
"""Lines of one list: a run of 20,000 spans may have a thousand findings, 300 KB of page that nobody reads through."""


def banner(run: Run, diagnosis: Diagnosis) -> Markup:
    """The whole banner as HTML."""
    status = diagnosis.outcome.status
    return tag(
        "section",
        tag("div", tag("h2", _HEADINGS[status]), *_headline(diagnosis), class_="headline"),
        _chain(diagnosis),
        tag(
            "div",
            _rivals(run, diagnosis),
            _suspects(run, diagnosis),
            _other_findings(run, diagnosis),
            _full_chain(run, diagnosis),
            _outside(run, diagnosis),
            _siblings(diagnosis),
            _missing(diagnosis),
            class_="more",
        ),
        class_=f"verdict {status.value}",
    )


def _headline(diagnosis: Diagnosis) -> list[Markup]:
    outcome = diagnosis.outcome
    if outcome.status is not Status.FAILED:
        return [prose(outcome.check), badges.knowledge(outcome.source)]
    if diagnosis.verdict is None:
        return [
            prose(f"{NO_CAUSE}. It counts as failed because {outcome.check}."),
            badges.knowledge(outcome.source),
        ]
    return [prose(diagnosis.verdict), badges.grade(diagnosis.grade.value), badges.knowledge("derived")]


def _chain(diagnosis: Diagnosis) -> Markup | None:
    """One chip per sentence; the arrow between two is the order in which it happened. One alone is the headline."""
    if len(diagnosis.chain) < 2:
        return None
    failed = diagnosis.outcome.status is Status.FAILED
    decisive = diagnosis.hypotheses[0].span_id if failed and diagnosis.hypotheses else None
    spans = [next((ref.span_id for ref in sentence.refs), None) for sentence in diagnosis.chain]
    first = next((place for place, each in enumerate(diagnosis.chain) if _tells_of(each, decisive)), None)
    chips = [
        _chip(sentence, span_id, decisive=position == first)
        for position, (sentence, span_id) in enumerate(zip(diagnosis.chain, spans, strict=True))
    ]
    return tag("div", *chips, class_="chain", role="group", aria_label="Causal chain, in order")


def _tells_of(sentence: Sentence, span_id: str | None) -> bool:
    """True for what was done at the span; what a model call was given is seen there too, and is not its doing."""
    return any(ref.span_id == span_id and not (ref.field or "").startswith("input_") for ref in sentence.refs[:1])


def _chip(sentence: Sentence, span_id: str | None, *, decisive: bool) -> Markup:
    words = tag("bdi", isolated(one_line(sentence.text.replace("`", ""), _CHIP_LENGTH)))
    kind = f"chip {sentence.source}{' decisive' if decisive else ''}"
    if span_id is None:
        return tag("span", words, class_=kind, title=sentence.text)
    return tag("button", words, class_=kind, data_span=span_id, title=sentence.text)


def _full_chain(run: Run, diagnosis: Diagnosis) -> Markup | None:
    if not diagnosis.chain:
        return None
    items = [tag("li", _sentence(run, sentence)) for sentence in diagnosis.chain]
    words = "The chain in full" if len(items) > 1 else "What says so"
    return tag("details", tag("summary", words), tag("ol", *items))


def _sentence(run: Run, sentence: Sentence) -> Markup:
    quotes = [quote(run, ref) for ref in sentence.refs if ref.quote]
    return join(prose(sentence.text), " ", badges.knowledge(sentence.source), *quotes, *map(elsewhere, sentence.beside))


def quote(run: Run, ref: Ref, *, here: str | None = None) -> Markup:
    """A reference into the trace: where, and what stands there; a click goes to the span, unless it is `here` already."""
    place = None if ref.span_id == here else _place(run, ref.span_id)
    field = tag("span", tag("bdi", ref.field), class_="field") if ref.field else None
    return tag("div", tag("div", place, field), tag("q", ref.quote) if ref.quote else None, class_="quote")


def elsewhere(beside: Beside) -> Markup:
    """What stands in a passing run of the same task, and the way there."""
    link = tag(
        "a",
        f"run {beside.run_id[:8]}",
        href=investigate_url(beside.run_id, beside.ref.span_id),
        target="_self",
        class_="where",
    )
    return tag("div", tag("div", "There, ", link), tag("q", beside.ref.quote or ""), class_="quote")


def _place(run: Run, span_id: str) -> Markup:
    if span_id not in run.order:
        return tag("span", f"span {span_id}, which was not received ", class_="muted")
    return tag("button", tag("bdi", title(run, run.span(span_id))), class_="where", data_span=span_id)


def _rivals(run: Run, diagnosis: Diagnosis) -> Markup | None:
    if not diagnosis.hypotheses:
        return None
    others = len(diagnosis.hypotheses) - 1
    words = f"{wording.count(others, 'rival')} and the scores" if others else "No rival; how the score adds up"
    return tag(
        "details",
        tag("summary", words),
        tag("div", *(_hypothesis(run, hypothesis) for hypothesis in diagnosis.hypotheses), class_="hypotheses"),
    )


def _hypothesis(run: Run, hypothesis: Hypothesis) -> Markup:
    name = title(run, run.span(hypothesis.span_id)) if hypothesis.span_id in run.order else hypothesis.span_id
    terms = [
        tag("tr", tag("td", f"{bits:+.1f}", class_="bits"), tag("td", prose(reason)))
        for reason, bits in hypothesis.unfold
    ]
    against = [tag("div", "Against it: ", prose(words), class_="against") for words in hypothesis.against]
    return tag(
        "div",
        tag(
            "div",
            tag("span", f"{hypothesis.rank}.", class_="rank"),
            tag("button", tag("bdi", name), class_="where", data_span=hypothesis.span_id),
            badges.grade(hypothesis.grade.value),
            tag(
                "span", f"{hypothesis.score:+.1f} bits", class_="muted score", title="Log-odds: 1 bit doubles the odds"
            ),
        ),
        *(tag("div", prose(finding.message), class_="message") for finding in hypothesis.findings),
        tag("table", *terms) if terms else None,
        *against,
        class_="hypothesis",
    )


def _suspects(run: Run, diagnosis: Diagnosis) -> Markup | None:
    """The shortest list that holds the cause in a known share of runs, or why there is none."""
    if diagnosis.suspects is None:
        return None
    steps = diagnosis.suspects.span_ids
    items = [tag("li", _place(run, span_id)) for span_id in steps]
    return tag(
        "details",
        tag("summary", f"Suspects: {wording.count(len(steps), 'step')}" if steps else "No short list of suspects"),
        tag("ol", *items) if items else None,
        prose(diagnosis.suspects.text),
    )


def _other_findings(run: Run, diagnosis: Diagnosis) -> Markup | None:
    """What was found and accuses nobody, and why: undone in time, of a muted detector, a sign or an aside."""
    accusing = {finding for hypothesis in diagnosis.hypotheses for finding in hypothesis.findings}
    others = [finding for finding in diagnosis.findings if finding not in accusing]
    if not others:
        return None
    items = (tag("li", _place(run, each.span_id), " ", prose(each.message), " ", _aside(each)) for each in others)
    return tag("details", tag("summary", f"Found besides, and not blamed: {len(others)}"), _list(items, len(others)))


def _list(items: Iterable[Markup], number: int) -> Markup:
    """The first of so many items, and how many are left out and where they are."""
    more = number - _LISTED
    left_out = (
        tag("li", f"and {more:,} more, which “Copy as JSON” under Share has", class_="muted") if more > 0 else None
    )
    return tag("ul", *islice(items, _LISTED), left_out)


def _aside(finding: Finding) -> Markup:
    if finding.recovered:
        why = "recovered: the run undid it before it mattered"
    elif finding.because:
        why = finding.because
    else:
        why = "a sign of the failure" if finding.role is Role.SYMPTOM else f"counted as {finding.role.value}"
    return tag("span", f"({why})", class_="muted")


def _outside(run: Run, diagnosis: Diagnosis) -> Markup | None:
    """What the run changed in the world, and what of that can be undone."""
    if not diagnosis.changed_outside:
        return None
    changes = diagnosis.changed_outside
    items = (
        tag(
            "li",
            tag("b", change.undoing),
            "" if change.certain else " (it failed, and may have happened)",
            " ",
            _place(run, change.span_id),
            " ",
            tag("code", change.arguments),
        )
        for change in changes
    )
    return tag("details", tag("summary", f"Changed outside, or may have: {len(changes)}"), _list(items, len(changes)))


def _siblings(diagnosis: Diagnosis) -> Markup | None:
    """Which passing runs of the same task it was held beside, each with the way to it."""
    if diagnosis.siblings is None or not diagnosis.hypotheses:
        return None
    links = [tag("a", run_id[:12], href=investigate_url(run_id), target="_self") for run_id in diagnosis.siblings]
    listed = tag("ul", *(tag("li", link) for link in links)) if links else None
    of_task = wording.count(len(links), "passing run")
    summary = f"Held beside {of_task} of the task" if links else "No passing run of the task to hold it beside"
    return tag("details", tag("summary", summary), tag("p", held_beside(diagnosis.siblings)), listed)


def _missing(diagnosis: Diagnosis) -> Markup | None:
    items = [tag("li", prose(words)) for words in (*diagnosis.missing, *diagnosis.cannot_tell)]
    if not items:
        return None
    return tag("details", tag("summary", f"Not captured: {len(items)}"), tag("ul", *items), class_="missing")
