"""The part of the S3 API that the portal needs, in memory: put, get, list and delete objects of one bucket.

Holds each request against its signature (AWS Signature Version 4) as the service does, refuses what object lock
refuses, and keeps every version. For tests, and for whoever wants to try the settings without an account.
"""

import asyncio
import hashlib
import hmac
import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from xml.sax.saxutils import escape

from aiohttp import web

from deploy.partners.serving import serve_http, setting, until_stopped

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,"
    r" SignedHeaders=([^,]+), Signature=([0-9a-f]{64})"
)
SKEW = timedelta(minutes=15)
LOCK = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date")


@dataclass(kw_only=True)
class Version:
    """One version of an object, and until when it is locked."""

    content: bytes
    until: datetime | None
    written: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'


@dataclass(kw_only=True)
class Bucket:
    """One bucket with object lock. `page`: how many keys a list holds; `is_public`: a mistake that can be made."""

    name: str
    region: str
    access_key: str
    secret_key: str
    page: int = 1000
    is_public: bool = False
    objects: dict[str, list[Version]] = field(default_factory=dict)

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes([
            web.get("/healthz", _healthy),
            web.get(f"/{self.name}", self.list),
            web.put(f"/{self.name}/{{key:.+}}", self.put),
            web.get(f"/{self.name}/{{key:.+}}", self.get),
            web.delete(f"/{self.name}/{{key:.+}}", self.delete),
        ])  # fmt: skip
        return application

    async def put(self, request: web.Request) -> web.Response:
        body = await request.read()
        if (refusal := self._refusal(request, body)) is not None:
            return refusal
        locked = [name in request.headers for name in LOCK]
        if any(locked) and not all(locked):
            return _error(400, "InvalidArgument")
        until = None
        checksum = request.headers.get("x-amz-checksum-sha256")
        if checksum and checksum != b64encode(hashlib.sha256(body).digest()).decode():
            return _error(400, "BadDigest")
        if all(locked):
            if checksum is None and "content-md5" not in request.headers:
                return _error(400, "InvalidRequest")
            until = datetime.strptime(request.headers[LOCK[1]], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            if request.headers[LOCK[0]] not in {"COMPLIANCE", "GOVERNANCE"} or until <= datetime.now(UTC):
                return _error(400, "InvalidArgument")
        key = request.match_info["key"]
        held = self.objects.get(key)
        if request.headers.get("if-none-match") == "*" and held:
            return _error(412, "PreconditionFailed")
        if (mark := request.headers.get("if-match")) is not None:
            if not held:
                return _error(404, "NoSuchKey")
            if held[-1].etag != mark:
                return _error(412, "PreconditionFailed")
        self.objects.setdefault(key, []).append(Version(content=body, until=until))
        return web.Response()

    async def get(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request, b"")) is not None:
            return refusal
        versions = self.objects.get(request.match_info["key"])
        if not versions:
            return _error(404, "NoSuchKey")
        return web.Response(body=versions[-1].content, headers={"ETag": versions[-1].etag})

    async def delete(self, request: web.Request) -> web.Response:
        """The newest version for good, which a lock forbids to everybody."""
        if (refusal := self._refusal(request, b"")) is not None:
            return refusal
        versions = self.objects.get(request.match_info["key"], [])
        if versions and versions[-1].until and versions[-1].until > datetime.now(UTC):
            return _error(403, "AccessDenied")
        if versions:
            versions.pop()
        return web.Response(status=204)

    async def list(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request, b"")) is not None:
            return refusal
        after, prefix = request.query.get("continuation-token", ""), request.query.get("prefix", "")
        keys = sorted(key for key, held in self.objects.items() if held and key.startswith(prefix) and key > after)
        shown, more = keys[: self.page], len(keys) > self.page
        listed = "".join(
            f"<Contents><Key>{escape(key)}</Key>"
            f"<LastModified>{self.objects[key][-1].written:%Y-%m-%dT%H:%M:%S}.000Z</LastModified></Contents>"
            for key in shown
        )
        token = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if more else ""
        return _xml(
            200,
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{listed}</ListBucketResult>",
        )

    def _refusal(self, request: web.Request, body: bytes) -> web.Response | None:
        """What is wrong with the signature, if anything is."""
        if self.is_public and "authorization" not in request.headers:
            return None
        given = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if given is None:
            return _error(403, "AccessDenied")
        access_key, day, region, names, signature = given.groups()
        if access_key != self.access_key:
            return _error(403, "InvalidAccessKeyId")
        stamp = request.headers.get("x-amz-date", "")
        try:
            at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            return _error(403, "AccessDenied")
        if abs(datetime.now(UTC) - at) > SKEW:
            return _error(403, "RequestTimeTooSkewed")
        covered = names.split(";")
        unsigned = {name.lower() for name in request.headers if name.lower().startswith("x-amz-")} - set(covered)
        digest = hashlib.sha256(body).hexdigest()
        if "host" not in covered or unsigned or region != self.region or day != stamp[:8]:
            return _error(403, "AccessDenied")
        if request.headers.get("x-amz-content-sha256") != digest:
            return _error(400, "XAmzContentSHA256Mismatch")
        query = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in request.query.items())
        lines = [
            request.method, request.rel_url.raw_path, "&".join(f"{name}={value}" for name, value in query),
            *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in covered), "", names, digest,
        ]  # fmt: skip
        wanted = self._sign(day, stamp, hashlib.sha256("\n".join(lines).encode()).hexdigest())
        return None if hmac.compare_digest(wanted, signature) else _error(403, "SignatureDoesNotMatch")

    def _sign(self, day: str, stamp: str, request_digest: str) -> str:
        key = ("AWS4" + self.secret_key).encode()
        for step in (day, self.region, "s3", "aws4_request"):
            key = hmac.digest(key, step.encode(), "sha256")
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{day}/{self.region}/s3/aws4_request\n{request_digest}"
        return hmac.digest(key, text.encode(), "sha256").hex()


async def _healthy(request: web.Request) -> web.Response:
    return web.Response(text="ok")


def _xml(status: int, content: str) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>{content}'
    return web.Response(status=status, text=text, content_type="application/xml")


def _error(status: int, code: str) -> web.Response:
    return _xml(status, f"<Error><Code>{code}</Code></Error>")


async def main() -> None:
    """Until stopped. BUCKET_PORT, BUCKET_NAME, BUCKET_REGION, BUCKET_ACCESS_KEY, BUCKET_SECRET_KEY; BUCKET_PUBLIC."""
    bucket = Bucket(
        name=setting("BUCKET_NAME"),
        region=setting("BUCKET_REGION", "us-east-1"),
        access_key=setting("BUCKET_ACCESS_KEY"),
        secret_key=setting("BUCKET_SECRET_KEY"),
        page=int(setting("BUCKET_PAGE", "1000")),
        is_public=setting("BUCKET_PUBLIC", "") == "yes",
    )
    runner = await serve_http(bucket.application(), port=int(setting("BUCKET_PORT")))
    await until_stopped()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
