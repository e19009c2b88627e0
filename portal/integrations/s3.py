"""A bucket of S3, or of what speaks like it: signed requests by the one way out, lists page by page, and its refusals.

Shared by the second place of checkpoints and by the store of large objects.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote

import httpx
from defusedxml import DefusedXmlException, ElementTree

from portal.integrations.http import ANSWER_BYTES, partner_client
from portal.integrations.signing import canonical_query, signed_headers
from portal.kernel.clock import utc_now

#: Waits before a further try, where the caller allows any: S3 asks for it by 503 SlowDown.
PAUSES = (0.2, 0.8)


class StoreUnavailable(OSError):
    """The bucket did not answer, or not as it should. Trying again later does no harm."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An object of a list."""

    key: str
    written: datetime | None


class Bucket:
    """One bucket. `url`: of the service, without the bucket; `prefix`: of all keys, "" or ending in "/"."""

    def __init__(
        self,
        *,
        url: str,
        bucket: str,
        region: str,
        access_key: str,
        secret_key: str,
        prefix: str = "",
        timeout: float = 15.0,
        networks: Sequence[str] = (),
        answer_bytes: int = ANSWER_BYTES,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._path, self.prefix, self._clock = f"/{bucket}", prefix, clock
        self._region, self._access_key, self._secret_key = region, access_key, secret_key
        self._client = partner_client(url.rstrip("/"), timeout=timeout, networks=networks, answer_bytes=answer_bytes)
        self._host = self._client.base_url.netloc.decode()

    def ask(
        self,
        method: str,
        name: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        signed: bool = True,
        patient: bool = False,
    ) -> httpx.Response:
        """One request for the object `name`, or for the bucket. Raises StoreUnavailable when nothing was answered.

        `patient`: asked again when the service is busy or silent, for requests that may arrive twice.
        """
        path = quote(f"{self._path}/{self.prefix}{name}" if name else self._path, safe="/-_.~")
        address = f"{path}?{canonical_query(query)}" if query else path
        for pause in (*PAUSES, None) if patient else (None,):
            try:
                sent = self._signed(method, path, query or {}, headers or {}, body) if signed else dict(headers or {})
                answer = self._client.request(method, address, headers=sent, content=body or None)
            except httpx.HTTPError as error:
                if pause is None:
                    raise StoreUnavailable(type(error).__name__) from None
            else:
                if pause is None or answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return answer
            time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def list(self, place: str) -> Iterator[Listed]:
        """Every object whose key begins with the prefix and `place`; keys without the prefix."""
        query = {"list-type": "2", "prefix": f"{self.prefix}{place}"}
        while True:
            answer = self.ask("GET", query=query, patient=True)
            if answer.status_code != HTTPStatus.OK:
                raise StoreUnavailable(told(answer))
            try:
                page = ElementTree.fromstring(answer.content)
            except (ElementTree.ParseError, DefusedXmlException) as error:
                raise StoreUnavailable("no list that can be read") from error
            for one in page.iterfind("{*}Contents"):
                written = one.findtext("{*}LastModified")
                key = (one.findtext("{*}Key") or "").removeprefix(self.prefix)
                yield Listed(key=key, written=datetime.fromisoformat(written) if written else None)
            if page.findtext("{*}IsTruncated") != "true":
                return
            query["continuation-token"] = page.findtext("{*}NextContinuationToken") or ""

    def _signed(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> dict[str, str]:
        return signed_headers(
            method=method,
            host=self._host,
            path=path,
            query=query,
            headers=headers,
            body=body,
            region=self._region,
            access_key=self._access_key,
            secret_key=self._secret_key,
            now=self._clock(),
        )


def told(answer: httpx.Response) -> str:
    """The status, and S3's own code for what is wrong."""
    try:
        code = ElementTree.fromstring(answer.content).findtext("{*}Code")
    except (ElementTree.ParseError, DefusedXmlException):
        code = None
    return f"http {answer.status_code} {code or ''}".strip()
