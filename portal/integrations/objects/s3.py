"""Large objects in an S3 bucket: sealed before they leave, written once, replaced only under the mark that was read.

A key is `tenant/object`. A busy or silent service is asked again within the time that a write may take; when the answer
to a write was lost, the second try finds the object there and compares.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Self
from uuid import UUID

from portal.integrations.http import partner_networks
from portal.integrations.s3 import Bucket, StoreUnavailable, told
from portal.kernel.clock import utc_now
from portal.kernel.config import Settings
from portal.kernel.ids import new_id
from portal.kernel.objects import WRITE_SECONDS, MissingObject, SealedStore

#: Three tries and their pauses stay within what a write may take.
TIMEOUT = (WRITE_SECONDS - 2) / 3
ANSWER_BYTES = 50_000_000


class ObjectConflict(StoreUnavailable):
    """Something else lies under a key that was just made. Nothing was written over."""


class S3ObjectStore(SealedStore):
    """Objects in a bucket. `url`: without the bucket; `prefix`: "" or ending in "/"."""

    def __init__(
        self,
        *,
        url: str,
        bucket: str,
        region: str,
        access_key: str,
        secret_key: str,
        prefix: str = "",
        timeout: float = TIMEOUT,
        networks: Sequence[str] = (),
    ) -> None:
        self._bucket = Bucket(
            url=url,
            bucket=bucket,
            region=region,
            access_key=access_key,
            secret_key=secret_key,
            prefix=prefix,
            timeout=timeout,
            networks=networks,
            answer_bytes=ANSWER_BYTES,
        )

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The bucket that the settings name."""
        return cls(
            url=settings.object_s3_url,
            bucket=settings.object_s3_bucket,
            prefix=settings.object_s3_prefix,
            region=settings.object_s3_region,
            access_key=settings.object_s3_access_key,
            secret_key=settings.object_s3_secret_key.get_secret_value(),
            networks=partner_networks(settings),
        )

    def _create(self, tenant_id: UUID, object_id: UUID, sealed: bytes) -> None:
        written = self._put(_key(tenant_id, object_id), sealed, {"if-none-match": "*"})
        if not written and self._read(tenant_id, object_id)[0] != sealed:
            raise ObjectConflict(_key(tenant_id, object_id))

    def _read(self, tenant_id: UUID, object_id: UUID) -> tuple[bytes, str]:
        answer = self._bucket.ask("GET", _key(tenant_id, object_id), patient=True)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise MissingObject(str(object_id))
        if answer.status_code != HTTPStatus.OK:
            raise StoreUnavailable(told(answer))
        return answer.content, answer.headers.get("etag", "")

    def _replace(self, tenant_id: UUID, object_id: UUID, sealed: bytes, mark: str) -> bool:
        """Its age begins anew, which only lets the sweep wait longer."""
        if self._put(_key(tenant_id, object_id), sealed, {"if-match": mark}):
            return True
        try:  # replaced by a try whose answer was lost, or by another run
            return self._read(tenant_id, object_id)[0] == sealed
        except MissingObject:
            return False

    def _put(self, key: str, sealed: bytes, condition: dict[str, str]) -> bool:
        """Whether the condition held, and the object is written."""
        checksum = b64encode(hashlib.sha256(sealed).digest()).decode()
        headers = {"content-type": "application/octet-stream", "x-amz-checksum-sha256": checksum, **condition}
        answer = self._bucket.ask("PUT", key, headers=headers, body=sealed, patient=True)
        if answer.status_code == HTTPStatus.OK:
            return True
        gone = "if-match" in condition and told(answer).endswith("NoSuchKey")
        # 409: another conditional write of this key is under way.
        if gone or answer.status_code in {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT}:
            return False
        raise StoreUnavailable(told(answer))

    def _remove(self, tenant_id: UUID, object_id: UUID) -> None:
        answer = self._bucket.ask("DELETE", _key(tenant_id, object_id), patient=True)
        if answer.status_code not in {HTTPStatus.NO_CONTENT, HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            raise StoreUnavailable(told(answer))

    def _listed(self, tenant_id: UUID) -> Iterator[tuple[UUID, datetime]]:
        place = _key(tenant_id, "")
        for one in self._bucket.list(place):
            yield UUID(one.key.removeprefix(place)), one.written or utc_now()

    def troubles(self) -> list[str]:
        """What is wrong with the bucket, in words for who runs it: tried with an object of no content.

        Empty: it takes an object once only, gives it back, deletes it, and shows strangers nothing.
        """
        found = []
        place, probe = UUID(int=0), new_id()
        key = _key(place, probe)
        try:
            self._create(place, probe, b"probe")
            if self._read(place, probe)[0] != b"probe":
                found.append("it gives back something else than was put")
            if self._put(key, b"other", {"if-none-match": "*"}):
                found.append("it writes over what is there: If-None-Match is not kept")
            if probe not in self.ids(place):
                found.append("its list does not show what is there")
            for what, method, name in (("list", "GET", ""), ("read", "GET", key), ("delete", "DELETE", key)):
                if self._bucket.ask(method, name, signed=False).is_success:
                    found.append(f"it is public: anybody may {what}")
            self._remove(place, probe)
            if probe in self.ids(place):
                found.append("what was deleted is still listed")
        except (OSError, MissingObject) as error:
            found.append(f"it does not answer as it should: {error}")
        return found


def _key(tenant_id: UUID, object_id: UUID | str) -> str:
    return f"{tenant_id}/{object_id}"
