"""Small values of the ground: money, locale, logs, ids."""

import json
import logging
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.ids import new_id
from portal.kernel.locale import (
    format_datetime,
    format_money,
    format_time,
    known_language,
    left_to_right,
    own_text,
    use_locale,
)
from portal.kernel.logs import Code, SafeFormatter
from portal.kernel.money import CurrencyMismatch, Money


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_money_adds_and_takes_away(a: int, b: int) -> None:
    assert Money(a, "USD") + Money(b, "USD") - Money(b, "USD") == Money(a, "USD")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "USD") + Money(1, "EUR")


def test_money_knows_its_smallest_unit() -> None:
    assert str(Money(4500, "USD").amount) == "45.00"
    assert str(Money(4500, "JPY").amount) == "4500"


def test_ids_are_ordered_by_time_and_differ() -> None:
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert ids == sorted(ids)


def test_times_name_their_zone_in_the_readers_language() -> None:
    instant = datetime(2026, 7, 1, 14, 0, tzinfo=UTC)
    with use_locale("en", "America/New_York"):
        assert format_datetime(instant) == "Wednesday, July 1, 2026, 10:00\u202fAM (Eastern Daylight Time)"
    with use_locale("es", "Europe/Madrid"):
        assert "16:00" in format_datetime(instant)
        assert "verano" in format_datetime(instant)


def test_a_line_does_not_end_within_a_time() -> None:
    with use_locale("ar", "America/New_York"):
        assert format_time(datetime(2026, 7, 1, 14, 0, tzinfo=UTC)) == "10:00\u00a0ص"


def test_a_phone_number_keeps_its_plus_sign_in_front_within_arabic() -> None:
    with use_locale("ar", "UTC"):
        assert left_to_right("+16175550100") == "\u2066+16175550100\u2069"
    with use_locale("es", "UTC"):
        assert left_to_right("+16175550100") == "+16175550100"


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("es-MX", "es"),
        ("ar_EG", "ar"),
        ("pt-BR", "pt"),
        ("zh-Hans-CN", "zh"),
        ("fil-PH", "tl"),
        ("xx", "en"),
        (None, "en"),
        ("not a language", "en"),
    ],
)
def test_a_language_we_do_not_speak_becomes_the_nearest_that_we_do(asked: str | None, known: str) -> None:
    assert known_language(asked) == known


def test_clinic_written_text_says_which_language_it_fell_back_to() -> None:
    with use_locale("ar", "UTC"):
        assert own_text({"en": "Video visit", "es": "Consulta"}) == ("Video visit", "en")


def test_money_is_written_as_its_reader_writes_it() -> None:
    with use_locale("es", "UTC"):
        assert format_money(Money(4500, "EUR")) == "45,00\xa0€"


def test_logs_print_codes_and_ids_and_nothing_else() -> None:
    identifier = new_id()
    record = logging.LogRecord(
        "portal.web",
        logging.WARNING,
        "x.py",
        1,
        "note of %s for %s in %s took %s",
        ("Ana Castle", identifier, Code("visit"), 3),
        None,
    )
    line = json.loads(SafeFormatter().format(record))
    assert line["values"] == ["<str>", str(identifier), "visit", 3]
    assert "Ana" not in json.dumps(line)


def test_an_exceptions_message_is_not_logged() -> None:
    try:
        raise ValueError("Ana Castle, +16175550123")
    except ValueError:
        import sys

        record = logging.LogRecord("portal.web", logging.ERROR, "x.py", 1, "failed", (), sys.exc_info())
    text = SafeFormatter().format(record)
    assert "ValueError" in text
    assert "Ana" not in text


def test_a_foreign_librarys_text_is_not_logged() -> None:
    record = logging.LogRecord("httpx", logging.ERROR, "client.py", 7, "POST /Messages To=%s", ("+16175550123",), None)
    assert "6175550123" not in SafeFormatter().format(record)
