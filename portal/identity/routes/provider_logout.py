"""The clinic's identity provider tells that a session of its own has ended (OpenID Connect Back-Channel Logout 1.0)."""

from flask import request
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.operations import LogoutReplayed, TooMany, count_try, take_logout
from portal.identity.ports import UnverifiedToken
from portal.identity.provider_queries import as_provider, provider_in_use
from portal.identity.routes.blueprint import blueprint
from portal.identity.wiring import wiring
from portal.kernel.errors import PartnerUnavailable
from portal.kernel.principal import Principal
from portal.web.access import clinic, door, now, principal, public


@blueprint.post("/single-sign-on/logout")
@public("Verified by the provider's signature", purpose="single-sign-on")
def provider_logout() -> ResponseReturnValue:
    """End the sessions that began there. 400 for what is not the provider's, 503 to be told again later.

    Only what is refused counts: whatever strangers send, a logout that is right is taken.
    """
    ours = Principal.system(tenant_id=clinic().id, purpose="single-sign-on")
    try:
        with door().database.transaction(ours) as session:
            row = provider_in_use(session)
            provider = as_provider(row) if row else None
        port = wiring().single_sign_on
        if provider is None or port is None:
            raise UnverifiedToken("provider")
        notice = port.read_logout(provider, token=request.form.get("logout_token", ""), now=now())
        with door().database.transaction(ours) as session:
            take_logout(session, notice=notice, now=now())
            record_event(session, what="single-sign-on:logout")
    except (UnverifiedToken, LogoutReplayed):
        return _refused(ours)
    except PartnerUnavailable:
        return {"error": "temporarily_unavailable"}, 503
    return "", 200


def _refused(ours: Principal) -> ResponseReturnValue:
    try:
        with door().database.transaction(ours) as session:
            count_try(session, kind="logout", target="", address=principal().address, now=now())
    except TooMany:
        return {"error": "slow_down"}, 429
    return {"error": "invalid_request"}, 400


# Another origin's form cannot bear the provider's signature.
provider_logout.__csrf_exempt__ = True  # type: ignore[attr-defined]  # read by app's factory
