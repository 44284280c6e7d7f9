"""The commands, their help and the README say the same."""

import re
from pathlib import Path

import pytest

from whyspan_ui.cli import main
from whyspan_ui.commands import COMMANDS

README = Path(__file__).parents[2] / "README.md"


def test_readme_table_lists_exactly_the_commands() -> None:
    """Every command is in README's table, in the order of `--help`, and the table promises no other."""
    section = README.read_text(encoding="utf-8").split("## Commands", 1)[1].split("\n## ", 1)[0]

    listed = re.findall(r"^\| `whyspan ([a-z]+)", section, flags=re.MULTILINE)

    assert listed == [command.name for command in COMMANDS]


def test_readme_names_no_command_that_does_not_exist() -> None:
    """Wherever README shows `whyspan something` in code, the command exists."""
    shown = set(re.findall(r"(?:`|^\s*\$?\s*)whyspan ([a-z]+)", README.read_text(encoding="utf-8"), flags=re.MULTILINE))

    assert shown <= {command.name for command in COMMANDS}


def test_help_lists_every_command_with_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    """`whyspan --help` names every command and says what it does."""
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])

    printed = capsys.readouterr().out
    assert stopped.value.code == 0
    for command in COMMANDS:
        assert re.search(rf"^    {command.name} +\S", printed, flags=re.MULTILINE), command.name


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_help_of_a_command_teaches(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A command's help shows an example of its use and where the data is."""
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])

    printed = capsys.readouterr().out
    assert stopped.value.code == 0
    assert f"  whyspan {name}" in printed.split("examples:", 1)[1]
    assert "--data DIR" in printed
