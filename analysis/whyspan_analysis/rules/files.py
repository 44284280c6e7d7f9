"""Rules in YAML and JSON files: read with the line of every mistake, written for people."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from whyspan.rules.cel import RuleError
from whyspan.rules.rule import CompiledRule, Rule, compile_rule, record_of, rule_from
from whyspan_analysis.rules.document import RulesDocument

MAX_BYTES: Final = 2_000_000
"""Size of a file of rules; a thousand of them have some 500 KB."""
_IN_EXPRESSION = re.compile(r"^([ab]): line (\d+), column (\d+): ")


class _Loader(yaml.SafeLoader):
    """YAML 1.2's truth values: `on` is a word here, as the field of a scope that is called so."""


class _Dumper(yaml.SafeDumper):
    """The same for writing."""


for _class in (_Loader, _Dumper):
    _class.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in _class.yaml_implicit_resolvers.items()
    }
    _class.add_implicit_resolver(
        "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
    )


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with a file."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.message}"


class WrongRules(Exception):
    """A file that holds no rules: all that is wrong with it."""

    def __init__(self, path: Path, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(f"{path}:{mistake}" for mistake in mistakes))
        self.mistakes = mistakes


def read_rules(path: Path) -> list[CompiledRule]:
    """The rules of a file, ready to be evaluated.

    Raises:
        WrongRules: the file cannot be read, or something in it is wrong; every mistake with its line and column.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongRules(path, [Mistake(1, 1, f"the file cannot be read: {error}")]) from error
    if len(text) > MAX_BYTES:
        raise WrongRules(path, [Mistake(1, 1, f"the file is larger than {MAX_BYTES} bytes")])
    try:
        tree = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise WrongRules(path, [_of_yaml(error)]) from error
    return _checked(path, tree, data)


def _checked(path: Path, tree: yaml.Node | None, data: Any) -> list[CompiledRule]:
    single = isinstance(data, dict) and "rules" not in data and "id" in data
    document = {"rules": [data]} if single else data
    prefix = ("rules", 0) if single else ()
    try:
        RulesDocument.model_validate(document)
    except ValidationError as error:
        found = [_of_pydantic(tree, problem, len(prefix)) for problem in error.errors()]
        raise WrongRules(path, found) from error
    compiled: list[CompiledRule] = []
    mistakes: list[Mistake] = []
    for number, record in enumerate(document["rules"]):
        place: tuple[str | int, ...] = () if single else ("rules", number)
        try:
            compiled.append(compile_rule(rule_from(record)))
        except RuleError as error:
            mistakes.append(_of_rule(tree, place, str(error)))
        if any(other.rule.id == record["id"] for other in compiled[:-1]):
            mistakes.append(_mistake(tree, (*place, "id"), f"id: there is another rule {record['id']!r}"))
    if mistakes:
        raise WrongRules(path, mistakes)
    return compiled


def _of_yaml(error: Exception) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Mistake(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, f"not YAML: {problem}")


def _of_pydantic(tree: yaml.Node | None, problem: Mapping[str, Any], skipped: int) -> Mistake:
    place = tuple(problem["loc"])[skipped:]
    field = ".".join(str(step) for step in place if not isinstance(step, int)) or "the file"
    return _mistake(tree, place, f"{field}: {problem['msg']}")


def _of_rule(tree: yaml.Node | None, place: tuple[str | int, ...], message: str) -> Mistake:
    """A mistake inside an expression is placed where it stands in the file, when the expression is on one line."""
    match = _IN_EXPRESSION.match(message)
    if match is None:
        return _mistake(tree, (*place, message.split(":", maxsplit=1)[0].split(".", maxsplit=1)[0]), message)
    node = _node(tree, (*place, match[1]))
    if (
        isinstance(node, yaml.ScalarNode)
        and node.style in (None, "'", '"')
        and node.start_mark.line == node.end_mark.line
    ):
        column = node.start_mark.column + int(match[3]) + (node.style is not None)
        return Mistake(node.start_mark.line + 1, column, message)
    if isinstance(node, yaml.ScalarNode) and node.style == "|":
        return Mistake(node.start_mark.line + 1 + int(match[2]), int(match[3]), message)
    return _mistake(tree, (*place, match[1]), message)


def _mistake(tree: yaml.Node | None, place: Iterable[str | int], message: str) -> Mistake:
    node = _node(tree, place)
    mark = node.start_mark if node is not None else None
    return Mistake(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, message)


def _node(tree: yaml.Node | None, place: Iterable[str | int]) -> yaml.Node | None:
    """The node at a place, or the nearest one above it."""
    node = tree
    for step in place:
        inner: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            inner = next((value for key, value in node.value if getattr(key, "value", None) == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            inner = node.value[step]
        if inner is None:
            return node
        node = inner
    return node


def to_yaml(rules: Iterable[Rule]) -> str:
    """A file of rules, for people."""
    document = {"schema": "whyspan.rules/1", "rules": [_plain(record_of(rule)) for rule in rules]}
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def to_json(rules: Iterable[Rule]) -> str:
    """The same file as the SDK reads it."""
    document = {"schema": "whyspan.rules/1", "rules": [record_of(rule) for rule in rules]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))
