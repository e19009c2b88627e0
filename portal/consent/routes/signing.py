"""Reading and signing the consent, the signed copy, and taking the signature back."""

from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.consent.access import Permission
from portal.consent.forms import SignForm, WithdrawForm
from portal.consent.operations import DocumentChanged, sign_document, withdraw_consent
from portal.consent.queries import consent_state, pdf_of, signature_by_id, withdrawal_of
from portal.kernel.locale import current_locale
from portal.kernel.locale import gettext as _
from portal.patients import patient_by_id
from portal.web.access import db, door, now, requires
from portal.web.pages import document, found, refused, render, see
from portal.web.transactions import writes

blueprint = Blueprint("consent", __name__, url_prefix="/<clinic>")


@blueprint.route("/p/<uuid:patient>/consent", methods=["GET", "POST"])
@requires(Permission.CONSENT_SIGN, purpose="consent")
@writes
def sign(patient: UUID) -> ResponseReturnValue:
    """The text in the reader's language, and the name below it."""
    person = found(patient_by_id(db(), patient_id=patient))
    state = consent_state(db(), patient_id=patient)
    if state.state == "signed" and state.signature is not None:
        return see("consent.signed", patient=patient, signature=state.signature.id)
    if state.document is None:
        return render("consent/unpublished.html", patient_name=person.display_name)
    form = SignForm()
    if form.validate_on_submit():
        try:
            signature = sign_document(
                db(),
                patient_id=patient,
                kind=state.document.kind,
                sha256=form.sha256.data or "",
                language=form.language.data or "",
                typed_name=form.typed_name.data or "",
                zone=current_locale().zone,
                now=now(),
            )
        except DocumentChanged:
            form.agreed.data = False
            form.form_errors.append(_("The text was changed while you read it. Read it again, then sign."))
        else:
            return see("consent.signed", patient=patient, signature=signature.id)
    reading = state.document.read_in(current_locale().language)
    form.sha256.data, form.language.data = reading.sha256, reading.language
    show = refused if request.method == "POST" else render
    return show("consent/sign.html", patient_name=person.display_name, reading=reading, form=form, state=state)


@blueprint.route("/p/<uuid:patient>/consent/<uuid:signature>")
@requires(Permission.CONSENT_READ, purpose="consent")
def signed(patient: UUID, signature: UUID) -> ResponseReturnValue:
    """What was signed, and the copy to keep."""
    person = found(patient_by_id(db(), patient_id=patient))
    row = found(signature_by_id(db(), patient_id=patient, signature_id=signature))
    state = consent_state(db(), patient_id=patient, kind=row.kind)
    return render(
        "consent/signed.html",
        fragment="copy",
        person=person,
        patient_name=person.display_name,
        signature=row,
        pdf=pdf_of(db(), signature_id=signature),
        outdated=state.state == "outdated",
        withdrawal=withdrawal_of(db(), signature_id=signature),
    )


@blueprint.route("/p/<uuid:patient>/consent/<uuid:signature>/withdraw", methods=["GET", "POST"])
@requires(Permission.CONSENT_WITHDRAW, purpose="consent-withdrawal")
@writes
def withdraw(patient: UUID, signature: UUID) -> ResponseReturnValue:
    """What it means, and the button."""
    person = found(patient_by_id(db(), patient_id=patient))
    row = found(signature_by_id(db(), patient_id=patient, signature_id=signature))
    form = WithdrawForm()
    if not form.validate_on_submit():
        show = refused if request.method == "POST" else render
        return show("consent/withdraw.html", person=person, patient_name=person.display_name, signature=row, form=form)
    withdraw_consent(db(), patient_id=patient, signature_id=signature, now=now())
    return see("consent.signed", patient=patient, signature=signature)


@blueprint.route("/p/<uuid:patient>/consent/<uuid:signature>.pdf")
@requires(Permission.CONSENT_READ, purpose="consent")
def signed_pdf(patient: UUID, signature: UUID) -> ResponseReturnValue:
    """The signed copy."""
    row = found(signature_by_id(db(), patient_id=patient, signature_id=signature))
    pdf = found(pdf_of(db(), signature_id=row.id))
    content = door().objects.get(db(), pdf.object_id)
    return document(content, media_type="application/pdf", filename=f"consent-{row.version}.pdf")
