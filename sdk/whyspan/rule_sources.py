"""Where a guard gets its rules: a file, the collector, or the program itself."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from urllib.request import ProxyHandler, Request, build_opener

from whyspan.faults import warn_once
from whyspan.rules.cel import RuleError
from whyspan.rules.rule import CompiledRule, Rule, RuleStatus, compile_rule, rule_from
from whyspan.runtime import quietly

Source: TypeAlias = str | os.PathLike[str] | Iterable[Rule | Mapping[str, Any]]

_SECONDS = 2.0
"""How long the collector may take; a program must not wait longer for it to start."""
_MAX_BYTES = 5_000_000


def load_rules(source: Source, copy: str | os.PathLike[str] | None = None) -> list[CompiledRule]:
    """The rules in force, active and shadow ones; candidates are left out, except those the program passes itself.

    Args:
        source: a JSON file (`whyspan rules export -o rules.json`), the URL of a collector, or rules.
        copy: with a URL, a file that keeps what the collector last said, and is read when it does not answer.

    Raises:
        RuleError: a rule means nothing; which one, and what is wrong with it.
        OSError: the file cannot be read.
    """
    if isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        text = (
            _asked(name, copy) if name.startswith(("http://", "https://")) else Path(name).read_text(encoding="utf-8")
        )
        found = _rules(text, name)
        return [compile_rule(rule) for rule in found if rule.status is not RuleStatus.CANDIDATE]
    return [compile_rule(each if isinstance(each, Rule) else rule_from(each)) for each in source]


def _rules(text: str, name: str) -> list[Rule]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise RuleError(f"{name}: not JSON ({error}); `whyspan rules export -o rules.json` writes it") from error
    records = document.get("rules") if isinstance(document, dict) else document
    if not isinstance(records, list):
        raise RuleError(f"{name}: a list under `rules` is missing")
    return [rule_from(record) for record in records]


def _asked(url: str, copy: str | os.PathLike[str] | None) -> str:
    headers = {"Authorization": f"Bearer {token}"} if (token := os.environ.get("WHYSPAN_READ_TOKEN")) else {}
    request = Request(f"{url.rstrip('/')}/api/rules", headers=headers)  # noqa: S310 - the scheme was checked
    try:
        with quietly(), build_opener(ProxyHandler({})).open(request, timeout=_SECONDS) as response:
            text: str = response.read(_MAX_BYTES).decode("utf-8")
    except (OSError, ValueError) as error:
        if copy is not None and Path(copy).is_file():
            warn_once(
                f"the collector at {url} cannot be asked for rules ({error}); those of {os.fspath(copy)} are used"
            )
            return Path(copy).read_text(encoding="utf-8")
        warn_once(f"the collector at {url} cannot be asked for rules ({error}); nothing is guarded")
        return '{"rules": []}'
    if copy is not None:
        draft = Path(f"{os.fspath(copy)}.tmp")
        draft.write_text(text, encoding="utf-8")
        draft.replace(copy)
    return text
