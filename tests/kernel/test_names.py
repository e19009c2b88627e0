"""Names are put together by CLDR: in the order of whom they name, the same for every reader."""

import pytest

from portal.kernel.locale import LANGUAGES, use_locale
from portal.kernel.names import is_east_asian, person_name


@pytest.mark.parametrize(
    ("given", "family", "language", "whole"),
    [
        ("Maria José", "Gomez", "es", "Maria José Gomez"),
        ("小明", "王", "zh", "王小明"),
        ("小明", "歐陽", "en", "歐陽小明"),
        ("太郎", "山田", "en", "山田太郎"),
        ("さくら", "高橋", "en", "高橋さくら"),
        ("유미", "강", "en", "강유미"),
        ("Minh Khai", "Nguyễn", "vi", "Nguyễn Minh Khai"),
        ("Minh Khai", "Nguyễn", "vi-VN", "Nguyễn Minh Khai"),
        ("Minh Khai", "Nguyễn", "en", "Minh Khai Nguyễn"),
        ("Wei", "Zhang", "zh", "Wei Zhang"),
        ("David", "王", "zh", "David 王"),
        ("أحمد", "الحسن", "ar", "أحمد الحسن"),
        ("অনিতা", "রায়", "bn", "অনিতা রায়"),
        (" Sam ", "", "en", "Sam"),
        ("", "王", "zh", "王"),
        ("", "Nguyễn", "vi", "Nguyễn"),
        ("", "", "en", ""),
    ],
)
def test_a_name_has_the_order_and_the_space_of_its_own_script_and_language(
    given: str, family: str, language: str, whole: str
) -> None:
    assert person_name(given, family, language=language) == whole


@pytest.mark.parametrize("reader", LANGUAGES)
def test_a_name_is_the_same_for_every_reader(reader: str) -> None:
    with use_locale(reader, "UTC"):
        assert person_name("小明", "王", language="zh") == "王小明"
        assert person_name("Ana", "Silva", language="pt") == "Ana Silva"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("김민수", True), ("田中 一郎", True), ("Kim", False), ("李Lee", False), ("", False), ("ไทย", False)],
)
def test_only_what_is_all_of_it_in_such_a_script_counts(name: str, is_one: bool) -> None:
    assert is_east_asian(name) is is_one
