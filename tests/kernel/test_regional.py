"""Numbers, money, days, times and weeks are written as the reader expects them, by CLDR."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from portal.kernel.locale import (
    LANGUAGES,
    first_week_day,
    format_clock,
    format_date,
    format_datetime,
    format_money,
    format_number,
    ngettext,
    use_locale,
)
from portal.kernel.money import Money
from portal.kernel.regional import ZEROS, numerals

NOON = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "written"),
    [
        ("en", "America/New_York", "1,234,567.5"),
        ("hi", "Asia/Kolkata", "12,34,567.5"),
        ("ar", "America/New_York", "1,234,567.5"),
        ("ar", "Africa/Casablanca", "1,234,567.5"),
        ("ar", "Africa/Cairo", "١٬٢٣٤٬٥٦٧٫٥"),
        ("ar", "Asia/Riyadh", "١٬٢٣٤٬٥٦٧٫٥"),
        ("bn", "America/New_York", "১২,৩৪,৫৬৭.৫"),
        ("bn", "Asia/Dhaka", "১২,৩৪,৫৬৭.৫"),
    ],
)
def test_a_number_has_the_digits_and_groups_of_language_and_country(language: str, zone: str, written: str) -> None:
    with use_locale(language, zone):
        assert format_number(Decimal("1234567.5")) == written


def test_all_that_is_formatted_has_them() -> None:
    with use_locale("ar", "Africa/Cairo"):
        assert format_date(date(2026, 11, 26)) == "٢٦ نوفمبر ٢٠٢٦"
        assert format_clock(time(9, 5)) == "٩:٠٥\u00a0ص"
        assert "٢٦ نوفمبر ٢٠٢٦" in format_datetime(NOON) and "٧:٠٥" in format_datetime(NOON)
        assert "٤٥٫٠٠" in format_money(Money(4500, "USD"))
        assert ngettext("%(num)s minute", "%(num)s minutes", 5).startswith("٥ ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Africa/Cairo", "Asia/Kolkata", "Etc/GMT+5"])
def test_each_language_is_written_in_each_zone_with_digits_that_are_known(language: str, zone: str) -> None:
    own = numerals(language, zone)
    assert own.locale.default_numbering_system in ZEROS
    with use_locale(language, zone):
        digits = [letter for letter in format_number(9_876_543_210) if letter.isdigit()]
    assert [int(digit) for digit in digits] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("language", "zone", "first"),
    [
        ("en", "America/New_York", 6),
        ("es", "America/New_York", 6),
        ("en", "Europe/London", 0),
        ("fr", "Europe/Paris", 0),
        ("ar", "Africa/Cairo", 5),
        ("en", "UTC", 0),
    ],
)
def test_a_week_begins_as_in_the_readers_country(language: str, zone: str, first: int) -> None:
    with use_locale(language, zone):
        assert first_week_day() == first
