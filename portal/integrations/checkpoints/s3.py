"""Checkpoints in an S3 bucket with object lock: an object a note, which nobody deletes before its time, the account's
owner included (mode COMPLIANCE).

The bucket is made with object lock on. A note is written with `If-None-Match: *`, so that a second one under its number
is refused rather than laid over it as a newer version.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote
from uuid import UUID

import httpx
from defusedxml import DefusedXmlException, ElementTree

from portal.audit import CheckpointConflict
from portal.integrations.checkpoints.signing import canonical_query, signed_headers
from portal.integrations.http import partner_client
from portal.kernel.clock import utc_now

KEY = "key.pub"


class StoreUnavailable(OSError):
    """The bucket did not answer, or not as it should. Trying again later does no harm."""


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
        self._path, self._prefix, self._days, self._clock = f"/{bucket}", prefix, days, clock
        self._region, self._access_key, self._secret_key = region, access_key, secret_key
        self._client = partner_client(url.rstrip("/"), timeout=timeout, networks=networks)
        self._host = self._client.base_url.netloc.decode()

    def keep(self, *, tenant_id: UUID, number: int, note: str) -> None:
        """See CheckpointStore."""
        self._keep(f"{tenant_id}/{number}.txt", note)

    def all_of(self, tenant_id: UUID) -> dict[int, str]:
        """See CheckpointStore."""
        place = f"{self._prefix}{tenant_id}/"
        names = (key.removeprefix(place) for key in self._keys(place))
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
        answer = self._ask("PUT", name, headers=headers, body=body)
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            if self._read(name) != text:
                raise CheckpointConflict(f"{self._prefix}{name} holds something else")
        elif answer.status_code != HTTPStatus.OK:
            raise StoreUnavailable(_told(answer))

    def _read(self, name: str) -> str:
        answer = self._ask("GET", name)
        if answer.status_code != HTTPStatus.OK:
            raise StoreUnavailable(_told(answer))
        return answer.content.decode()

    def _keys(self, place: str) -> Iterator[str]:
        query = {"list-type": "2", "prefix": place}
        while True:
            answer = self._ask("GET", "", query=query)
            if answer.status_code != HTTPStatus.OK:
                raise StoreUnavailable(_told(answer))
            try:
                page = ElementTree.fromstring(answer.content)
            except (ElementTree.ParseError, DefusedXmlException) as error:
                raise StoreUnavailable("no list that can be read") from error
            yield from (key.text or "" for key in page.iterfind("{*}Contents/{*}Key"))
            if page.findtext("{*}IsTruncated") != "true":
                return
            query["continuation-token"] = page.findtext("{*}NextContinuationToken") or ""

    def _ask(
        self,
        method: str,
        name: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> httpx.Response:
        path = quote(f"{self._path}/{self._prefix}{name}" if name else self._path, safe="/-_.~")
        signed = signed_headers(
            method=method,
            host=self._host,
            path=path,
            query=query or {},
            headers=headers or {},
            body=body,
            region=self._region,
            access_key=self._access_key,
            secret_key=self._secret_key,
            now=self._clock(),
        )
        address = f"{path}?{canonical_query(query)}" if query else path
        try:
            return self._client.request(method, address, headers=signed, content=body or None)
        except httpx.HTTPError as error:
            raise StoreUnavailable(type(error).__name__) from None


def _told(answer: httpx.Response) -> str:
    """The status, and S3's own code for what is wrong."""
    try:
        code = ElementTree.fromstring(answer.content).findtext("{*}Code")
    except (ElementTree.ParseError, DefusedXmlException):
        code = None
    return f"http {answer.status_code} {code or ''}".strip()
