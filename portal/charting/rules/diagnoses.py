"""ICD-10-CM by search: billable codes only, found by the beginnings of words or of the code itself.

The classification is a package's data (simple-icd-10-cm); the index over it is made at the first search, once a
process.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_CODE = re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]*)?|[A-Z][0-9]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A billable code of ICD-10-CM and its description."""

    code: str
    display: str


@dataclass(frozen=True, slots=True)
class _Index:
    entries: Sequence[Diagnosis]
    by_code: dict[str, Diagnosis]
    codes: Sequence[str]
    words: Sequence[str]
    postings: Sequence[Sequence[int]]


@lru_cache(maxsize=1)
def _index() -> _Index:
    import simple_icd_10_cm as icd  # two seconds of reading: only the process that searches pays them

    # A description may carry its inclusion notes after a stray "/\t".
    entries = [
        Diagnosis(code=code, display=icd.get_description(code).split("/\t")[0].strip())
        for code in icd.get_all_codes(True)
        if icd.is_leaf(code) and icd.is_category_or_subcategory(code)
    ]
    entries.sort(key=lambda one: one.code)
    places: dict[str, list[int]] = {}
    for number, one in enumerate(entries):
        for word in set(_WORD.findall(one.display.casefold())):
            places.setdefault(word, []).append(number)
    words = sorted(places)
    return _Index(
        entries=entries,
        by_code={one.code: one for one in entries},
        codes=[one.code for one in entries],
        words=words,
        postings=[places[word] for word in words],
    )


def diagnosis_by_code(code: str) -> Diagnosis | None:
    """The billable diagnosis of a code; None for any other."""
    return _index().by_code.get(code)


def search_diagnoses(text: str, limit: int = 12) -> list[Diagnosis]:
    """Best first: the code's own beginning, else descriptions in which each word begins a word; general ones first."""
    wanted = text.strip()
    if len(wanted) < 2:
        return []
    found = _by_code(dotted(wanted.upper()), limit)
    return (found + [one for one in _by_words(wanted.casefold(), limit) if one not in found])[:limit]


def dotted(code: str) -> str:
    """The code as ICD writes it: J069 is J06.9."""
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 and "." not in code and code.isalnum() else code


def _by_code(prefix: str, limit: int) -> list[Diagnosis]:
    if not _CODE.fullmatch(prefix):
        return []
    index = _index()
    first = bisect_left(index.codes, prefix)
    found = []
    for one in index.entries[first : first + limit]:
        if not one.code.startswith(prefix):
            break
        found.append(one)
    return found


def _by_words(text: str, limit: int) -> list[Diagnosis]:
    words = _WORD.findall(text)
    # Two letters begin half of the words there are.
    if max(map(len, words), default=0) < 3:
        return []
    index = _index()
    # The longest word first: it names the fewest descriptions.
    sets = [_beginning_with(index, word) for word in sorted(words, key=len, reverse=True)[:6]]
    numbers = set.intersection(*sets)
    whole = set(words)

    def rank(number: int) -> tuple[int, bool, int, bool, int, str]:
        one = index.entries[number]
        shown = one.display.casefold()
        cut = len(whole - set(_WORD.findall(shown)))
        # The shorter the code, the more general and the more common what it stands for.
        return cut, not _in_order(words, shown), len(one.code), not shown.startswith(words[0]), len(shown), one.code

    return [index.entries[number] for number in sorted(numbers, key=rank)[:limit]]


def _in_order(words: Sequence[str], shown: str) -> bool:
    """Whether the words come as they were typed: "acute bronchitis" is not "bronchitis, not specified as acute"."""
    rest = iter(_WORD.findall(shown))
    return all(any(word.startswith(wanted) for word in rest) for wanted in words)


def _beginning_with(index: _Index, prefix: str) -> set[int]:
    place = bisect_left(index.words, prefix)
    numbers: set[int] = set()
    while place < len(index.words) and index.words[place].startswith(prefix):
        numbers.update(index.postings[place])
        place += 1
    return numbers
