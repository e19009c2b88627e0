"""Passkeys (Web Authentication level 2): what a browser is asked, and whether its answer is right. No database here.

A passkey is made for one host, on pages of known origins, and only after the device has made sure of its owner.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    parse_authentication_credential_json,
    parse_client_data_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.identity.rules import CHALLENGE, PasskeyPlace
from portal.kernel.errors import PortalError
from portal.kernel.strict_json import read_json

CHALLENGE_BYTES = 32
#: The longest answer that is read, and the longest credential id (WebAuthn section 4).
ANSWER_LENGTH, CREDENTIAL_LENGTH = 20_000, 1023
_MILLISECONDS = int(CHALLENGE.total_seconds() * 1000)

T = TypeVar("T")


class PasskeyRefused(PortalError):
    """The answer is malformed, not ours, used before, too late, of another origin or another's; told alike."""

    code = "passkey-refused"


@dataclass(frozen=True, kw_only=True)
class NewPasskey:
    """What is kept of a passkey that was just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, kw_only=True)
class Named:
    """Which passkey an answer says that it is of; not yet proven."""

    credential_id: bytes
    account_id: UUID | None


def question_to_make(
    *, place: PasskeyPlace, challenge: bytes, clinic: str, account_id: UUID, account: str, known: Sequence[bytes]
) -> str:
    """JSON for navigator.credentials.create. `account` is shown in the device's list of passkeys."""
    return options_to_json(
        generate_registration_options(
            rp_id=place.host,
            rp_name=clinic,
            user_id=account_id.bytes,
            user_name=account,
            user_display_name=account,
            challenge=challenge,
            timeout=_MILLISECONDS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=_descriptors(known),
        )
    )


def question_to_show(*, place: PasskeyPlace, challenge: bytes, known: Sequence[bytes] = ()) -> str:
    """JSON for navigator.credentials.get; without `known` the device offers all that it has for this host."""
    return options_to_json(
        generate_authentication_options(
            rp_id=place.host,
            challenge=challenge,
            timeout=_MILLISECONDS,
            allow_credentials=_descriptors(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def challenge_in(answer: str) -> bytes:
    """The question that an answer is to; raises PasskeyRefused."""
    return _tried(lambda: parse_client_data_json(base64url_to_bytes(_part(answer, "clientDataJSON"))).challenge)


def named_in(answer: str) -> Named:
    """Whose passkey the answer says that it is; raises PasskeyRefused."""

    def read() -> Named:
        credential = parse_authentication_credential_json(answer)
        handle = credential.response.user_handle
        return Named(credential_id=credential.raw_id, account_id=UUID(bytes=handle) if handle else None)

    return _tried(read)


def made_by(answer: str, *, challenge: bytes, place: PasskeyPlace) -> NewPasskey:
    """The passkey that a browser has just made; raises PasskeyRefused."""
    made = _tried(
        lambda: verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=list(place.origins),
            require_user_verification=True,
        )
    )
    if not 0 < len(made.credential_id) <= CREDENTIAL_LENGTH:
        raise PasskeyRefused
    return NewPasskey(
        credential_id=made.credential_id, public_key=made.credential_public_key, sign_count=made.sign_count
    )


def shown_by(answer: str, *, challenge: bytes, place: PasskeyPlace, public_key: bytes, sign_count: int) -> int:
    """The passkey's new count, when the answer is signed by it; raises PasskeyRefused."""
    shown = _tried(
        lambda: verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=list(place.origins),
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    )
    return shown.new_sign_count


def _descriptors(known: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one) for one in known]


def _part(answer: str, name: str) -> str:
    return str(read_json(answer)["response"][name])


def _tried(read: Callable[[], T]) -> T:
    """Whatever a parser meets in what a stranger has made up is one refusal, and never a failure of ours."""
    try:
        return read()
    except Exception as error:
        raise PasskeyRefused from error
