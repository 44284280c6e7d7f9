"""The pytest file of a regression test: short, for people to read and to change.

Nothing of a trace becomes code. The sentence in the docstring has neither quotes, backslashes nor control characters left.
"""

import keyword
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from whyspan_analysis.regression.document import TapeDocument

_WIDTH: Final = 88
"""Columns, ruff's own default."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_HARMLESS: Final = str.maketrans({'"': "'", "\\": "/"})


@dataclass(frozen=True, slots=True)
class AgentName:
    """Where an agent's function is: `module:function`."""

    module: str
    function: str

    @property
    def ours(self) -> bool:
        """True for a module of the project in the current folder, which import sorters put after those that are installed."""
        top = self.module.partition(".")[0]
        return any((root / top).is_dir() or (root / f"{top}.py").is_file() for root in (Path(), Path("src")))


def agent_name(text: str) -> AgentName:
    """Reads `module:function`. Raises ValueError."""
    module, _, function = text.partition(":")
    names = [*module.split("."), function]
    if not _NAME.fullmatch(module) or not function.isidentifier() or any(map(keyword.iskeyword, names)):
        raise ValueError(f"{text!r} is not module:function, such as shop.agents:support")
    return AgentName(module, function)


def stem(tape: TapeDocument) -> str:
    """The file's name without its ending, and the test's: from the rule and the run, letters, digits and `_` only."""
    run = re.sub(r"[^a-z0-9]+", "_", tape.run_id.casefold())[:12].strip("_")
    return f"test_{tape.rule.id.replace('-', '_')}_in_{run or 'run'}"


def source(tape: TapeDocument, agent: AgentName | None, *, reads: bool) -> str:
    """The text of the test."""
    docstring = "\n\n".join(
        [
            _wrapped(f"{tape.rule.id}: what went wrong in run {tape.run_id} does not happen again."),
            _wrapped(f"The diagnosis: {tape.diagnosis}"),
            _wrapped(f"The rule: {tape.rule.message or 'see the tape'}"),
            _wrapped(
                "Written by `whyspan test export`. Models and tools answer from the tape, the JSON file beside this one."
            ),
        ]
    )
    function = agent.function if agent is not None else "agent"
    return _FILE.format(
        docstring=docstring,
        imports=_imports(agent),
        to_fill_in="" if agent is not None else _TO_FILL_IN,
        name=stem(tape),
        said=_wrapped(f"The agent no longer breaks the rule {tape.rule.id}.", 4),
        reads=", reads=True" if reads else "",
        function=function,
    )


def _imports(agent: AgentName | None) -> str:
    if agent is None:
        return _REPLAY
    line = f"from {agent.module} import {agent.function}"
    return f"{_REPLAY}\n\n{line}" if agent.ours else "\n".join(sorted((_REPLAY, line)))


def _wrapped(text: str, indent: int = 0) -> str:
    """A text as it may stand in a docstring, with the last line free to take the closing quotes."""
    plain = "".join(c if c.isprintable() else " " for c in text.translate(_HARMLESS))
    encodable = plain.encode("utf-8", "replace").decode("utf-8")
    return textwrap.fill(" ".join(encodable.split()), _WIDTH - 8 - indent)


_REPLAY: Final = "from whyspan.testing import replay"
_TO_FILL_IN: Final = '''

def agent(given: object) -> object:
    """Call your agent here, with what it was given in the recorded run."""
    raise NotImplementedError("say in this file how your agent is called")
'''
_FILE: Final = '''"""{docstring}
"""

from pathlib import Path

{imports}

TAPE = Path(__file__).with_suffix(".json")
{to_fill_in}

def {name}() -> None:
    """{said}"""
    with replay(TAPE{reads}) as run:
        run.start({function})

    assert run.kept, str(run)
'''
