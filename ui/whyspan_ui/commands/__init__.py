"""The commands of `whyspan`, one module each.

A command's module has `EXAMPLES` (shown under its help), `add_arguments(parser)` and `run(options) -> exit status`. It is imported
only when it is called, so `whyspan --help` works, and starts fast, without the packages the commands need.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One command as `whyspan --help` lists it."""

    name: str
    module: str
    """Name of its module in this package."""
    summary: str
    """What it does, in one line."""


COMMANDS = (
    Command("demo", "demo", "explain the sample runs and show them in the dashboard"),
    Command("up", "up", "run collector, analysis and dashboard until Ctrl-C"),
    Command("import", "import_files", "store and diagnose OTLP files and folders"),
    Command("runs", "runs", "list the runs, failed ones first, with a one-line verdict"),
    Command("spans", "spans", "list the spans a filter holds for, newest first"),
    Command("show", "show", "print the decision tree of a run"),
    Command("why", "why", "say why a run ended as it did, with the evidence"),
    Command("compare", "compare", "hold a run beside another, or beside the most alike passing one"),
    Command("incidents", "incidents", "say what fails, since when and how often, and keep what was done about it"),
    Command("analyze", "analyze", "diagnose what is not diagnosed yet, with several processes"),
    Command("report", "report", "write a failure report over many runs"),
    Command("rules", "rules", "propose, test and activate rules that prevent failures"),
    Command("check", "check", "say whether runs keep the rules; ends with status 1 when one does not"),
    Command("test", "test", "write a regression test of a failed run"),
    Command("verify", "verify", "say whether the spans of runs, and the log of the rules, are what was written"),
    Command(
        "audit", "audit", "say what runs changed outside and who agreed, and who did what about rules and incidents"
    ),
    Command("mcp", "mcp", "answer coding agents over MCP, read-only"),
    Command("webhook", "webhook", "send a test to the webhook that is told of alarms"),
    Command("sql", "sql", "answer a SELECT of your own, read-only and bounded"),
    Command("export", "export", "write runs as OTLP files, JSON lines or Parquet tables"),
    Command("pins", "pins", "say which runs retention must leave alone"),
    Command("delete", "delete", "delete runs everywhere and give back their space"),
    Command("backup", "backup", "write everything stored to one file, while the collector works"),
    Command("restore", "restore", "put a backup in the place of what is stored"),
    Command("doctor", "doctor", "say what is captured, what is missing and where the data is"),
)
