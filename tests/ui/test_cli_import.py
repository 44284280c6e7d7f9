"""`whyspan import`, and what becomes of hostile text on its way to a terminal."""

import gzip
import json
import re
from pathlib import Path

import pytest

from whyspan_ui.cli import main
from whyspan_ui.samples import folder_of_samples

SAMPLES = folder_of_samples()
FAILED = "openai-agents__openinference__hallucinated_tool"


def test_import_takes_every_form_and_lists_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protobuf, gzip and JSON lines are found by content; other files of a folder are listed; repeats change nothing."""
    recorded = (SAMPLES / FAILED / "001.pb").read_bytes()
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "named-like-text.txt").write_bytes(recorded)
    (folder / "again.gz").write_bytes(gzip.compress(recorded))
    (folder / "notes.pb").write_text("not a trace")
    (folder / "two.jsonl").write_text(
        "\n".join([json.dumps(otlp_json("1")), "half a line", json.dumps(otlp_json("2"))])
    )

    status = main(["import", str(folder), "--json", "--data", str(tmp_path / "data")])

    told = json.loads(capsys.readouterr().out)
    assert (status, told["files"], told["requests"]) == (0, 3, 4)
    assert [Path(skipped.split(":")[0]).name for skipped in told["skipped"]] == ["notes.pb"]
    assert told["rejected"] == [f"{folder / 'two.jsonl'}: 1 of 3 lines are not OTLP"]
    main(["runs", "--json", "--data", str(tmp_path / "data")])
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert sorted(run["spans"] for run in runs) == [1, 1, 5]


def test_import_of_an_unreadable_named_file_is_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A named file that is missing or no OTLP makes the status 2; what else was named is imported all the same."""
    (tmp_path / "notes.txt").write_text("not a trace")
    paths = [str(tmp_path / "none.pb"), str(tmp_path / "notes.txt"), str(SAMPLES / FAILED)]

    status = main(["import", *paths, "--json", "--data", str(tmp_path / "data")])

    told = json.loads(capsys.readouterr().out)
    assert status == 2
    assert (len(told["unreadable"]), told["spans"], told["runs"]["failed"]) == (2, 5, 1)


def otlp_json(trace: str) -> dict[str, object]:
    """One OTLP/JSON request with one span."""
    span = {
        "traceId": trace * 32,
        "spanId": trace * 16,
        "name": "step",
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def test_text_from_traces_cannot_control_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences, rich markup and direction overrides in names come out as harmless text in every command."""
    evil = "\x1b]0;owned\x07\x1b[2J\u202e[bold red]gotcha[/]\x9b31m"
    span = {
        **otlp_json("3")["resourceSpans"][0]["scopeSpans"][0]["spans"][0],  # type: ignore[index]
        "name": evil,
        "status": {"code": 2, "message": evil},
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "invoke_agent"}},
            {"key": "gen_ai.agent.name", "value": {"stringValue": evil}},
        ],
    }
    file = tmp_path / "evil.json"
    file.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    data = str(tmp_path / "data")
    assert main(["import", str(file), "--data", data]) == 0
    capsys.readouterr()

    for arguments in (
        ["runs"],
        ["show", "3333"],
        ["why", "3333"],
        ["why", "3333", "--format", "markdown"],
        ["runs", "--json"],
        ["doctor"],
    ):
        main([*arguments, "--data", data])
        printed = "".join(capsys.readouterr())
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", printed), arguments
    main(["why", "3333", "--data", data])
    assert "[bold red]gotcha[/]" in capsys.readouterr().out
