"""`whyspan doctor`: where the data is, what of the agents is captured, what is missing and what to add."""

import argparse
import json
from collections import Counter
from dataclasses import asdict
from typing import Any, Final

from whyspan_analysis.report.wording import count
from whyspan_collector.client import RemoteStore
from whyspan_collector.coverage import Coverage, coverage
from whyspan_collector.service import AnyStore
from whyspan_ui import captured, terminal
from whyspan_ui.commands import access, processes
from whyspan_ui.commands.advice import advice
from whyspan_ui.commands.claims import examine_agents, print_agents
from whyspan_ui.terminal import out, text

_MOST_UNPRICED: Final = 10

EXAMPLES: Final = ("whyspan doctor", "whyspan doctor --data /var/lib/whyspan --json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but where the data is."""
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Looks, and says what it sees."""
    settings = access.config(options)
    folder = settings.data.absolute()
    findings: dict[str, Any] = {"schema": "whyspan.doctor/1", "data": str(folder), "exists": folder.is_dir()}
    if folder.is_dir():
        with access.usable(settings.data) as store:
            access.diagnose_settled(store, settings.quiet_seconds)
            findings |= examine(store)
            findings["dashboard"] = processes.dashboard_url(settings.data)
    if options.json:
        terminal.print_json(json.dumps(findings))
    else:
        print_findings(findings)
    return 0


def examine(store: AnyStore) -> dict[str, Any]:
    """What the store and the collector say about themselves and about what came in."""
    return {
        "collector": store.url if isinstance(store, RemoteStore) else None,
        "status": store.status(),
        "services": services(store.query("coverage").to_pylist()),
        "instrumentations": [asdict(one) for one in coverage(store.query)],
        "agents": examine_agents(store),
        "not_captured": store.query("not_captured").to_pylist(),
        "unpriced": store.query("unpriced").to_pylist(),
    }


def services(counted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the query `coverage` summed up by service: its instrumentations complete each other. Most spans first."""
    found: dict[str | None, dict[str, Any]] = {}
    for row in counted:
        service = found.setdefault(
            row["service"], {"service": row["service"], "instrumentations": [], "counts": Counter()}
        )
        service["instrumentations"].append({name: row[name] for name in ("scope", "vocabulary", "spans")})
        service["counts"].update({name: value for name, value in row.items() if isinstance(value, int)})
    for service in found.values():
        service["advice"] = advice(service["counts"])
    return sorted(found.values(), key=lambda service: -service["counts"]["spans"])


def print_findings(findings: dict[str, Any]) -> None:
    """The same for people."""
    out.print(text(("data        ", "dim"), findings["data"]), soft_wrap=True)
    if not findings["exists"]:
        out.print(
            "Nothing is there yet. `whyspan import PATH` stores recorded runs, `whyspan up` takes them from your agents."
        )
        return
    status = findings["status"]
    out.print(text(("collector   ", "dim"), findings["collector"] or "not running (`whyspan up` starts it)"))
    out.print(text(("dashboard   ", "dim"), findings["dashboard"] or "not running"))
    out.print(
        text(
            ("stored      ", "dim"),
            f"{status['runs']:,} runs, {status['spans']:,} spans, {status['logs']:,} log records, {status['diagnoses']:,} diagnoses",
        )
    )
    size = (status["file_bytes"] + status["wal_bytes"]) / 1e6
    out.print(text(("size        ", "dim"), f"{size:,.1f} MB, schema {status['schema_version']}"))
    counters = {name.replace("_", " "): value for name, value in status["counters"].items()}
    came = ", ".join(f"{value:,} {name}" for name, value in counters.items() if value)
    out.print(text(("ever        ", "dim"), came or "nothing came in"))
    if "ingest" in status:
        print_ingest(status["ingest"])
    print_prices(status["prices"], findings["unpriced"])
    for service in findings["services"]:
        print_service(service)
    print_agents(findings["agents"])
    print_instrumentations([Coverage(**one) for one in findings["instrumentations"]])
    if findings["not_captured"]:
        out.print()
        out.print(text(("Not captured", "underline")))
        for gap in findings["not_captured"]:
            out.print(text("  ", gap["text"], (f"  ({count(gap['runs'], 'run')})", "dim")))


def print_ingest(ingest: dict[str, Any]) -> None:
    """What the running collector took in, what it still has to store, what it lost, and whether anything holds it up."""
    journal = ingest["journal"]
    nouns = {"accepted_spans": "span", "accepted_logs": "log record", "accepted_points": "metric point"}
    taken = ", ".join(count(ingest[name], noun) for name, noun in nouns.items())
    out.print(text(("since start ", "dim"), f"{taken}; {count(ingest['rejected_records'], 'record')} rejected"))
    for title, counts in (("refused     ", ingest["refused_requests"]), ("masked      ", ingest["redacted_values"])):
        if counts:
            out.print(text((title, "dim"), ", ".join(f"{value:,} {name}" for name, value in sorted(counts.items()))))
    if forward := ingest["forward"]:
        numbers = ", ".join(f"{forward[name]:,} {name}" for name in ("forwarded", "waiting", "dropped"))
        out.print(text(("forwarding  ", "dim"), f"to {forward['url']}: requests {numbers}"))
        if forward["trouble"]:
            out.print(text(("trouble     ", "red"), forward["trouble"]))
    backlog = f"{count(ingest['waiting_requests'], 'request')} to store, {journal['bytes'] / 1e6:,.1f} of {journal['bound'] / 1e6:,.0f} MB"
    out.print(text(("journal     ", "dim"), backlog))
    if journal["damaged_bytes"]:
        out.print(
            text(
                ("lost        ", "red"), f"{journal['damaged_bytes']:,} damaged bytes of the journal could not be read"
            )
        )
    if journal["failed"]:
        where = f"{count(journal['failed'], 'request')} that could not be stored, in {journal['failed_folder']}"
        out.print(text(("set aside   ", "yellow"), where))
    if ingest["trouble"]:
        out.print(text(("trouble     ", "red"), ingest["trouble"]))


def print_service(service: dict[str, Any]) -> None:
    """What the instrumentations of one service tell us, and what they do not."""
    out.print()
    counts = service["counts"]
    nouns = {"spans": "span", "agents": "agent", "model_calls": "model call", "tool_calls": "tool call"}
    nouns |= {"decisions": "recorded decision", "errors": "error", "pending": "pending span"}
    summary = ", ".join(count(counts[name], noun) for name, noun in nouns.items() if counts[name])
    out.print(text((service["service"] or "no service named", "bold"), f"  {summary}"))
    for source in service["instrumentations"]:
        vocabulary = source["vocabulary"] or "no vocabulary recognised"
        out.print(
            text(
                ("  from     ", "dim"),
                f"{source['scope'] or 'no scope named'}  ",
                (f"{vocabulary}, {count(source['spans'], 'span')}", "dim"),
            )
        )
    for line in service["advice"]:
        out.print(text(("  missing  ", "yellow"), line))


def print_prices(table: dict[str, Any], unpriced: list[dict[str, Any]]) -> None:
    """Which prices costs are derived with, and of which models they are missing."""
    own = f", after {count(table['own'], 'price')} of yours" if table["own"] else ""
    out.print(text(("prices      ", "dim"), f"list prices as of {table['as_of']}{own}"))
    for row in unpriced[:_MOST_UNPRICED]:
        where = f"{count(row['calls'], 'model call')} in {count(row['runs'], 'run')}"
        model = row["model"] or "a model that is not named"
        if row["reports_tokens"]:
            said = f"no price for {model} ({where}): add it to prices.toml in the data folder"
        else:
            said = f"no tokens from {model} ({where}), so no cost"
        out.print(text(("            ", "dim"), said))


def print_instrumentations(instrumentations: list[Coverage]) -> None:
    """What the newest spans of each instrumentation leave out, and what they send that nobody knows."""
    told = [(one, list(captured.gaps(one)), captured.unknown(one), captured.lost(one)) for one in instrumentations]
    told = [row for row in told if any(row[1:])]
    if told:
        out.print()
        out.print(text(("What instrumentations leave out, in their newest spans", "underline")))
    for one, gaps, unknown, lost in told:
        name = " ".join(filter(None, (one.scope or "no scope named", one.scope_version)))
        out.print(text("  ", name, (f"  {one.vocabulary or 'no vocabulary recognised'}", "dim")))
        for gap in gaps:
            out.print(text("    ", gap))
        if unknown:
            out.print(text(("    nobody knows  ", "dim"), unknown))
        if lost:
            out.print(text(("    never sent    ", "yellow"), f"{lost}, says a process"))
