"""Looking people up by the words of their name: conditions that exclude each other, so that nobody is found twice."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, not_, or_
from sqlalchemy.orm import InstrumentedAttribute

from portal.kernel.names import is_east_asian
from portal.patients.models import Patient
from portal.patients.rules import prefix_end


def ways_by_name(words: Sequence[str]) -> list[list[ColumnElement[bool]]]:
    """Folded words that begin the parts of a name; or one word that is all of it."""
    return [*_by_parts(words), *(_by_unparted_name(words[0]) if len(words) == 1 else ())]


def _by_parts(words: Sequence[str]) -> list[list[ColumnElement[bool]]]:
    """Each word begins the family name or the given name. One way for each word that may begin the family name, one
    for none.

    As a single condition the database would walk through the family names from A on until it has a page full.
    """
    family = [_starts(Patient.family_key, word) for word in words]
    given = [_starts(Patient.given_key, word) for word in words]
    either = [or_(*both) for both in zip(family, given, strict=True)]
    return [
        *(
            [leads, *(not_(one) for one in family[:at]), *(one for other, one in enumerate(either) if other != at)]
            for at, leads in enumerate(family)
        ),
        [*given, *(not_(one) for one in family)],
    ]


def _by_unparted_name(word: str) -> list[list[ColumnElement[bool]]]:
    """A whole name as it is shown in Chinese, Japanese or Korean: nothing says where the family name ends.

    One way for each place where it may: of two characters at most, which are six signs once hangul is folded.
    """
    if not is_east_asian(word):
        return []
    elsewhere = not_(_starts(Patient.given_key, word))
    return [
        [Patient.family_key == word[:end], _starts(Patient.given_key, word[end:]), elsewhere]
        for end in range(1, min(len(word), 7))
    ]


def _starts(key: InstrumentedAttribute[str], prefix: str) -> ColumnElement[bool]:
    # Ranges, not LIKE: only comparisons that cannot leak are tried by index before the row's policy.
    return and_(key >= prefix, key < prefix_end(prefix))
