"""Files sealed to public keys: what was sealed opens for those it was sealed to, whole and unaltered, or not at all."""

import io
import os

import pytest

from portal.kernel.crypto import BadKey, BrokenSeal, NotForThisKey, ParcelKey, SecretParcelKey, open_parcel, seal_parcel
from portal.kernel.crypto.parcels import _TAG, CHUNK

KEY = SecretParcelKey.make()


def sealed(content: bytes, *to: ParcelKey) -> bytes:
    target = io.BytesIO()
    assert seal_parcel(io.BytesIO(content), target, to=to or (KEY.public,)) == len(content)
    return target.getvalue()


def opened(parcel: bytes, key: SecretParcelKey = KEY) -> bytes:
    target = io.BytesIO()
    open_parcel(io.BytesIO(parcel), target, key=key)
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_what_was_sealed_opens(size: int) -> None:
    content = os.urandom(size)
    assert opened(sealed(content)) == content


def test_the_same_twice_is_sealed_in_two_ways_and_shows_nothing() -> None:
    content = b"Zebrafinch" * 10
    first, second = sealed(content), sealed(content)
    assert first != second and b"Zebrafinch" not in first + second


def test_each_recipient_opens_and_nobody_else() -> None:
    other = SecretParcelKey.make()
    parcel = sealed(b"record", KEY.public, other.public)
    assert opened(parcel) == opened(parcel, other) == b"record"
    with pytest.raises(NotForThisKey):
        opened(parcel, SecretParcelKey.make())


def test_half_of_the_key_opens_nothing() -> None:
    """Who breaks one of the two exchanges still lacks the other."""
    parcel = sealed(b"record")
    stranger = SecretParcelKey.make()
    for half in (
        SecretParcelKey(seed=KEY.seed, x25519=stranger.x25519),
        SecretParcelKey(seed=stranger.seed, x25519=KEY.x25519),
    ):
        disguised = parcel.replace(KEY.public.fingerprint, half.public.fingerprint, 1)
        with pytest.raises(BrokenSeal):
            opened(disguised, half)


def test_no_byte_can_be_changed() -> None:
    parcel = sealed(b"record")
    for place in range(len(parcel)):
        altered = bytearray(parcel)
        altered[place] ^= 1
        with pytest.raises((BrokenSeal, NotForThisKey)):
            opened(bytes(altered))


def test_nothing_can_be_cut_off_put_on_or_put_elsewhere() -> None:
    content = os.urandom(2 * CHUNK + 5)
    parcel = sealed(content)
    start = len(parcel) - len(content) - 3 * _TAG
    chunks = [parcel[start + at : start + at + CHUNK + _TAG] for at in range(0, 3 * (CHUNK + _TAG), CHUNK + _TAG)]
    head = parcel[:start]
    assert head + b"".join(chunks) == parcel
    wrong = [
        parcel[:-1],
        head + chunks[0] + chunks[1],  # cut off between two chunks
        head + chunks[0],
        head,
        parcel[: start - 1],
        parcel[:5],
        b"",
        parcel + b"x",
        parcel + chunks[2],
        head + chunks[1] + chunks[0] + chunks[2],
        head + chunks[0] + chunks[2],
        sealed(content)[:start] + b"".join(chunks),  # the head of another
    ]
    for parcel in wrong:
        with pytest.raises(BrokenSeal):
            opened(parcel)


def test_keys_are_read_as_they_are_written_and_nothing_else_is() -> None:
    assert SecretParcelKey.parse(KEY.text() + "\n").public == KEY.public == ParcelKey.parse(str(KEY.public))
    for text in ("", "portal-parcel-public-1 AAAA", str(KEY.public)[:-4], KEY.text().replace("secret", "public")):
        with pytest.raises(BadKey):
            ParcelKey.parse(text)
    with pytest.raises(BadKey):
        SecretParcelKey.parse(str(KEY.public))
    assert KEY.text()[30:] not in repr(KEY)
