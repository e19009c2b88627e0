"""One's own second factors: see, add, rename, remove them, and print codes for the day when the phone is gone."""

from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.access import Permission
from portal.identity.forms import ConfirmForm, FactorNameForm
from portal.identity.operations import (
    FactorRefused,
    LastFactor,
    confirm_authenticator,
    make_recovery_codes,
    offer_authenticator,
    remove_factor,
    rename_factor,
)
from portal.identity.queries import authenticators_of, offered_authenticator, passkeys_of, recovery_codes_left
from portal.identity.routes.blueprint import blueprint, next_path
from portal.identity.routes.pictures import app_address, qr_picture
from portal.identity.sessions import has_password
from portal.identity.wiring import wiring
from portal.kernel.locale import gettext as _
from portal.web.access import clinic, db, now, principal, requires
from portal.web.pages import found, render, see
from portal.web.transactions import writes

#: The action for which a second factor is shown again before any of this changes.
FACTORS = "factors"


@blueprint.get("/factors")
@requires(Permission.FACTOR_OWN, purpose="factors")
def factors() -> ResponseReturnValue:
    """What there is beside the password or the code."""
    account_id = principal().actor_id
    apps, passkeys = authenticators_of(db(), account_id=account_id), passkeys_of(db(), account_id=account_id)
    return render(
        "identity/factors.html",
        apps=apps,
        passkeys=passkeys,
        removable=len(apps) + len(passkeys) > 1 or not principal().is_staff,
        codes_left=recovery_codes_left(db(), account_id=account_id),
        with_password=has_password(db()),
    )


@blueprint.post("/factors/new")
@requires(Permission.FACTOR_OWN, purpose="factors", step_up=FACTORS)
@writes
def add_factor() -> ResponseReturnValue:
    """Offer another app its secret."""
    offered = offer_authenticator(db(), account_id=principal().actor_id, name=_("Authenticator app"), now=now())
    return see("identity.confirm_factor", factor=offered)


@blueprint.route("/factors/<uuid:factor>/set-up", methods=["GET", "POST"])
@requires(Permission.FACTOR_OWN, purpose="factors", step_up=FACTORS)
@writes
def confirm_factor(factor: UUID) -> ResponseReturnValue:
    """The app reads the picture, and its first code makes it count."""
    account_id = principal().actor_id
    offered = found(offered_authenticator(db(), authenticator_id=factor, account_id=account_id))
    form = ConfirmForm()
    status = 422 if request.method == "POST" else 200
    if form.validate_on_submit():
        try:
            confirm_authenticator(
                db(), authenticator_id=factor, account_id=account_id, code=str(form.code.data), now=now()
            )
        except FactorRefused:
            form.code.errors = [_("That code does not work. Wait for the next one and write that.")]
        else:
            record_event(db(), what="factor-added")
            flash(_("Your app is set up."), "success")
            return see("identity.factors")
    address = app_address(offered.secret, issuer=clinic().name, account=clinic().slug)
    return render(
        "identity/set_up.html",
        form=form,
        key=offered.secret,
        address=address,
        picture=qr_picture(address),
        signing_in=False,
        status=status,
    )


@blueprint.route("/factors/<uuid:factor>/name", methods=["POST"])
@requires(Permission.FACTOR_OWN, purpose="factors", step_up=FACTORS)
@writes
def name_factor(factor: UUID) -> ResponseReturnValue:
    """Call it something else."""
    form = FactorNameForm()
    if form.validate_on_submit():
        rename_factor(db(), factor_id=factor, name=form.name.data.strip())
        record_event(db(), what="factor-renamed")
        flash(_("The new name is kept."), "success")
    else:
        flash(_("Write a name of at most 60 letters."), "warning")
    return see("identity.factors")


@blueprint.post("/factors/<uuid:factor>/remove")
@requires(Permission.FACTOR_OWN, purpose="factors", step_up=FACTORS)
@writes
def drop_factor(factor: UUID) -> ResponseReturnValue:
    """Take it away; staff's last one stays."""
    try:
        remove_factor(db(), factor_id=factor, now=now())
    except LastFactor:
        flash(_("This is your only app or passkey. Set another one up first."), "warning")
    else:
        record_event(db(), what="factor-removed")
        flash(_("It is removed. You cannot sign in with it any more."), "success")
    return see("identity.factors")


@blueprint.route("/factors/printed-codes", methods=["GET", "POST"])
@requires(Permission.FACTOR_OWN, purpose="factors", step_up=FACTORS)
@writes
def recovery_codes() -> ResponseReturnValue:
    """Ten codes, shown this once, to be printed or written down."""
    codes: list[str] = []
    if request.method == "POST":
        codes = make_recovery_codes(db(), now=now())
        record_event(db(), what="recovery-codes-made")
    left = recovery_codes_left(db(), account_id=principal().actor_id)
    onward = next_path() or wiring().landing(principal())
    return render("identity/recovery_codes.html", codes=codes, codes_left=left, onward=onward, made_at=now())
