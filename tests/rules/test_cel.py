"""The CEL subset, against a full implementation and by its error messages."""

import math
from typing import Any

import cel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyspan.rules.cel import Function, NoAnswer, Record, RuleError, compile_expression
from whyspan.rules.events import On

DATA: dict[str, Any] = {
    "i": 7,
    "n": -3,
    "zero": 0,
    "d": 2.5,
    "s": "order o-17",
    "empty": "",
    "yes": True,
    "none": None,
    "l": [1, 2.0, "a", True, None],
    "m": {"a": 1, "b": {"c": "deep"}, "l": [1, 2]},
}
EVENT = Record("e", {"kind": "string", "args": "any", "step": "int"})


def ours(source: str, data: dict[str, Any] = DATA) -> Any:
    """The value our subset gives an expression; a class where it gives none."""
    try:
        return compile_expression(source, dict.fromkeys(data, "any"), {}).evaluate(dict(data))
    except (NoAnswer, RuleError) as error:
        return type(error)


def oracle(source: str) -> Any:
    """The value a full implementation gives it; NoAnswer where it gives none."""
    try:
        return cel.evaluate(source, DATA)
    except Exception:  # noqa: BLE001 - a compile error, an evaluation error, an overflow: it has no value
        return NoAnswer


literals = st.one_of(
    st.integers(-20, 20).map(lambda n: str(n) if n >= 0 else f"({n})"),
    st.sampled_from(["0.5", "2.5", "1e3", "9223372036854775807", "0x1F"]),
    st.sampled_from(['"a"', "'o-17'", '"\\n\\u0041"', 'r"\\d"', '""']),
    st.sampled_from(["true", "false", "null", "[]", "{}", "[1, 2.0]", '{"a": 1}', '["a", [1]]']),
    st.sampled_from([*DATA, "m.a", "m.b.c", "m.missing", "l[0]", "l[9]", 'm["a"]', 'm["zz"]', "m.l[1]"]),
)


def _larger(smaller: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = ["+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "&&", "||", "in"]
    method = st.sampled_from(["startsWith", "endsWith", "contains"])
    pattern = st.sampled_from(["o-[0-9]+", "^order", "17$", "(?i)ORDER", "a|b", "[^a-z ]{2}", "x*", "\\\\d\\\\d"])
    return st.one_of(
        st.tuples(smaller, st.sampled_from(operators), smaller).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        smaller.map(lambda x: f"!({x})"),
        st.sampled_from(["-i", "-(n)", "-d", "-s", "-none", "-(i - n)"]),  # the oracle takes -true for !true
        st.tuples(smaller, smaller, smaller).map(lambda t: f"({t[0]} ? {t[1]} : {t[2]})"),
        st.tuples(st.sampled_from(["size", "int", "double"]), smaller).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(smaller, method, smaller).map(lambda t: f"({t[0]}).{t[1]}({t[2]})"),
        st.tuples(smaller, pattern).map(lambda t: f'({t[0]}).matches("{t[1]}")'),
        st.sampled_from(["has(m.a)", "has(m.zz)", "has(m.b.c)", "has(m.zz.c)", "size(m)", "l.size()"]),
        st.tuples(st.sampled_from(["exists", "all"]), smaller).map(lambda t: f'["a", 1, 7].{t[0]}(x, x == {t[1]})'),
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


@settings(max_examples=400, deadline=None)
@given(st.recursive(literals, _larger, max_leaves=8))
def test_an_expression_means_what_full_cel_makes_of_it(source: str) -> None:
    """Generated expressions have the same value as in a full implementation, and none where that has none."""
    expected, found = oracle(source), ours(source)

    if expected is NoAnswer:  # the oracle lets an error of one item hide the others, and has no `{} in {}`
        assert found in (NoAnswer, RuleError) or any(sign in source for sign in (".exists(", ".all(", " in ")), source
    elif found is not RuleError:  # types that cannot go together: the oracle does not check before it runs
        assert _same(expected, found), source


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 + 2 * 3 - 4", 3),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("1 == 1.0 && 1 < 1.5", True),
        ("true || 1 / zero == 1", True),
        ("1 / zero == 1 || true", True),
        ("1 / zero == 1 && false", False),
        ("[1, 0].exists(x, 6 / x == 6)", True),
        ("[0, 1].exists(x, 6 / x == 6)", True),
        ("[0, 1].all(x, 6 / x == 7)", False),
        ("m.exists(k, k == 'b') && !m.all(k, k == 'b')", True),
        ("has(m.b.c) && !has(m.zz)", True),
        ("'o-17'.matches('^o-[0-9]{2}$')", True),
        ("string(2.0) + string(true) + string(1)", "2true1"),
        ("int('12') + int(2.9)", 14),
        ("i > 5 ? 'big' : 'small'", "big"),
        ("1 in l && 'a' in m && !(true in [1])", True),
        ("yes /* no comment */ == true", RuleError),
        ("yes // the rest is a comment", True),
    ],
)
def test_values(source: str, value: Any) -> None:
    """What CEL says of precedence, whole numbers, errors beside an answer, and quantifiers holds."""
    assert ours(source) == value


@pytest.mark.parametrize(
    "source", ["1 / zero", "l[9]", "m.missing", "9223372036854775807 + i", "s < i", "i + d", "!none"]
)
def test_no_answer(source: str) -> None:
    """What has no value on this data raises NoAnswer, never anything else."""
    assert ours(source) is NoAnswer


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("e.knd == 'tool'", "line 1, column 3: e has no field 'knd'; did you mean 'kind'?"),
        ("e.kind = 'tool'", "line 1, column 8: '=' cannot stand here; equality is =="),
        ("e.step > 'a'", "line 1, column 8: int > string has no meaning: these have no order"),
        ("e.step + 1.5 > 2.0", "line 1, column 8: int + double has no meaning: write double(...) around the int"),
        ("e.kind &&\n  e.stepp", "line 2, column 5: e has no field 'stepp'; did you mean 'step'?"),
        ("e.kind == 'tool' &&", "line 1, column 20: the expression ends where a value is missing"),
        ("(e.kind == 'tool'", "line 1, column 18: ')' is missing before the end of the expression"),
        ("e.kind.startWith('a')", "line 1, column 8: there is no method 'startWith'; did you mean 'startsWith'?"),
        ("cout('refund') > 1", "line 1, column 1: there is no function 'cout'; did you mean 'count'?"),
        ("count(1) > 1", "line 1, column 1: count(int) has no meaning; string is wanted"),
        ("count() > 1", "line 1, column 1: count() takes 1 argument, not 0"),
        ("e.kind == 'tool' e", "line 1, column 18: 'e' cannot follow here"),
        ("e.kind.matches('(')", "line 1, column 16: pattern '(', character 2: a bracket is not closed"),
        ("e.args.exists(e, true)", "line 1, column 15: 'e' is taken; call the item something else"),
        ("'open", 'line 1, column 1: "\'" cannot stand here; the string is not closed'),
        ("e.kind == 'a\\q'", "line 1, column 11: \\q is no escape; a backslash is \\\\, or write r'...'"),
        ("99999999999999999999 > 1", "line 1, column 1: 99999999999999999999 does not fit into 64 bits"),
        ("!e.step", "line 1, column 1: !int has no meaning; bool is wanted"),
        ("(" * 60 + "1" + ")" * 60, "line 1, column 41: the expression nests deeper than 40 levels; split the rule"),
    ],
)
def test_a_wrong_expression_says_where_and_what_to_write(source: str, message: str) -> None:
    """An expression without a meaning is refused before it runs, with line, column and what there is instead."""
    functions = {"count": Function(("string",), "int", lambda env, tool: 0)}

    with pytest.raises(RuleError) as refused:
        compile_expression(source, {"e": EVENT}, functions)

    assert str(refused.value) == message


@settings(max_examples=200, deadline=None)
@given(st.text("e.ks'\"()[]{}&|!<=+-*/%?:,1 \nin", max_size=40))
def test_any_text_is_an_expression_or_an_error(source: str) -> None:
    """Whatever a person types compiles or is refused with a message; nothing else is raised."""
    assert ours(source) is not None or True


def test_an_enumerations_word_is_a_text() -> None:
    """Kinds of events and effects are enumerations to Python and texts to a rule."""
    assert ours("s == 'call' && s < 'd' && s in ['call']", {"s": On.CALL}) is True
