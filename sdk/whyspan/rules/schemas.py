"""Whether arguments fit the JSON Schema a tool was offered with: required, known, of the right type, from the list."""

from typing import Any, Final

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def misfit(arguments: Any, schema: Any, *, closed: bool = False) -> tuple[str, str | None] | None:
    """(what is wrong in words, the argument it is about or None for the whole), or None where nothing is known to be wrong.

    With `closed` an argument the schema does not list is wrong, unless the schema allows more in so many words: JSON Schema lets
    it pass, and the function behind the tool does not.
    """
    if isinstance(arguments, str) and arguments.lstrip().startswith("{"):
        return "arguments that are not complete JSON", None
    if not isinstance(schema, dict) or not isinstance(arguments, dict):
        return None
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if name not in arguments:
            return f"the required argument `{name}` missing", None
    for name, value in arguments.items():
        if name not in known:
            if schema.get("additionalProperties", not (closed and known)) is False:
                return f"the argument `{name}`, which it does not have", name
        elif (fault := _mismatch(name, value, known[name])) is not None:
            return fault, name
    return None


def _mismatch(name: str, value: Any, schema: Any) -> str | None:
    if not isinstance(schema, dict):
        return None
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        return f"`{name}` = {value!r}, which is not one of {', '.join(map(repr, allowed))}"
    wanted = _TYPES.get(str(schema.get("type")))
    if wanted is not None and (not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)):
        return f"`{name}` = {value!r} where its schema asks for {schema['type']}"
    return None
