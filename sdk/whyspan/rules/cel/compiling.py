"""From the tree of an expression to a closure, with its types checked as far as they are known before a trace is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, TypeAlias

from whyspan.rules.cel import syntax
from whyspan.rules.cel.builtins import FUNCTIONS, METHODS, matcher
from whyspan.rules.cel.checking import check_binary, close_to, expect
from whyspan.rules.cel.errors import NoAnswer, RuleError
from whyspan.rules.cel.parsing import parse
from whyspan.rules.cel.patterns import Pattern
from whyspan.rules.cel.types import Function, Record, Type, named, type_of
from whyspan.rules.cel.values import OPERATORS, negated

Environment: TypeAlias = dict[str, Any]
Evaluate: TypeAlias = Callable[[Environment], Any]
Typed: TypeAlias = tuple[Evaluate, Type]

MAX_TREE: Final = 60
"""Depth of a tree: a closure calls one Python frame for each level of it."""
_QUANTIFIERS: Final = ("exists", "all")


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression."""

    source: str
    evaluate: Evaluate
    """Called with the variables by name. Raises NoAnswer."""
    type: Type
    """Its type, `any` where that depends on the trace."""
    uses: frozenset[str]
    """The functions over the run that it calls."""


def compile_expression(source: str, variables: Mapping[str, Type], functions: Mapping[str, Function]) -> Expression:
    """Reads an expression over these variables and functions.

    Raises:
        RuleError: it means nothing, with line and column.
    """
    compiler = _Compiler(functions)
    evaluate, type_ = compiler.compile(parse(source), dict(variables), 0)
    return Expression(source, evaluate, type_, frozenset(compiler.used))


class _Compiler:
    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions
        self.used: set[str] = set()

    def compile(self, node: syntax.Node, scope: dict[str, Type], depth: int) -> Typed:
        if depth > MAX_TREE:
            raise _error(node, f"the expression is deeper than {MAX_TREE} levels; split the rule")
        compiled: Typed = getattr(self, "_" + type(node).__name__.lower())(node, scope, depth + 1)
        return compiled

    def _literal(self, node: syntax.Literal, _scope: dict[str, Type], _depth: int) -> Typed:
        value = node.value
        return (lambda _: value), type_of(value)

    def _name(self, node: syntax.Name, scope: dict[str, Type], _depth: int) -> Typed:
        name = node.name
        if name not in scope:
            raise _error(node, f"{name!r} is not known{close_to(name, scope)}")
        return (lambda env: env[name]), scope[name]

    def _select(self, node: syntax.Select, scope: dict[str, Type], depth: int) -> Typed:
        operand, type_ = self.compile(node.operand, scope, depth)
        field = node.field
        if isinstance(type_, Record):
            if field not in type_.fields:
                raise _error(node, f"{type_.name} has no field {field!r}{close_to(field, type_.fields)}")
            get = attrgetter(field)
            return (lambda env: get(operand(env))), type_.fields[field]
        expect(node, type_, "map", f"a field of {named(type_)}")
        return _looked_up(operand, lambda _: field), "any"

    def _index(self, node: syntax.Index, scope: dict[str, Type], depth: int) -> Typed:
        operand, type_ = self.compile(node.operand, scope, depth)
        index, _ = self.compile(node.index, scope, depth)
        if type_ not in ("any", "map", "list"):
            raise _error(node, f"[...] of {named(type_)}: only lists and maps hold something")
        return _looked_up(operand, index), "any"

    def _unary(self, node: syntax.Unary, scope: dict[str, Type], depth: int) -> Typed:
        operand, type_ = self.compile(node.operand, scope, depth)
        if node.operator == "-":
            if type_ not in ("any", "int", "double"):
                raise _error(node, f"-{named(type_)} has no meaning")
            return (lambda env: negated(operand(env))), type_
        expect(node, type_, "bool", f"!{named(type_)}")
        return (lambda env: not _truth(operand(env))), "bool"

    def _binary(self, node: syntax.Binary, scope: dict[str, Type], depth: int) -> Typed:
        left, one = self.compile(node.left, scope, depth)
        right, other = self.compile(node.right, scope, depth)
        result = check_binary(node, one, other)
        if node.operator in ("&&", "||"):
            return _decided(left, right, settles=node.operator == "||"), "bool"
        operate = OPERATORS[node.operator]
        return (lambda env: operate(left(env), right(env))), result

    def _conditional(self, node: syntax.Conditional, scope: dict[str, Type], depth: int) -> Typed:
        condition, type_ = self.compile(node.condition, scope, depth)
        expect(node, type_, "bool", f"a condition of type {named(type_)}")
        yes, one = self.compile(node.yes, scope, depth)
        no, other = self.compile(node.no, scope, depth)
        return (lambda env: yes(env) if _truth(condition(env)) else no(env)), one if one == other else "any"

    def _listof(self, node: syntax.ListOf, scope: dict[str, Type], depth: int) -> Typed:
        items = [self.compile(item, scope, depth)[0] for item in node.items]
        return (lambda env: [item(env) for item in items]), "list"

    def _mapof(self, node: syntax.MapOf, scope: dict[str, Type], depth: int) -> Typed:
        entries = []
        for key, value in node.entries:
            compiled, type_ = self.compile(key, scope, depth)
            if type_ != "string":
                raise _error(key, f"a key of type {named(type_)}; maps have texts as keys, as JSON has")
            entries.append((compiled, self.compile(value, scope, depth)[0]))
        return (lambda env: {key(env): value(env) for key, value in entries}), "map"

    # --- calls ------------------------------------------------------------------------------------------------

    def _call(self, node: syntax.Call, scope: dict[str, Type], depth: int) -> Typed:
        if node.target is None:
            return self._function(node, scope, depth)
        if node.function in _QUANTIFIERS:
            return self._quantifier(node, node.target, scope, depth)
        if node.function == "matches":
            return self._matches(node, node.target, scope, depth)
        target, type_ = self.compile(node.target, scope, depth)
        if node.function == "size":
            _arity(node, 0)
            return self._sized(node, target, type_)
        if node.function not in METHODS:
            raise _error(
                node,
                f"there is no method {node.function!r}{close_to(node.function, [*METHODS, 'matches', 'size', *_QUANTIFIERS])}",
            )
        _arity(node, 1)
        wanted, result, call = METHODS[node.function]
        argument, of_argument = self.compile(node.arguments[0], scope, depth)
        for found in (type_, of_argument):
            expect(node, found, wanted, f"{named(type_)}.{node.function}({named(of_argument)})")
        return (lambda env: call(target(env), argument(env))), result

    def _function(self, node: syntax.Call, scope: dict[str, Type], depth: int) -> Typed:
        name = node.function
        if name == "has":
            return self._has(node, scope, depth)
        if name not in FUNCTIONS and name not in self._functions:
            raise _error(node, f"there is no function {name!r}{close_to(name, ['has', *FUNCTIONS, *self._functions])}")
        compiled = [self.compile(argument, scope, depth) for argument in node.arguments]
        if name in FUNCTIONS:
            _arity(node, 1)
            if name == "size":
                return self._sized(node, *compiled[0])
            result, convert = FUNCTIONS[name]
            argument = compiled[0][0]
            return (lambda env: convert(argument(env))), result
        function = self._functions[name]
        _arity(node, len(function.parameters), function.optional)
        for (_, found), wanted in zip(compiled, function.parameters, strict=False):
            expect(node, found, wanted, f"{name}({named(found)})")
        self.used.add(name)
        call, evaluates = function.call, [argument for argument, _ in compiled]
        if not evaluates:
            return call, function.result
        return (lambda env: call(env, *[evaluate(env) for evaluate in evaluates])), function.result

    def _sized(self, node: syntax.Call, target: Evaluate, type_: Type) -> Typed:
        if type_ not in ("any", "string", "list", "map"):
            raise _error(node, f"size of {named(type_)} has no meaning")
        result, convert = FUNCTIONS["size"]
        return (lambda env: convert(target(env))), result

    def _has(self, node: syntax.Call, scope: dict[str, Type], depth: int) -> Typed:
        _arity(node, 1)
        selected = node.arguments[0]
        if not isinstance(selected, syntax.Select):
            raise _error(node, "has() takes a field, such as has(e.args.amount)")
        operand, type_ = self.compile(selected.operand, scope, depth)
        field = selected.field
        if isinstance(type_, Record):
            value, _ = self.compile(selected, scope, depth)
            return (lambda env: value(env) is not None), "bool"
        expect(node, type_, "map", f"has() of a field of {named(type_)}")

        def present(env: Environment) -> bool:
            held = operand(env)
            if isinstance(held, dict):
                return field in held
            raise NoAnswer(f"has(): {type_of(held)} has no fields")

        return present, "bool"

    def _matches(self, node: syntax.Call, target: syntax.Node, scope: dict[str, Type], depth: int) -> Typed:
        _arity(node, 1)
        text, type_ = self.compile(target, scope, depth)
        expect(node, type_, "string", f"{named(type_)}.matches(string)")
        pattern = node.arguments[0]
        if not isinstance(pattern, syntax.Literal) or not isinstance(pattern.value, str):
            raise _error(node, "matches() takes a pattern written out as a text")
        try:
            match = matcher(Pattern(pattern.value))
        except RuleError as error:
            raise _error(pattern, error.message) from error
        return (lambda env: match(text(env))), "bool"

    def _quantifier(self, node: syntax.Call, target: syntax.Node, scope: dict[str, Type], depth: int) -> Typed:
        _arity(node, 2)
        items, type_ = self.compile(target, scope, depth)
        if type_ not in ("any", "list", "map"):
            raise _error(node, f"{node.function}() of {named(type_)}: only lists and maps hold something")
        variable, condition = node.arguments
        if not isinstance(variable, syntax.Name):
            raise _error(variable, f"{node.function}() takes a name for each item, then a condition")
        if variable.name in scope:
            raise _error(variable, f"{variable.name!r} is taken; call the item something else")
        holds, of_condition = self.compile(condition, {**scope, variable.name: "any"}, depth)
        expect(condition, of_condition, "bool", f"a condition of type {named(of_condition)}")
        return _quantified(items, variable.name, holds, settles=node.function == "exists"), "bool"


def _error(node: syntax.Node, message: str) -> RuleError:
    return RuleError(message, node.line, node.column)


def _arity(node: syntax.Call, wanted: int, optional: int = 0) -> None:
    given = len(node.arguments)
    if not wanted - optional <= given <= wanted:
        takes = str(wanted) if not optional else f"{wanted - optional} to {wanted}"
        raise _error(node, f"{node.function}() takes {takes} argument{'' if takes == '1' else 's'}, not {given}")


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise NoAnswer(f"{type_of(value)} is neither true nor false")


def _looked_up(operand: Evaluate, index: Evaluate) -> Evaluate:
    def look_up(env: Environment) -> Any:
        held, key = operand(env), index(env)
        if isinstance(held, dict):
            if isinstance(key, str) and key in held:
                return held[key]
            raise NoAnswer(f"there is no {key!r}")
        if isinstance(held, list | tuple) and isinstance(key, int) and not isinstance(key, bool):
            if 0 <= key < len(held):
                return held[key]
            raise NoAnswer(f"there is no item {key} among {len(held)}")
        raise NoAnswer(f"{type_of(held)}[{type_of(key)}] has no meaning")

    return look_up


def _decided(left: Evaluate, right: Evaluate, *, settles: bool) -> Evaluate:
    """`||` (settled by true) and `&&` (settled by false): a side without an answer does not matter when the other settles it."""

    def decide(env: Environment) -> bool:
        try:
            if _truth(left(env)) is settles:
                return settles
        except NoAnswer:
            if _truth(right(env)) is not settles:
                raise
            return settles
        return _truth(right(env))

    return decide


def _quantified(items: Evaluate, name: str, holds: Evaluate, *, settles: bool) -> Evaluate:
    """`exists` and `all` over the items of a list or the keys of a map, as a chain of `||` or `&&`."""

    def quantify(env: Environment) -> bool:
        held = items(env)
        if not isinstance(held, list | tuple | dict):
            raise NoAnswer(f"{type_of(held)} holds nothing")
        unanswered: NoAnswer | None = None
        try:
            for item in held:
                env[name] = item
                try:
                    if _truth(holds(env)) is settles:
                        return settles
                except NoAnswer as error:
                    unanswered = error
        finally:
            env.pop(name, None)
        if unanswered is not None:
            raise unanswered
        return not settles

    return quantify
