"""What a browser may put into a field by itself, and may remember of it: the tokens of WCAG 1.3.5, by who reads.

A token says "about the person at the keyboard". Staff write about other people, on a computer that others use after
them: there a browser would offer one patient's name in the next patient's form.
"""

from flask import g, has_request_context

#: Of a person, and so never those of somebody whom staff write about. What opens an account stays: it is their own.
OF_A_PERSON = ("name", "given-name", "family-name", "bday", "email", "tel")


def purpose(token: str | None) -> str | None:
    """The token as this reader's field carries it."""
    of_a_person = token is not None and any(token == one or token.startswith(f"{one}-") for one in OF_A_PERSON)
    return "off" if of_a_person and _is_staff() else token


def purpose_of_form() -> str | None:
    """For all fields of a form that say nothing of their own."""
    return "off" if _is_staff() else None


def _is_staff() -> bool:
    return has_request_context() and g.get("signed_in") is not None and bool(g.principal.is_staff)
