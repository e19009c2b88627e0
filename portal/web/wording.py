"""WTForms' own sentences in plain words and in the reader's language.

Owns the wording of built-in messages only; what a form says of its own fields stands at the form.
"""

from collections.abc import Callable, Mapping
from typing import Any

from portal.kernel.locale import lazy_gettext as _l
from portal.kernel.locale import ngettext

# WTForms' and Flask-WTF's sentences, and what our readers get instead.
PLAIN: Mapping[str, Any] = {
    "This field is required.": _l("Fill in this answer."),
    "Not a valid choice.": _l("Choose one of the answers in the list."),
    "Not a valid choice": _l("Choose one of the answers in the list."),
    "Invalid Choice: could not coerce.": _l("Choose one of the answers in the list."),
    "Invalid choice(s): one or more data inputs could not be coerced.": _l("Choose from the answers in the list."),
    "Not a valid integer value.": _l("Write a whole number, for example 12."),
    "Not a valid decimal value.": _l("Write a number, for example 12.5."),
    "Not a valid float value.": _l("Write a number, for example 12.5."),
    "Not a valid date value.": _l("Write a real date."),
    "Not a valid time value.": _l("Write a time, for example 14:30."),
    "Invalid email address.": _l("Write a full e-mail address, for example name@example.com."),
    "Invalid input.": _l("This answer is not in the right form."),
    "Invalid CSRF Token": _l("This page was open for too long. Send it again."),
    "The CSRF token is missing.": _l("This page was open for too long. Send it again."),
    "The CSRF session token is missing.": _l("This page was open for too long. Send it again."),
    "The CSRF token has expired.": _l("This page was open for too long. Send it again."),
    "The CSRF token is invalid.": _l("This page was open for too long. Send it again."),
    "The CSRF tokens do not match.": _l("This page was open for too long. Send it again."),
    "CSRF token missing.": _l("This page was open for too long. Send it again."),
    "CSRF failed.": _l("This page was open for too long. Send it again."),
    "Number must be at least %(min)s.": _l("Write a number that is %(min)s or more."),
    "Number must be at most %(max)s.": _l("Write a number that is %(max)s or less."),
    "Number must be between %(min)s and %(max)s.": _l("Write a number from %(min)s to %(max)s."),
    "Field must be equal to %(other_name)s.": _l("This must be the same as the other answer."),
}


class Wording:
    """Takes WTForms' calls for its own sentences and answers in plain words and in the reader's language."""

    def gettext(self, text: str) -> str:
        # Placeholders stay as they are: WTForms fills them afterwards.
        return str(PLAIN.get(text, text))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        said = _LENGTHS.get(singular)
        return said(n) if said else (singular if n == 1 else plural)


_LENGTHS: Mapping[str, Callable[[int], str]] = {
    "Field must be at least %(min)d character long.": lambda n: ngettext(
        "Write at least %(num)s letter or digit.", "Write at least %(num)s letters or digits.", n
    ),
    "Field cannot be longer than %(max)d character.": lambda n: ngettext(
        "Write at most %(num)s letter or digit.", "Write at most %(num)s letters or digits.", n
    ),
    "Field must be exactly %(max)d character long.": lambda n: ngettext(
        "Write exactly %(num)s letter or digit.", "Write exactly %(num)s letters or digits.", n
    ),
}
