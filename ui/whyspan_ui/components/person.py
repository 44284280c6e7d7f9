"""Who writes something down: who has signed in, else whoever people say they are."""

from typing import Final

import streamlit as st

from whyspan_ui.admission import Role, person_of, role_of
from whyspan_ui.components.markup import Markup, tag

LONGEST: Final = 200
"""Characters of a name."""


def signed_in() -> Markup | None:
    """Who has signed in, what they may do, and the way out; None where nobody does."""
    known = person_of(st.context.cookies)
    if known is None:
        return None
    role = role_of(st.context.cookies)
    name = tag("bdi", known, title=f"{known} ({role})" if role else known)
    return tag("div", name, " ", tag("a", "Sign out", href="/auth/logout", target="_self"), class_="signed-in")


def may_write(what: str) -> bool:
    """Whether whoever looks may also write; says so where not, with `what` they may not do."""
    if role_of(st.context.cookies) is Role.EDITOR:
        return True
    st.html(tag("p", f"You may look here, and not {what}.", class_="absent"))
    return False


def person(placeholder: str = "may stay empty") -> str | None:
    """Shows who has signed in, or asks for a name in a form; None where it stays empty."""
    known = person_of(st.context.cookies)
    if known is not None:
        st.html(tag("p", "In the name of ", tag("b", tag("bdi", known))))
        return known
    said = st.text_input("Your name", max_chars=LONGEST, placeholder=placeholder)
    return (said or "").strip() or None
