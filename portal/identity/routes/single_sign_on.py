"""Signing in at the clinic's identity provider: the way there and back.

The way is committed before the provider is called, and taken once by the browser that began it. Our own page leads on
by a link: a form that redirected to another origin would break `form-action 'self'`.
"""

from datetime import datetime
from uuid import UUID

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.federation import UnableToSignOn, is_strong, require_recent, shown_at
from portal.identity.models import FederatedSignIn, IdentityProvider
from portal.identity.operations import (
    TooMany,
    begin_federated,
    begin_sign_in,
    count_try,
    note_address,
    settle_federated,
    take_federated,
    withdraw_federated,
)
from portal.identity.ports import UnverifiedToken, Vouched
from portal.identity.provider_queries import as_provider, provider_in_use
from portal.identity.routes.blueprint import blueprint, next_path, wait_in_words, welcome
from portal.identity.routes.second_factor import go_on_to_second_step
from portal.identity.routes.ways import asks_afresh, holder, port, redirect_uri, way_of
from portal.kernel.errors import NotFound, PartnerRefused, PartnerUnavailable
from portal.kernel.locale import gettext as _
from portal.kernel.principal import Principal
from portal.web.access import clinic, db, door, now, principal, public
from portal.web.pages import found, render, see
from portal.web.transactions import commit_before_call, in_second_transaction, writes, writes_on_get


@blueprint.post("/staff/single-sign-on")
@public("Staff sign in here", purpose="sign-in")
@writes
def start_single_sign_on() -> ResponseReturnValue:
    """Begin the way to the provider."""
    provider = provider_in_use(db())
    if provider is None:
        return see("identity.staff_sign_in", next=next_path())
    try:
        with in_second_transaction() as short:
            count_try(short, kind="sso", target="", address=principal().address, now=now())
    except TooMany as limit:
        return _failed(wait_in_words(limit.wait), status=429)
    afresh = asks_afresh()
    way = begin_federated(db(), provider=provider, holder=holder(), onward=next_path(), afresh=afresh, now=now())
    asked, kept = as_provider(provider), way.secrets
    commit_before_call(url_for("identity.to_provider", way=way.id))
    try:
        address = port().address(asked, redirect_uri=redirect_uri(), afresh=afresh, **kept)
    except (PartnerUnavailable, PartnerRefused):
        return _failed(
            _("%(provider)s does not answer. Try again in a few minutes.", provider=provider.name), status=503
        )
    with in_second_transaction() as short:
        note_address(short, federated_id=way.id, address=address)
    return see("identity.to_provider", way=way.id)


@blueprint.get("/staff/single-sign-on/<uuid:way>")
@public("Whoever has begun to sign in at the provider goes on here", purpose="sign-in")
def to_provider(way: UUID) -> ResponseReturnValue:
    """The link to the provider; the browser follows it by itself."""
    row = way_of(way)
    provider = provider_in_use(db())
    if row is None or provider is None or row.taken_at or row.expires_at <= now() or not row.address:
        return see("identity.staff_sign_in")
    return render("identity/to_provider.html", provider=provider, address=row.address)


@blueprint.get("/staff/single-sign-on/back")
@public("The provider sends browsers back to here", purpose="sign-in")
@writes_on_get("The identity provider sends the browser back with a GET, and that signs it in")
def from_provider() -> ResponseReturnValue:
    """What the provider answered; with a token that is right this browser is signed in, or goes on to a second step."""
    provider, asked = provider_in_use(db()), request.args
    try:
        with in_second_transaction() as short:
            count_try(short, kind="sso-callback", target="", address=principal().address, now=now())
        with in_second_transaction() as short:
            way_id = take_federated(short, state=asked.get("state", ""), holder=holder(), now=now())
    except TooMany as limit:
        return _failed(wait_in_words(limit.wait), status=429)
    except NotFound:
        return _refused("state", _("This sign-in was used before. Or it took too long, or began in another browser."))
    way = found(way_of(way_id))
    if provider is None or provider.issuer != way.issuer:
        return see("identity.staff_sign_in")
    if asked.get("error") or not asked.get("code"):
        return _refused("provider", _("%(provider)s did not sign you in.", provider=provider.name))
    try:
        vouched = _redeem(provider, way)
        asked_for = as_provider(provider)
        require_recent(asked_for, vouched, since=way.created_at if way.afresh else None, now=now())
        strong, shown = is_strong(asked_for, vouched), shown_at(asked_for, vouched, now=now())
        if not strong and provider.weak_sign_in == "refuse":
            raise UnableToSignOn("weak")
        account_id = _settle(way.id, vouched)
    except PartnerUnavailable:
        return _failed(
            _("%(provider)s does not answer. Try again in a few minutes.", provider=provider.name), status=503
        )
    except (PartnerRefused, UnverifiedToken):
        return _refused("token", _("We could not check what %(provider)s said. Try again.", provider=provider.name))
    except UnableToSignOn as refusal:
        return _refused(refusal.reason, _why(refusal.reason, provider))
    if account_id is None:
        flash(_("Sign in to your account here once, to link it with %(provider)s.", provider=provider.name), "info")
        return see("identity.staff_sign_in", next=url_for("identity.link_account", way=way.id))
    return _enter(account_id, way, second_factor_at=shown, strong=strong)


def _redeem(provider: IdentityProvider, way: FederatedSignIn) -> Vouched:
    kept, asked = way.secrets, as_provider(provider)
    commit_before_call("")
    return port().redeem(
        asked,
        code=request.args["code"],
        response_issuer=request.args.get("iss"),
        redirect_uri=redirect_uri(),
        nonce=kept["nonce"],
        verifier=kept["verifier"],
        now=now(),
    )


def _settle(way_id: UUID, vouched: Vouched) -> UUID | None:
    ours = Principal.system(tenant_id=db().tenant_id, purpose="single-sign-on")
    try:
        with door().database.transaction(ours) as own:
            return settle_federated(own, federated_id=way_id, vouched=vouched, now=now())
    except UnableToSignOn as refusal:
        if refusal.reason == "no-group":
            with door().database.transaction(ours) as own:
                withdraw_federated(own, vouched=vouched, now=now())
        raise


def _enter(
    account_id: UUID, way: FederatedSignIn, *, second_factor_at: datetime | None, strong: bool
) -> ResponseReturnValue:
    if not strong:
        token = begin_sign_in(
            db(), account_id=account_id, name=_("Authenticator app"), channel="sso", federated_id=way.id, now=now()
        )
        return go_on_to_second_step(token, staff=True, onward=way.onward)
    onward = welcome(
        account_id, channel="sso", second_factor_at=second_factor_at, federated_id=way.id, onward=way.onward
    )
    return onward or _refused("ended", _why("ended", None))


def _why(reason: str, provider: IdentityProvider | None) -> str:
    name = provider.name if provider else ""
    return {
        "weak": _("%(provider)s did not ask you for a second factor. Try again and show one.", provider=name),
        "too-old": _("You signed in at %(provider)s too long ago. Sign out there and try again.", provider=name),
        "no-group": _("You are in no group at %(provider)s that may work here. Ask your administrator.", provider=name),
        "no-email": _("%(provider)s did not tell us your e-mail address. Ask your administrator.", provider=name),
        "ended": _("That sign-in has ended meanwhile. Sign in again."),
        "closed": _("You cannot sign in here. Call %(clinic)s for help.", clinic=clinic().name),
    }[reason]


def _refused(what: str, sentence: str) -> ResponseReturnValue:
    with in_second_transaction() as short:
        record_event(short, what=f"sign-in-refused:single-sign-on:{what}")
    return _failed(sentence, status=403)


def _failed(sentence: str, *, status: int) -> ResponseReturnValue:
    return render("identity/not_signed_on.html", sentence=sentence, status=status)
