"""Lists that were flattened into attribute keys: `llm.input_messages.3.message.role` and the like.

Keys may be missing (attribute limits drop the oldest), come in any order, sort as text (10 before 2) and contradict
each other (`a` and `a.b` both set). What is there is kept.
"""

from collections.abc import Mapping
from typing import Any

_MAX_DEPTH = 16
_ITSELF = ""


def unflatten(attributes: Mapping[str, Any], prefix: str) -> list[Any]:
    """The list under `prefix`, elements in numeric order, gaps closed; empty when there is none.

    A value whose key is also the prefix of other keys is found under the empty name beside them.
    """
    start = prefix + "."
    tree: dict[str, Any] = {}
    for key, value in attributes.items():
        if key.startswith(start):
            _place(tree, key[len(start) :].split(".", _MAX_DEPTH), value)
    return [element for _, element in _numbered(_listed(tree))]


def _place(tree: dict[str, Any], path: list[str], value: Any) -> None:
    """Put a value at its path, moving a plain value aside when it stands in the way."""
    for name in path[:-1]:
        branch = tree.get(name)
        if not isinstance(branch, dict):
            branch = {} if branch is None else {_ITSELF: branch}
            tree[name] = branch
        tree = branch
    last = path[-1]
    if isinstance(tree.get(last), dict):
        tree[last][_ITSELF] = value
    else:
        tree[last] = value


def _listed(tree: dict[str, Any]) -> dict[str, Any]:
    """Turn every branch whose names are all numbers into a list."""
    for name, branch in tree.items():
        if isinstance(branch, dict):
            below = _listed(branch)
            tree[name] = [element for _, element in _numbered(below)] if all(map(_is_index, below)) else below
    return tree


def _numbered(tree: dict[str, Any]) -> list[tuple[int, Any]]:
    return sorted(((int(name), branch) for name, branch in tree.items() if _is_index(name)), key=lambda pair: pair[0])


def _is_index(name: str) -> bool:
    return len(name) <= 9 and name.isascii() and name.isdigit()
