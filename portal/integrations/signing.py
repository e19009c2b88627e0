"""AWS Signature Version 4 in a header, for S3: botocore's signer at a time that is given."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


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
    # The scheme is not signed; the body is, whatever it travels over.
    address = f"http://{host}{path}" + (f"?{canonical_query(query)}" if query else "")
    request = AWSRequest(method=method, url=address, headers=dict(headers), data=body)
    _SignerAt(now, credentials=Credentials(access_key, secret_key), region=region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def canonical_query(query: Mapping[str, str]) -> str:
    """Sorted, and quoted as the signature wants it; sent in the same form."""
    return "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))


class _SignerAt(S3SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """botocore's own asks the machine's clock; its steps are the same."""

    def __init__(self, now: datetime, *, credentials: Credentials, region: str) -> None:
        super().__init__(credentials, "s3", region)
        self._stamp = now.astimezone(UTC).strftime(SIGV4_TIMESTAMP)

    def add_auth(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self._stamp
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))
