"""Messages beside the call: a form that is stored with the visit. The socket only says that a message is there."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.visits.access import Permission
from portal.visits.forms import MessageForm
from portal.visits.models import Visit
from portal.visits.operations import VisitMoved, post_message
from portal.visits.queries import messages_of, visit_by_id
from portal.visits.routes import blueprint
from portal.web.access import db, now, requires
from portal.web.pages import found, render, see, wants_fragment
from portal.web.transactions import writes


@blueprint.route("/p/<uuid:patient>/visits/<uuid:visit>/chat", methods=["GET", "POST"])
@requires(Permission.VISIT_JOIN, purpose="visits", polled=True)
@writes
def patient_chat(patient: UUID, visit: UUID) -> ResponseReturnValue:
    """The patient's side."""
    known = found(visit_by_id(db(), visit_id=visit, patient_id=patient))
    return _answer(known, page="visits.join", patient=patient)


@blueprint.route("/staff/visits/<uuid:visit>/chat", methods=["GET", "POST"])
@requires(Permission.VISIT_CONDUCT, purpose="care", polled=True)
@writes
def clinician_chat(visit: UUID) -> ResponseReturnValue:
    """The clinician's side."""
    known = found(visit_by_id(db(), visit_id=visit))
    return _answer(known, page="workspaces.visit_page")


def _answer(visit: Visit, *, page: str, **place: Any) -> ResponseReturnValue:
    form = MessageForm()
    back = url_for(page, visit=visit.id, **place)
    if request.method == "GET":
        return _chat(visit, form, back=back)
    if not form.validate():
        return _chat(visit, form, back=back, status=422)
    try:
        post_message(db(), visit=visit, body=str(form.body.data), now=now())
    except VisitMoved:
        form.form_errors.append(_("The visit is over. Your message was not sent."))
        return _chat(visit, form, back=back, status=409)
    if wants_fragment():
        return _chat(visit, MessageForm(formdata=None), back=back)
    return see(page, anchor="chat", visit=visit.id, **place)


def _chat(visit: Visit, form: MessageForm, *, back: str, status: int = 200) -> ResponseReturnValue:
    return render(
        "visits/chat.html",
        fragment="chat",
        status=status,
        visit=visit,
        message_form=form,
        messages=messages_of(db(), visit_id=visit.id),
        chat_action=request.path,
        back=back,
    )
