"""The command line: finds the command, says which extra is missing, turns errors into exit statuses.

Exit status 0: done. 2: wrong use, the message says what to do. 3: a failure of Whyspan itself, with its traceback.
"""

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import metadata
from types import ModuleType

from whyspan_ui.commands import COMMANDS, Command
from whyspan_ui.errors import UsageError
from whyspan_ui.printable import printable

INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended; `up` and `demo` run until then and end with 0."""
EXTRA_OF = {
    "duckdb": "collector",
    "google": "collector",
    "httpx": "collector",
    "jinja2": "analysis",
    "mcp": "mcp",
    "plotly": "analysis",
    "polars": "analysis",
    "pyarrow": "collector",
    "pydantic": "collector",
    "rich": "ui",
    "starlette": "collector",
    "streamlit": "ui",
    "uvicorn": "collector",
    "yaml": "analysis",
}
"""Import name of a package the base install leaves out -> the extra that brings it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status. `arguments` defaults to those of the process."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        return run(arguments)
    except UsageError as error:
        complain(str(error))
        return 2
    except BrokenPipeError:
        # The reader went away (`whyspan runs | head`): nobody is left to tell, and Python must not try again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        complain("stopped before it was done")
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - the last line of defence: whatever it is gets its own exit status
        complain(traceback.format_exc() + "this is a failure of Whyspan itself; please report the lines above")
        return 3


def run(arguments: Sequence[str]) -> int:
    """Parses the arguments and runs the command they name. Raises SystemExit like argparse, and UsageError."""
    named = next((command for command in COMMANDS if arguments and command.name == arguments[0]), None)
    module = load(named) if named else None
    options = parser(named, module).parse_args(arguments)
    if module is None:
        raise UsageError("no command given; `whyspan --help` lists them")
    return int(module.run(options))


def load(command: Command) -> ModuleType:
    """Imports a command's module. Raises UsageError naming the extra when a package it needs is not installed."""
    try:
        return importlib.import_module(f"whyspan_ui.commands.{command.module}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        extra = EXTRA_OF.get(missing)
        if extra is None:
            raise
        raise UsageError(
            f"`whyspan {command.name}` needs the package {missing}, which comes with the extra {extra!r}.\n"
            "Install everything with: pip install 'whyspan[all]'"
        ) from error


def complain(message: str) -> None:
    """Writes a message to standard error; it may quote file names and traces."""
    sys.stderr.write(printable(f"whyspan: {message}\n"))


def parser(named: Command | None, module: ModuleType | None) -> argparse.ArgumentParser:
    """The parser with all commands listed and the named one filled in."""
    root = argparse.ArgumentParser(
        prog="whyspan",
        description="Whyspan observes AI agents through OpenTelemetry and explains their failures, with the evidence.",
        epilog="Start with `whyspan demo`. `whyspan COMMAND --help` shows what a command takes, with examples.",
    )
    root.add_argument("-V", "--version", action="version", version=f"whyspan {metadata.version('whyspan')}")
    subparsers = root.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for command in COMMANDS:
        subparser = subparsers.add_parser(
            command.name,
            help=command.summary,
            description=command.summary[0].upper() + command.summary[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if module is not None and command is named:
            subparser.epilog = "examples:\n" + "\n".join(f"  {line}" for line in module.EXAMPLES)
            module.add_arguments(subparser)
    return root


if __name__ == "__main__":
    sys.exit(main())
