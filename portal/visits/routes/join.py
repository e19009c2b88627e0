"""The patient's visit: one address for before, the waiting room, the call and after."""

from typing import Any
from uuid import UUID

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from portal.consent import has_consent
from portal.kernel.video import ice_servers
from portal.patients import Patient, patient_by_id
from portal.practitioners import practitioner_by_id
from portal.scheduling import appointment_by_id
from portal.visits.access import Permission
from portal.visits.forms import MessageForm, PlainForm
from portal.visits.models import Visit
from portal.visits.operations import ConsentMissing, VisitMoved, WaitingRoomClosed, arrive, plan_visit, video_ticket
from portal.visits.queries import last_device_test, messages_of, place_in_queue, visit_by_id
from portal.visits.routes import blueprint
from portal.visits.rules import EARLIEST, door
from portal.web.access import db, now, principal, requires
from portal.web.pages import allow_camera, found, render, see, unchanged, wants_fragment
from portal.web.transactions import writes

#: When the waiting room last looked is at most this old on the screen.
LOOKED_AT_SECONDS = 120


def own_visit(patient: UUID, visit: UUID) -> tuple[Patient, Visit | None]:
    """The patient and their visit. None: booked a moment ago, the encounter is being planned; 404 for all else."""
    person = found(patient_by_id(db(), patient_id=patient))
    known = visit_by_id(db(), visit_id=visit, patient_id=patient)
    if known is None:
        appointment = found(appointment_by_id(db(), appointment_id=visit))
        found(appointment if appointment.patient_id == patient and appointment.status == "booked" else None)
    return person, known


@blueprint.get("/p/<uuid:patient>/visits/<uuid:visit>")
@requires(Permission.VISIT_JOIN, purpose="visits", polled=True, presence=True)
def join(patient: UUID, visit: UUID) -> ResponseReturnValue:
    """Where the visit stands now. The waiting room asks again by itself; a fragment is enough for its place."""
    person, known = own_visit(patient, visit)
    return _page(person, known, visit)


def _page(
    person: Patient, visit: Visit | None, visit_id: UUID, *, status: int = 200, problem: str | None = None
) -> ResponseReturnValue:
    appointment = found(appointment_by_id(db(), appointment_id=visit_id))
    state = visit.state if visit else "planned"
    context: dict[str, Any] = {
        "patient": person,
        "visit": visit,
        "visit_id": visit_id,
        "appointment": appointment,
        "practitioner": practitioner_by_id(db(), practitioner_id=appointment.practitioner_id),
        "door": door(state=state, starts_at=appointment.starts_at, now=now()),
        "opens_at": appointment.starts_at - EARLIEST,
        "tested": last_device_test(db(), patient_id=person.id, since=now() - EARLIEST * 48),
        "problem": problem,
        "looked_at": now(),
        "form": PlainForm(),
        "csrf": generate_csrf(),
    }
    if state == "waiting" and visit is not None:
        place = place_in_queue(db(), visit=visit)
        if is_known(context, f"{place}-{int(now().timestamp()) // LOOKED_AT_SECONDS}"):
            return unchanged()
        return render("visits/waiting.html", fragment="place", status=status, place=place, **context)
    if state == "in_progress" and visit is not None and not has_consent(db(), patient_id=person.id):
        context["problem"] = "consent"
    elif state == "in_progress" and request.headers.get("HX-Target") == "place":
        # The waiting room asks where it stands. Its script goes on by itself where a socket can be opened.
        if is_known(context, "ready"):
            return unchanged()
        return render("visits/waiting.html", fragment="place", place=0, **context)
    elif state == "in_progress" and visit is not None:
        if is_known(context, "call"):
            return unchanged()
        allow_camera()
        return render(
            "visits/call.html",
            fragment="presence",
            messages=messages_of(db(), visit_id=visit.id),
            message_form=MessageForm(),
            **context,
        )
    return render("visits/visit.html", fragment="place", status=status, **context)


def is_known(context: dict[str, Any], version: str) -> bool:
    """Whether the page that asks by itself has this version; else the context says where it asks next."""
    own = {"patient": context["patient"].id, "visit": context["visit_id"]}
    context["again"] = url_for("visits.join", **own, version=version)
    return wants_fragment() and request.args.get("version") == version


@blueprint.post("/p/<uuid:patient>/visits/<uuid:visit>")
@requires(Permission.VISIT_JOIN, purpose="visits")
@writes
def come_in(patient: UUID, visit: UUID) -> ResponseReturnValue:
    """Take a place in the waiting room."""
    person, known = own_visit(patient, visit)
    if known is None:
        known = plan_visit(db(), appointment=found(appointment_by_id(db(), appointment_id=visit)))
    try:
        arrive(db(), visit=known, now=now())
    except ConsentMissing:
        return _page(person, known, visit, status=422, problem="consent")
    except WaitingRoomClosed as closed:
        return _page(person, known, visit, status=422, problem=closed.door.value)
    return see("visits.join", patient=patient, visit=visit)


@blueprint.post("/p/<uuid:patient>/visits/<uuid:visit>/ticket")
@requires(Permission.VISIT_JOIN, purpose="visits")
@writes
def ticket(patient: UUID, visit: UUID) -> ResponseReturnValue:
    """A ticket for the socket, for a minute and one use."""
    _, known = own_visit(patient, visit)
    return ticket_answer(found(known))


def ticket_answer(visit: Visit) -> ResponseReturnValue:
    """What the page's script takes: ticket, relays, fresh form token; 409 when there is no room (any more)."""
    settings = current_app.extensions["settings"]
    key = settings.video_ticket_key.get_secret_value()
    try:
        issued = video_ticket(db(), visit=visit, key=key, now=now())
    except (VisitMoved, ConsentMissing):
        return {"error": "no-room"}, 409
    servers = ice_servers(settings=settings, participant_id=principal().actor_id, now=now())
    return {"ticket": issued, "iceServers": servers, "csrf": generate_csrf()}
