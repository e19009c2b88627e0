"""Pure rules of identity."""

from uuid import uuid4

import pytest

from portal.identity.rules import code_digest, device_name, masked


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0"
            " Mobile Safari/537.36",
            "Chrome, Android",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0"
            " Safari/537.36",
            "Chrome, Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.5 Mobile/15E148 Safari/604.1",
            "Safari, iOS",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0"
            " Safari/537.36 Edg/137.0.0.0",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0", "Firefox, Linux"),
        ("Lynx/2.9.2", ""),
        ("", ""),
    ],
)
def test_a_device_is_called_as_its_owner_knows_it(agent: str, name: str) -> None:
    assert device_name(agent) == name


def test_a_masked_contact_shows_just_enough_to_recognise_ones_own() -> None:
    assert masked("sms", "+16175550142") == "•••• 0142"
    assert masked("email", "maria@example.com") == "m•••@example.com"


def test_a_codes_hash_is_bound_to_its_row_and_its_key() -> None:
    first, second = uuid4(), uuid4()
    digest = code_digest(key=b"k", code_id=first, code="123456")
    assert digest != code_digest(key=b"k", code_id=second, code="123456")
    assert digest != code_digest(key=b"other", code_id=first, code="123456")
    assert digest != code_digest(key=b"k", code_id=first, code="123457")
