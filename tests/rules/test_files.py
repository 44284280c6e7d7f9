"""Files of rules: read back as written, and every mistake with its place."""

import re
from pathlib import Path

import pytest

from whyspan.rules.rule import GuardAction, Rule, Scope, record_of, rule_from
from whyspan.rules.templates import Window
from whyspan_analysis.rules.document import schema
from whyspan_analysis.rules.files import WrongRules, read_rules, to_json, to_yaml

DOCS = Path(__file__).parents[2] / "docs/rules.md"
SCHEMA = Path(__file__).parents[2] / "docs/schemas/rule.schema.json"
RULE = Rule(
    "ask-before-paying",
    "precedence",
    'e.name == "ask_customer" && e.ok',
    'e.effect == "irreversible" && double(e.args.amount) > 50.0',
    same=("args.order",),
    within=Window(steps=6),
    scope=Scope("support*", "*", ("call", "result")),
    message="Ask the customer first.",
    guard=GuardAction.ASK,
    closed=True,
    severity=5,
)


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_a_rule_is_read_back_as_it_was_written(tmp_path: Path, suffix: str) -> None:
    """YAML for people and JSON for the SDK hold the same rule."""
    path = tmp_path / f"rules.{suffix}"
    path.write_text(to_yaml([RULE]) if suffix == "yaml" else to_json([RULE]))

    (read,) = read_rules(path)

    assert read.rule == RULE
    assert rule_from(record_of(RULE)) == RULE


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("rules: [", ["1:9: not YAML: expected the node content, but found '<stream end>'"]),
        (
            "id: a-rule\nkind: absence\na: e.nme == 'x'\n",
            ["3:6: a: line 1, column 3: e has no field 'nme'; did you mean 'name'?"],
        ),
        (
            "id: a-rule\nkind: absence\na: |\n  e.kind == 'call'\n  && e.stp > 1\n",
            ["5:6: a: line 2, column 6: e has no field 'stp'; there are"],
        ),
        (
            "id: a-rule\nkind: absence\na: 'true'\nb: 'true'\n",
            ["4:4: b: absence relates one predicate, a; leave b out"],
        ),
        ("id: a-rule\nkind: response\na: 'true'\n", ["1:1: b: response relates two predicates; b is missing"]),
        ("id: a-rule\nkind: absence\na: e.name\n", ["3:4: a: the expression gives string, not true or false"]),
        (
            "id: A\nkind: absence\na: 'true'\nsome: 1\n",
            ["1:5: id: String should match pattern", "4:7: some: Extra inputs"],
        ),
        ("- 1\n", ["1:1: the file: Input should be"]),
        (
            "rules:\n- {id: a-rule, kind: absence, a: 'true'}\n- {id: a-rule, kind: absence, a: 'true'}\n",
            ["3:8: id: there is another rule 'a-rule'"],
        ),
        ("a: !!python/object/apply:os.system [id]\n", ["1:4: not YAML: could not determine a constructor"]),
    ],
)
def test_every_mistake_has_its_place(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    """A file that is wrong is refused with line, column and reason; nothing in it is ever run."""
    path = tmp_path / "rules.yaml"
    path.write_text(text)

    with pytest.raises(WrongRules) as refused:
        read_rules(path)

    found = [str(mistake) for mistake in refused.value.mistakes]
    assert len(found) == len(mistakes), found
    assert all(one.startswith(other) for one, other in zip(found, mistakes, strict=True)), found


@pytest.mark.parametrize(
    "block", re.findall(r"```yaml\n((?:id|rules):.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
)
def test_the_rules_in_the_docs_are_rules(tmp_path: Path, block: str) -> None:
    """What docs/rules.md shows can be copied into a file."""
    path = tmp_path / "rules.yaml"
    path.write_text(block)

    assert read_rules(path)


def test_the_schema_in_the_docs_is_that_of_the_model() -> None:
    """Editors complete and check with what the reader checks with."""
    assert SCHEMA.read_text(encoding="utf-8") == schema()
