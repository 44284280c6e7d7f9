"""Which record a step is about: the ids in its words and its arguments.

A longer id is known by its form. What a short one is follows from where it stands: `7` is an id as `order_id`, not as `nights`.
"""

import re
from collections.abc import Iterator
from typing import Any

from whyspan_analysis.values import Leaf, Value, is_small, leaves, of_scalar, of_text

_IDENTIFIES = re.compile(
    r"(?:^|[_-])(?i:ids?|no|number|ref|reference|code|key)$|(?<=[a-z0-9])(?:I[dD]s?|No|Number|Ref|Reference|Code|Key)$"
)
"""`order_id`, `orderId`, `order_ids`, `orderNumber`; not `paid`."""


def identifies(key: str) -> bool:
    """True for names of fields and arguments that say which record is meant."""
    return _IDENTIFIES.search(key) is not None


def telling(leaf: Leaf) -> list[Value]:
    """The values of a scalar that carry evidence of where they came from.

    Of the small ones only an id that is the whole scalar: `o-7`, and `o7` or `7` under a key that identifies.
    """
    found = of_scalar(leaf.value)
    if len(found) == 1 and found[0].raw == str(leaf.value).strip().lstrip("#"):
        marked = found[0].kind == "id" and not is_word(found[0])
        if marked or identifies(leaf.key):
            return list(found)
    return [value for value in found if not is_small(value)]


def is_word(value: Value) -> bool:
    """True for short words of letters and digits, which name records in one place and quarters or sizes in another: `o7`, `Q3`."""
    return value.kind == "id" and is_small(value) and value.raw.isalnum()


def ids_in(text: str) -> Iterator[Value]:
    """The ids in a text, in order; a word such as `Q3` too, which is none unless an argument of their sort is one."""
    return (value for value in of_text(text) if value.kind == "id")


def subjects(arguments: Any) -> Iterator[tuple[str, Value]]:
    """The ids a call is about, with their paths below `arguments`: arguments that are one id and nothing else."""
    for leaf in leaves(arguments, ""):
        found = telling(leaf)
        if len(found) == 1 and found[0].kind == "id" and found[0].raw == str(leaf.value).lstrip("#"):
            yield leaf.path, found[0]
