"""Checkpoints in a bucket with object lock: our adapter against a local service that checks signatures and locks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from portal.audit import CheckpointConflict
from portal.integrations.checkpoints import S3CheckpointStore, StoreUnavailable, second_place
from portal.integrations.http import LOOPBACK
from portal.integrations.signing import signed_headers
from portal.kernel.clock import utc_now
from portal.kernel.config import Settings
from tests.integrations.partners import Partner, free_port

CLINIC = UUID("0195f3a0-0000-7000-8000-000000000001")
NAME, ACCESS, SECRET = "checkpoints", "AKIATESTS", "bucket/secret+key"


@pytest.fixture(scope="module")
def bucket() -> Iterator[Partner]:
    port = free_port()
    environment = {
        "BUCKET_PORT": str(port), "BUCKET_NAME": NAME, "BUCKET_REGION": "eu-north-1", "BUCKET_PAGE": "2",
        "BUCKET_ACCESS_KEY": ACCESS, "BUCKET_SECRET_KEY": SECRET,
    }  # fmt: skip
    partner = Partner(module="deploy.partners.bucket", url=f"http://127.0.0.1:{port}", environment=environment)
    partner.start()
    yield partner
    assert partner.stop() == 0


@dataclass
class Place:
    """A store of its own prefix."""

    url: str
    prefix: str

    def __call__(self, **changes: Any) -> S3CheckpointStore:
        known: dict[str, Any] = {
            "bucket": NAME,
            "region": "eu-north-1",
            "access_key": ACCESS,
            "secret_key": SECRET,
            "days": 3650,
        }
        known["networks"] = LOOPBACK
        return S3CheckpointStore(**({"url": self.url, "prefix": self.prefix} | known | changes))

    def ask(self, method: str, name: str, **headers: str) -> httpx.Response:
        """A signed request past the adapter, as somebody who holds its key could send it."""
        path = f"/{NAME}/{self.prefix}{name}"
        host = self.url.removeprefix("http://")
        signed = signed_headers(
            method=method, host=host, path=path, query={}, headers=headers, body=b"", region="eu-north-1",
            access_key=ACCESS, secret_key=SECRET, now=utc_now(),
        )  # fmt: skip
        return httpx.request(method, self.url + path, headers=signed, trust_env=False)


@pytest.fixture
def place(bucket: Partner) -> Place:
    return Place(bucket.url, f"{uuid4()}/")


def test_notes_are_kept_and_listed_over_several_pages(place: Place) -> None:
    store = place()
    for number in range(1, 6):
        store.keep(tenant_id=CLINIC, number=number, note=f"note {number} — مثال\n")
    store.keep(tenant_id=uuid4(), number=9, note="another clinic's\n")
    store.keep_key("portal-audit+key")
    assert store.all_of(CLINIC) == {number: f"note {number} — مثال\n" for number in range(1, 6)}
    assert store.key() == "portal-audit+key"


def test_the_same_again_does_nothing_and_another_is_a_conflict(place: Place) -> None:
    store = place()
    for _ in range(2):
        store.keep(tenant_id=CLINIC, number=1, note="one\n")
    with pytest.raises(CheckpointConflict):
        store.keep(tenant_id=CLINIC, number=1, note="two\n")
    assert store.all_of(CLINIC) == {1: "one\n"}


def test_nobody_takes_a_note_away_before_its_time(place: Place) -> None:
    place().keep(tenant_id=CLINIC, number=1, note="one\n")
    assert place.ask("DELETE", f"{CLINIC}/1.txt").status_code == 403
    assert place().all_of(CLINIC) == {1: "one\n"}


@pytest.mark.parametrize(
    "changes", [{"secret_key": "wrong"}, {"access_key": "AKIAWRONG"}, {"region": "us-east-1"}, {"bucket": "other"}]
)
def test_wrong_settings_are_told_and_keep_nothing(place: Place, changes: dict[str, str]) -> None:
    with pytest.raises(StoreUnavailable, match="http 40"):
        place(**changes).keep(tenant_id=CLINIC, number=1, note="one\n")
    assert place().all_of(CLINIC) == {}


def test_a_clock_that_is_off_is_told(place: Place) -> None:
    with pytest.raises(StoreUnavailable, match="RequestTimeTooSkewed"):
        place(clock=lambda: utc_now() - timedelta(hours=1)).keep(tenant_id=CLINIC, number=1, note="one\n")


def test_a_service_that_is_away_is_told(place: Place) -> None:
    with pytest.raises(StoreUnavailable):
        place(url=f"http://127.0.0.1:{free_port()}").keep(tenant_id=CLINIC, number=1, note="one\n")


def test_a_place_without_a_key_says_so(place: Place) -> None:
    with pytest.raises(StoreUnavailable, match="NoSuchKey"):
        place().key()


def test_the_settings_choose_the_bucket(bucket: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "SECRET_KEY": "x" * 32, "VIDEO_TICKET_KEY": "x" * 32, "KEY_FILE": "/nowhere", "DATABASE_URL": "postgresql://x",
        "AUDIT_S3_BUCKET": NAME, "AUDIT_S3_URL": bucket.url, "AUDIT_S3_REGION": "eu-north-1", "AUDIT_S3_PREFIX": "set/",
        "AUDIT_S3_ACCESS_KEY": ACCESS, "AUDIT_S3_SECRET_KEY": SECRET,
        "PARTNER_NETWORKS": "127.0.0.0/8",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    store = second_place(Settings())  # type: ignore[call-arg]
    store.keep(tenant_id=CLINIC, number=1, note="one\n")
    assert store.all_of(CLINIC) == {1: "one\n"}


# Examples of the S3 API reference ("Examples: Signature Calculations in AWS Signature Version 4"). That of PUT sends a
# Date as well, which botocore puts in place of x-amz-date; the local service works bodies out by itself, above.
_EXAMPLE = {
    "host": "examplebucket.s3.amazonaws.com", "region": "us-east-1", "access_key": "AKIAIOSFODNN7EXAMPLE",
    "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "now": datetime(2013, 5, 24, tzinfo=UTC),
}  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "signature"),
    [
        (
            {"method": "GET", "path": "/test.txt", "query": {}, "headers": {"range": "bytes=0-9"}, "body": b""},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            {"method": "GET", "path": "/", "query": {"max-keys": "2", "prefix": "J"}, "headers": {}, "body": b""},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
    ids=["get", "list"],
)
def test_requests_are_signed_as_the_reference_signs_them(request_: dict[str, Any], signature: str) -> None:
    signed = signed_headers(**request_, **_EXAMPLE)  # type: ignore[arg-type]
    assert signed["authorization"].endswith(f"Signature={signature}")
