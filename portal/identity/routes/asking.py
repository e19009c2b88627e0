"""Questions to passkeys, as the script on a page asks for them, and the reading of answers."""

from uuid import UUID

from flask import make_response
from flask.typing import ResponseReturnValue

from portal.identity.operations import put_challenge, spend_challenge
from portal.identity.passkeys import question_to_make, question_to_show
from portal.identity.queries import contact_of_account, passkeys_of
from portal.identity.rules import masked
from portal.identity.wiring import wiring
from portal.web.access import clinic, db, now
from portal.web.transactions import in_second_transaction


def ask_for_passkey(*, use: str, holder: str, account_id: UUID | None) -> ResponseReturnValue:
    """A question for one of the account's passkeys, or for any that the device has when no account is known."""
    challenge = put_challenge(db(), use=use, holder=holder, account_id=account_id, now=now())
    known = passkeys_of(db(), account_id=account_id) if account_id else []
    return _json(
        question_to_show(
            place=wiring().passkeys, challenge=challenge, known=[bytes(one.credential_id) for one in known]
        )
    )


def ask_to_make_passkey(*, use: str, holder: str, account_id: UUID) -> ResponseReturnValue:
    """A question for a new passkey of the account; the device shows it under the masked contact."""
    challenge = put_challenge(db(), use=use, holder=holder, account_id=account_id, now=now())
    contact = contact_of_account(db(), account_id=account_id)
    return _json(
        question_to_make(
            place=wiring().passkeys,
            challenge=challenge,
            clinic=clinic().name,
            account_id=account_id,
            account=f"{masked(contact.channel, contact.target)} · {clinic().name}",
            known=[bytes(one.credential_id) for one in passkeys_of(db(), account_id=account_id)],
        )
    )


def spend(*, answer: str, use: str, holder: str, account_id: UUID | None) -> bytes:
    """Use the question up, whatever becomes of the request; raises PasskeyRefused."""
    with in_second_transaction() as short:
        return spend_challenge(short, answer=answer, use=use, holder=holder, account_id=account_id, now=now())


def _json(text: str) -> ResponseReturnValue:
    response = make_response(text)
    response.mimetype = "application/json"
    return response
