"""JSON of strangers: what is read, and what is refused before it costs anything."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.strict_json import BadJson, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_is_read(value: object) -> None:
    assert read_json(json.dumps(value).encode(), max_depth=64) == value


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_whatever_comes_is_read_or_refused(raw: bytes | str) -> None:
    with suppress(BadJson):
        read_json(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"[" * 33 + b"]" * 33,
        b'{"id": 1, "id": 2}',
        b"NaN",
        b"[Infinity]",
        b"9" * 5000,
        b'"\xff"',
        b'{"a": 1} {"b": 2}',
        b"",
        '"\ud800"',
        b'"' + b"x" * 1_000_000 + b'"',
    ],
    ids=range(12),
)
def test_these_are_refused(raw: bytes | str) -> None:
    with pytest.raises(BadJson):
        read_json(raw)


def test_brackets_in_a_text_are_no_depth() -> None:
    assert read_json('["' + "[" * 100 + '\\"]"]') == ["[" * 100 + '"]']


def test_a_text_counts_as_its_bytes() -> None:
    assert read_json('"aa"', max_bytes=4) == "aa"
    with pytest.raises(BadJson):
        read_json('"éé"', max_bytes=4)
