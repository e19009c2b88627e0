"""Checkpoints in an S3 bucket with object lock: an object a note, which nobody deletes before its time, the account's
owner included (mode COMPLIANCE).

The bucket is made with object lock on. A note is written with `If-None-Match: *`, so that a second one under its number
is refused rather than laid over it as a newer version.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from portal.audit import CheckpointConflict
from portal.integrations.s3 import Bucket, StoreUnavailable, told
from portal.kernel.clock import utc_now

KEY = "key.pub"


class S3CheckpointStore:
    """Implements `portal.audit.CheckpointStore`. `url`: without the bucket; `prefix`: "" or ending in "/"."""

    def __init__(
        self,
        *,
        url: str,
        bucket: str,
        region: str,
        access_key: str,
        secret_key: str,
        days: int,
        prefix: str = "",
        timeout: float = 15.0,
        networks: Sequence[str] = (),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._days, self._clock = days, clock
        self._bucket = Bucket(
            url=url,
            bucket=bucket,
            region=region,
            access_key=access_key,
            secret_key=secret_key,
            prefix=prefix,
            timeout=timeout,
            networks=networks,
            clock=clock,
        )

    def keep(self, *, tenant_id: UUID, number: int, note: str) -> None:
        """See CheckpointStore."""
        self._keep(f"{tenant_id}/{number}.txt", note)

    def all_of(self, tenant_id: UUID) -> dict[int, str]:
        """See CheckpointStore."""
        place = f"{tenant_id}/"
        names = (one.key.removeprefix(place) for one in self._bucket.list(place))
        numbers = [int(name.removesuffix(".txt")) for name in names if name.removesuffix(".txt").isdecimal()]
        return {number: self._read(f"{tenant_id}/{number}.txt") for number in numbers}

    def keep_key(self, key: str) -> None:
        """Lay the public key beside the notes. One key a bucket: another one needs another prefix."""
        self._keep(KEY, f"{key}\n")

    def key(self) -> str:
        """The public key's line; raises StoreUnavailable where there is none."""
        return self._read(KEY).strip()

    def _keep(self, name: str, text: str) -> None:
        body = text.encode()
        until = (self._clock().astimezone(UTC) + timedelta(days=self._days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {
            "content-type": "text/plain; charset=utf-8",
            "if-none-match": "*",
            "x-amz-checksum-sha256": b64encode(hashlib.sha256(body).digest()).decode(),
            "x-amz-object-lock-mode": "COMPLIANCE",
            "x-amz-object-lock-retain-until-date": until,
        }
        answer = self._bucket.ask("PUT", name, headers=headers, body=body)
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            if self._read(name) != text:
                raise CheckpointConflict(f"{self._bucket.prefix}{name} holds something else")
        elif answer.status_code != HTTPStatus.OK:
            raise StoreUnavailable(told(answer))

    def _read(self, name: str) -> str:
        answer = self._bucket.ask("GET", name)
        if answer.status_code != HTTPStatus.OK:
            raise StoreUnavailable(told(answer))
        return answer.content.decode()
