"""The rules that are kept: what each asks for, what it did on stored runs, and what runs broke since."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import streamlit as st

from whyspan_analysis.report import wording
from whyspan_ui import data
from whyspan_ui.components.markup import Markup, tag
from whyspan_ui.components.notices import empty_store
from whyspan_ui.components.person import may_write
from whyspan_ui.components.ruling import activating, proposing

BROKEN_SHOWN = 50
"""Runs listed that broke a rule, the latest; `whyspan rules broken` lists all."""


def page() -> None:
    """The rules, then the latest runs that broke one."""
    if not data.status()["spans"]:
        empty_store(data.data_dir())
        return
    rules = _kept_and_made()
    broken = data.rule_violations()
    if not rules:
        return
    st.html(tag("h2", "Rules"))
    st.dataframe(
        [_rule(rule, broken) for rule in rules],
        hide_index=True,
        height="content",
        placeholder="",
        alt="The rules that are kept, with their status and evidence",
    )
    with st.expander("Put a rule in force", key="activating"):
        if may_write("make rules"):
            activating(rules)
    st.html(tag("h2", "Runs that broke one, the latest first"))
    if not broken:
        st.html(tag("p", "None.", class_="absent"))
    for each in broken[:BROKEN_SHOWN]:
        st.html(_violation(each))
    if len(broken) > BROKEN_SHOWN:
        st.html(tag("p", f"and {wording.count(len(broken) - BROKEN_SHOWN, 'more')}", class_="absent"))


def _kept_and_made() -> list[dict[str, Any]]:
    """The rules that are kept, those among them that somebody just had made from a run."""
    run = st.query_params.get("run") or st.session_state.get("run") or next(iter(data.newest("status:failed")), None)
    if not data.rules():
        st.html(_what_rules_are())
    opened = "run" in st.query_params or not data.rules()
    with st.expander("Propose rules from a failed run", key="proposing", expanded=opened):
        if may_write("make rules"):
            proposing(run)
    return data.rules()


def _what_rules_are() -> Markup:
    return tag(
        "section",
        tag("h1", "No rule is kept yet"),
        tag(
            "p",
            "A rule is a statement about runs that can be checked, such as: no call is made twice with the same arguments. It is "
            "proposed from a run that failed, and measured on the stored runs: how many failures it would have stopped in "
            "time, and how many good runs it would have hit.",
        ),
        tag(
            "p",
            "Nothing is in force before a person says so. Then ",
            tag("code", "whyspan rules export"),
            " gives the rule to the agent, whose guard stops it in time, and Whyspan tells here which runs broke it.",
        ),
        class_="verdict",
    )


def _rule(rule: Mapping[str, Any], broken: list[dict[str, Any]]) -> dict[str, Any]:
    evidence = rule.get("evidence") or {}
    mine = [each for each in broken if each["rule_id"] == rule["id"]]
    predicates = [rule["a"], *([rule["b"]] if rule.get("b") else [])]
    return {
        "Rule": rule["id"],
        "Status": rule["status"],
        "Activated by": rule.get("activated_by") or "",
        "Would have stopped": evidence.get("stopped", "not measured"),
        "Would have hit": evidence.get("hit", "not measured"),
        "Broken by": len(mine),
        "Stopped in the agent": sum(each["stopped"] for each in mine),
        "Guard": (rule.get("action") or {}).get("guard", "block"),
        "Asks for": f"{rule['kind']}: {' / '.join(predicates)}",
        "Tells the agent": rule.get("message") or "",
    }


def _violation(each: Mapping[str, Any]) -> Markup:
    status = "stopped in the agent" if each["stopped"] else each["status"]
    link = tag("a", each["run_id"][:12], href=f"investigate?run={quote(each['run_id'], safe='')}", target="_self")
    return tag(
        "p", link, " ", tag("b", each["rule_id"]), f" ({status}) at ", tag("code", each["event"]), f": {each['words']}"
    )


page()
