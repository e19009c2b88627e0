"""A person's name, put together of its parts in the order of CLDR's rules for person names (LDML, part 8).

What decides is the name's own script, then the language of who bears it, never the reader's: the front desk, the
clinician and the patient find the same name. Babel has no formatter of names.
"""

import re

#: Chinese characters, kana and hangul, decomposed too; and what stands between the parts of a name in them.
_EAST_ASIAN = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff\u00b7\\s]+"
)
#: Languages of ours whose readers put the family name first in Latin letters as well (CLDR: nameOrderLocales).
_FAMILY_FIRST = frozenset({"vi"})


def is_east_asian(name: str) -> bool:
    """Whether a name is written in Chinese, Japanese or Korean script, where no space parts it."""
    return _EAST_ASIAN.fullmatch(name) is not None


def person_name(given: str, family: str, *, language: str) -> str:
    """The whole name. `language`: in which the person reads."""
    given, family = given.strip(), family.strip()
    if given and family and is_east_asian(given + family):
        return family + given
    in_order = (family, given) if language.partition("-")[0] in _FAMILY_FIRST else (given, family)
    return " ".join(part for part in in_order if part)
