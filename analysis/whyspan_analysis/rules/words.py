"""A rule in words."""

from whyspan.rules.rule import Rule
from whyspan.rules.templates import TEMPLATES


def in_words(rule: Rule) -> str:
    """What a rule asks for, in a sentence."""
    says = TEMPLATES[rule.kind].says.format(a=f"[{rule.a}]", b=f"[{rule.b}]", n=rule.n)
    scope = []
    if rule.scope.on:
        scope.append(" and ".join(rule.scope.on) + " events")
    if rule.scope.tool != "*":
        scope.append(f"of the tool {rule.scope.tool}")
    if rule.scope.agent != "*":
        scope.append(f"of the agent {rule.scope.agent}")
    among = f" (among {' '.join(scope)})" if scope else ""
    each = f", for each {' and '.join(rule.same)}" if rule.same else ""
    window = [
        f"{rule.within.steps} steps" if rule.within.steps else "",
        f"{rule.within.seconds:g} s" if rule.within.seconds else "",
    ]
    within = " and ".join(part for part in window if part)
    return f"{says}{among}{each}{f', within {within}' if within else ''}"
