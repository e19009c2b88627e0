"""AWS Signature Version 4 in a header, for requests whose body is known ("Signature Calculations for the Authorization
Header: Transferring Payload in a Single Chunk" of the S3 API reference). Pure.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"


def signed_headers(
    *,
    method: str,
    host: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    region: str,
    access_key: str,
    secret_key: str,
    now: datetime,
) -> dict[str, str]:
    """`headers` with those that sign the request. `path` as it is sent: quoted, "/" kept."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    content = hashlib.sha256(body).hexdigest()
    sent = dict(headers) | {"x-amz-date": stamp, "x-amz-content-sha256": content}
    covered = {name.lower(): value.strip() for name, value in {**sent, "host": host}.items()}
    names = ";".join(sorted(covered))
    canonical = "\n".join((
        method,
        path,
        canonical_query(query),
        *(f"{name}:{covered[name]}" for name in sorted(covered)),
        "",
        names,
        content,
    ))  # fmt: skip
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    text = "\n".join((ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    sent["authorization"] = f"{ALGORITHM} Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return sent


def canonical_query(query: Mapping[str, str]) -> str:
    """Sorted, and quoted as the signature wants it; sent in the same form."""
    return "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))
