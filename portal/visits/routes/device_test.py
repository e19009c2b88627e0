"""The device and network test: a form that a person can fill in, and that the script fills in by itself."""

from uuid import UUID

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from portal.kernel.video import ice_servers
from portal.patients import patient_by_id
from portal.visits.access import Permission
from portal.visits.forms import DeviceTestForm
from portal.visits.operations import echo_ticket, record_device_test
from portal.visits.queries import last_device_test
from portal.visits.routes import blueprint
from portal.visits.rules import EARLIEST, verdict_by_hand
from portal.web.access import db, now, principal, requires
from portal.web.pages import allow_camera, found, refused, render, see
from portal.web.transactions import writes

LONGEST_KBPS = 10_000_000


@blueprint.route("/p/<uuid:patient>/device-test", methods=["GET", "POST"])
@requires(Permission.DEVICE_TEST, purpose="visits")
@writes
def device_test(patient: UUID) -> ResponseReturnValue:
    """Try camera, microphone, speaker and line before the visit."""
    person = found(patient_by_id(db(), patient_id=patient))
    form = DeviceTestForm()
    context = {
        "patient": person,
        "form": form,
        "csrf": generate_csrf(),
        "last": last_device_test(db(), patient_id=patient, since=now() - EARLIEST * 48),
    }
    allow_camera()
    if request.method == "GET":
        return render("visits/device_test.html", **context)
    if not form.validate():
        return refused("visits/device_test.html", **context)
    parts = {"camera": form.camera.data, "microphone": form.microphone.data, "speaker": form.speaker.data}
    measured = form.verdict.data if form.verdict.data in {"video", "audio", "message"} else None
    record_device_test(
        db(),
        patient_id=patient,
        verdict=measured or verdict_by_hand(camera=parts["camera"], microphone=parts["microphone"]),
        parts=parts | {"echo": form.echo.data if form.echo.data in {"yes", "no"} else "unknown"},
        up_kbps=_kbps(form.up_kbps.data),
        down_kbps=_kbps(form.down_kbps.data),
        now=now(),
    )
    return see("visits.device_test", patient=patient, anchor="result")


def _kbps(text: str | None) -> int | None:
    # isdigit alone lets "²" through, which is no number to int.
    return min(int(text), LONGEST_KBPS) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


@blueprint.post("/p/<uuid:patient>/device-test/ticket")
@requires(Permission.DEVICE_TEST, purpose="visits")
@writes
def device_ticket(patient: UUID) -> ResponseReturnValue:
    """A ticket for the echo."""
    found(patient_by_id(db(), patient_id=patient))
    settings = current_app.extensions["settings"]
    issued = echo_ticket(db(), key=settings.video_ticket_key.get_secret_value(), now=now())
    servers = ice_servers(settings=settings, participant_id=principal().actor_id, now=now())
    return {"ticket": issued, "iceServers": servers}
