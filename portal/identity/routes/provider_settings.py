"""The administrator's page of the clinic's identity provider: set up, tried, switched off."""

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.access import Permission
from portal.identity.operations import NoWayIn, set_provider
from portal.identity.provider_forms import ProviderForm
from portal.identity.provider_queries import as_provider, clinics_provider, groups_of_provider
from portal.identity.routes.blueprint import blueprint
from portal.identity.routes.ways import redirect_uri
from portal.identity.wiring import wiring
from portal.kernel.errors import PartnerRefused, PartnerUnavailable
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, requires
from portal.web.pages import found, render, see
from portal.web.transactions import commit_before_call, writes


@blueprint.route("/staff/identity-provider", methods=["GET", "POST"])
@requires(Permission.PROVIDER_SET, purpose="single-sign-on", step_up="roles")
@writes
def provider_settings() -> ResponseReturnValue:
    """Where staff sign in, and which groups give which roles."""
    row = clinics_provider(db())
    form = ProviderForm(data=ProviderForm.values_of(row, groups_of_provider(db())))
    form.offer()
    if form.validate_on_submit():
        secret = form.client_secret.data or ""
        if row is None and not secret:
            form.client_secret.errors = [_("Write the secret that the provider gave you.")]
            return _page(form, known=False, status=422)
        try:
            set_provider(db(), values=form.values(), client_secret=secret, groups=form.pairs(), now=now())
        except NoWayIn:
            form.own_sign_in.errors = [
                _("Only an administrator who has a password here and whose role was given by hand can switch this off.")
            ]
            return _page(form, known=row is not None, status=422)
        record_event(db(), what="single-sign-on:set")
        flash(_("Saved."), "success")
        return see("identity.provider_settings")
    return _page(form, known=row is not None, status=422 if request.method == "POST" else 200)


@blueprint.post("/staff/identity-provider/check")
@requires(Permission.PROVIDER_SET, purpose="single-sign-on", step_up="roles")
@writes
def check_provider() -> ResponseReturnValue:
    """Ask the provider whether it describes itself as we need it."""
    asked, port = as_provider(found(clinics_provider(db()))), wiring().single_sign_on
    commit_before_call(url_for("identity.provider_settings"))
    try:
        if port is None:
            raise PartnerUnavailable
        port.check(asked)
    except PartnerUnavailable:
        flash(_("The provider does not answer at that address."), "warning")
    except PartnerRefused as refusal:
        flash(_("The provider answers, but something does not fit: %(what)s", what=refusal.code), "warning")
    else:
        flash(_("The provider answers, and everything fits."), "success")
    return see("identity.provider_settings")


def _page(form: ProviderForm, *, known: bool, status: int) -> ResponseReturnValue:
    logout = wiring().public_url + url_for("identity.provider_logout")
    return render(
        "identity/provider_settings.html", form=form, known=known, back=redirect_uri(), logout=logout, status=status
    )
