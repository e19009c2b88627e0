"""The calendar file and the short reference."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.ids import new_id
from portal.scheduling.rules import CalendarEntry, calendar_file, reference_of


def entry(**changes: object) -> CalendarEntry:
    values: dict[str, object] = {
        "uid": "1@portal",
        "sequence": 2,
        "starts_at": datetime(2026, 3, 9, 13, tzinfo=UTC),
        "ends_at": datetime(2026, 3, 9, 13, 20, tzinfo=UTC),
        "made_at": datetime(2026, 3, 1, tzinfo=UTC),
        "summary": "Video visit, Harbour Clinic",
        "description": "Line one\nLine; two",
        "url": "https://localhost/harbour/",
    }
    return CalendarEntry(**(values | changes))  # type: ignore[arg-type]  # values of a test by name


def test_the_file_has_times_in_utc_and_a_sequence() -> None:
    text = calendar_file(entry()).decode()
    assert "DTSTART:20260309T130000Z\r\n" in text
    assert "SEQUENCE:2\r\n" in text
    assert "SUMMARY:Video visit\\, Harbour Clinic\r\n" in text
    assert "DESCRIPTION:Line one\\nLine\\; two\r\n" in text


@given(st.text(max_size=300).filter(lambda text: "\r" not in text))
def test_no_line_is_longer_than_75_octets_and_folding_is_undone(words: str) -> None:
    raw = calendar_file(entry(summary=words))
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    unfolded = raw.replace(b"\r\n ", b"").decode()
    escaped = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    assert f"SUMMARY:{escaped}\r\n" in unfolded


def test_references_can_be_read_out_and_differ() -> None:
    references = {reference_of(new_id()) for _ in range(500)}
    assert len(references) == 500
    assert all(len(one) == 9 and not set(one) & set("ILOU") for one in references)
