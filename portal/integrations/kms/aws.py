"""AWS KMS wraps data keys; the key-encryption key never leaves it.

Requests are signed and credentials found as AWS's SDK does (environment, web identity, the machine's role). Each data
key is bound to its tenant and dataset by the encryption context, which AWS writes into its log. A call is made where a
process first opens a tenant's keys, with the transaction open: it is short, bounded, and changes nothing outside.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from portal.kernel.crypto import Kms, UnableToUnwrap

CONNECT_SECONDS = 2
READ_SECONDS = 3
ATTEMPTS = 2
#: What one key did not wrap, another may have: the next is asked.
OF_ANOTHER_KEY = {"IncorrectKeyException", "InvalidCiphertextException"}
_PREFIX = b"aws-kms:"


class KmsUnavailable(RuntimeError):
    """AWS KMS did not answer, or does not let us: nothing is sealed or opened that needs a key not yet in memory."""


class AwsKms:
    """`key_ids` (ids, ARNs or aliases): the first wraps, all unwrap. `older` opens what was wrapped before AWS did."""

    def __init__(self, key_ids: Sequence[str], *, region: str, url: str = "", older: Kms | None = None) -> None:
        self._key_ids = key_ids
        self._region = region
        self._url = url
        self._older = older
        self.key_name = f"aws-kms {key_ids[0]}"

    @cached_property
    def _client(self) -> Any:
        # Made at first use, in the process that uses it: gunicorn forks after the application is made.
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        )
        return Session().create_client("kms", region_name=self._region, endpoint_url=self._url or None, config=config)

    def wrap(self, key: bytes, *, context: Mapping[str, str]) -> bytes:
        """Raises KmsUnavailable."""
        try:
            answer = self._client.encrypt(KeyId=self._key_ids[0], Plaintext=key, EncryptionContext=dict(context))
        except (BotoCoreError, ClientError) as error:
            raise KmsUnavailable(_told(error)) from error
        return _PREFIX + bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, *, context: Mapping[str, str]) -> bytes:
        """Raises KmsUnavailable, UnableToUnwrap."""
        if not wrapped.startswith(_PREFIX):
            if self._older is None:
                raise UnableToUnwrap("wrapped by another kind of key, and no KEY_FILE is set")
            return self._older.unwrap(wrapped, context=context)
        blob = wrapped[len(_PREFIX) :]
        for key_id in self._key_ids:
            try:
                # The key is named: one that somebody else put in, under a key of their own, does not open.
                answer = self._client.decrypt(KeyId=key_id, CiphertextBlob=blob, EncryptionContext=dict(context))
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in OF_ANOTHER_KEY:
                    continue
                raise KmsUnavailable(_told(error)) from error
            except BotoCoreError as error:
                raise KmsUnavailable(_told(error)) from error
            return bytes(answer["Plaintext"])
        raise UnableToUnwrap("none of KMS_KEY_IDS wrapped it for this clinic and use")


def _told(error: Exception) -> str:
    """The kind of failure only: AWS's sentences name accounts and roles."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "refused"))
    return type(error).__name__
