"""Signing in at the clinic's identity provider: the way there and back, and linking an account that is known already.

The way is committed before the provider is called, and taken once by the browser that began it. Our own page leads on
by a link: a form that redirected to another origin would break `form-action 'self'`.
"""

import secrets
from typing import Any
from uuid import UUID

from flask import flash, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.access import Permission
from portal.identity.federation import UnableToSignOn, is_strong, require_recent
from portal.identity.models import FederatedSignIn, IdentityProvider
from portal.identity.operations import (
    AlreadyLinked,
    TooMany,
    begin_federated,
    begin_sign_in,
    count_try,
    link_identity,
    note_address,
    settle_federated,
    take_federated,
    withdraw_federated,
)
from portal.identity.ports import SignInProvider, UnverifiedToken, Vouched
from portal.identity.provider_queries import as_provider, federated_of, provider_in_use
from portal.identity.routes.blueprint import blueprint, next_path, wait_in_words, welcome
from portal.identity.routes.second_factor import go_on_to_second_step
from portal.identity.wiring import wiring
from portal.kernel.errors import NotFound, PartnerRefused, PartnerUnavailable
from portal.kernel.locale import gettext as _
from portal.kernel.principal import Principal
from portal.web.access import clinic, db, door, now, principal, public, requires
from portal.web.pages import found, render, see, see_next
from portal.web.transactions import commit_before_call, in_second_transaction, writes, writes_on_get

#: Where a browser keeps what its ways to the provider are bound to.
BROWSER = "provider_browser"


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
    way = begin_federated(db(), provider=provider, holder=_holder(), onward=next_path(), now=now())
    asked, kept = as_provider(provider), way.secrets
    commit_before_call(url_for("identity.to_provider", way=way.id))
    try:
        address = _port().address(asked, redirect_uri=redirect_uri(), afresh=False, **kept)
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
    row = _way(way)
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
            way_id = take_federated(short, state=asked.get("state", ""), holder=_holder(), now=now())
    except TooMany as limit:
        return _failed(wait_in_words(limit.wait), status=429)
    except NotFound:
        return _refused("state", _("This sign-in was used already, took too long, or began in another browser."))
    way = found(_way(way_id))
    if provider is None or provider.issuer != way.issuer:
        return see("identity.staff_sign_in")
    if asked.get("error") or not asked.get("code"):
        return _refused("provider", _("%(provider)s did not sign you in.", provider=provider.name))
    try:
        vouched = _redeem(provider, way)
        require_recent(as_provider(provider), vouched, now=now())
        strong = is_strong(as_provider(provider), vouched)
        if not strong and provider.weak_sign_in == "refuse":
            raise UnableToSignOn("weak")
        account_id = _settle(provider, way.id, vouched)
    except PartnerUnavailable:
        return _failed(
            _("%(provider)s does not answer. Try again in a few minutes.", provider=provider.name), status=503
        )
    except (PartnerRefused, UnverifiedToken):
        return _refused("token", _("We could not check what %(provider)s said. Try again.", provider=provider.name))
    except UnableToSignOn as refusal:
        return _refused(refusal.reason, _why(refusal.reason, provider))
    if account_id is None:
        return see("identity.staff_sign_in", next=url_for("identity.link_account", way=way.id))
    return _enter(account_id, way, strong=strong)


@blueprint.route("/staff/single-sign-on/<uuid:way>/link", methods=["GET", "POST"])
@requires(Permission.PASSWORD_OWN, purpose="factors", step_up="link")
@writes
def link_account(way: UUID) -> ResponseReturnValue:
    """Whom the provider vouched for says that this account is theirs, after signing in to it."""
    row = found(_way(way))
    if row.subject is None or row.identity_id is not None or row.linked_at is not None:
        return see("identity.staff_sign_in")
    if request.method == "POST":
        try:
            link_identity(db(), federated_id=way, holder=_holder(), now=now())
        except AlreadyLinked:
            flash(_("That sign-in belongs to another account. Ask your administrator."), "warning")
            return see("identity.factors")
        record_event(db(), what="single-sign-on:linked")
        flash(_("From now on you can sign in there."), "success")
        return see_next(row.onward, "identity.factors")
    return render("identity/link_account.html", said=row.said or {}, provider=provider_in_use(db()), way=way)


def redirect_uri() -> str:
    """Where the provider sends browsers back to; it must know this address."""
    return wiring().public_url + url_for("identity.from_provider")


def _redeem(provider: IdentityProvider, way: FederatedSignIn) -> Vouched:
    kept, asked = way.secrets, as_provider(provider)
    commit_before_call("")
    return _port().redeem(
        asked,
        code=request.args["code"],
        response_issuer=request.args.get("iss"),
        redirect_uri=redirect_uri(),
        nonce=kept["nonce"],
        verifier=kept["verifier"],
        now=now(),
    )


def _settle(provider: IdentityProvider, way_id: UUID, vouched: Vouched) -> UUID | None:
    ours = Principal.system(tenant_id=db().tenant_id, purpose="single-sign-on")
    asked = as_provider(provider)
    try:
        with door().database.transaction(ours) as own:
            return settle_federated(own, federated_id=way_id, provider=asked, vouched=vouched, now=now())
    except UnableToSignOn as refusal:
        if refusal.reason == "no-group":
            with door().database.transaction(ours) as own:
                withdraw_federated(own, vouched=vouched, now=now())
        raise


def _enter(account_id: UUID, way: FederatedSignIn, *, strong: bool) -> ResponseReturnValue:
    if not strong:
        token = begin_sign_in(
            db(), account_id=account_id, name=_("Authenticator app"), channel="sso", federated_id=way.id, now=now()
        )
        return go_on_to_second_step(token, staff=True, onward=way.onward)
    onward = welcome(account_id, channel="sso", second_factor=True, federated_id=way.id, onward=way.onward)
    return onward or _refused("closed", _why("closed", None))


def _why(reason: str, provider: IdentityProvider | None) -> str:
    name = provider.name if provider else ""
    return {
        "weak": _("%(provider)s did not ask you for a second factor. Try again and show one.", provider=name),
        "too-old": _("You signed in at %(provider)s too long ago. Sign out there and try again.", provider=name),
        "no-group": _("You are in no group at %(provider)s that may work here. Ask your administrator.", provider=name),
        "no-email": _("%(provider)s did not tell us your e-mail address. Ask your administrator.", provider=name),
        "closed": _("You cannot sign in here. Call %(clinic)s for help.", clinic=clinic().name),
    }[reason]


def _refused(what: str, sentence: str) -> ResponseReturnValue:
    with in_second_transaction() as short:
        record_event(short, what=f"sign-in-refused:single-sign-on:{what}")
    return _failed(sentence, status=403)


def _failed(sentence: str, *, status: int) -> ResponseReturnValue:
    return render("identity/not_signed_on.html", sentence=sentence, status=status)


def _way(way: UUID) -> FederatedSignIn | None:
    return federated_of(db(), federated_id=way, holder=_holder(), now=now())


def _holder() -> str:
    if BROWSER not in session:
        session[BROWSER] = secrets.token_urlsafe(24)
    return f"provider:{session[BROWSER]}"


def _port() -> SignInProvider:
    port: Any = wiring().single_sign_on
    if port is None:
        raise LookupError("single sign-on is not wired")
    return port  # type: ignore[no-any-return]  # as wired
