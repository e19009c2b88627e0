"""A patient's history: problems, allergies, medicines, vital signs; read and added to by a clinician with a grant."""

from typing import Any
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.charting.access import Permission
from portal.charting.forms import AllergyForm, ConditionForm, LabelForm, MedicationForm, VitalForm
from portal.charting.operations import (
    label_statement,
    record_allergy,
    record_condition,
    record_medication,
    record_vital_sign,
)
from portal.charting.queries import (
    History,
    history_of,
    signed_notes_of,
    trends_of,
    withheld_history,
    withheld_notes,
)
from portal.charting.routes.blueprint import blueprint, next_path
from portal.charting.rules import ICD_10_CM, VITALS, unit_name, vital_name
from portal.patients import Patient, age_on, patient_by_id
from portal.web.access import db, now, requires
from portal.web.fields import PortalForm
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes

KINDS: dict[str, type[PortalForm]] = {
    "condition": ConditionForm,
    "allergy": AllergyForm,
    "medication": MedicationForm,
    "vital": VitalForm,
}


@blueprint.get("/staff/patients/<uuid:patient>/history")
@requires(Permission.HISTORY_READ, purpose="care")
def history(patient: UUID) -> ResponseReturnValue:
    """What is known, and a form for each kind of thing to add."""
    return render("charting/history.html", **_context(found(patient_by_id(db(), patient_id=patient))))


@blueprint.post("/staff/patients/<uuid:patient>/history/<any(condition,allergy,medication,vital):kind>")
@requires(Permission.HISTORY_WRITE, purpose="care")
@writes
def add_to_history(patient: UUID, kind: str) -> ResponseReturnValue:
    """Write one statement down, as the signed-in clinician's."""
    person = found(patient_by_id(db(), patient_id=patient))
    form = KINDS[kind]()
    if not form.validate_on_submit():
        return refused("charting/history.html", **_context(person, kind=kind, form=form))
    _record(patient, form)
    return see("charting.history", patient=patient, next=next_path())


@blueprint.post("/staff/patients/<uuid:patient>/history/label")
@requires(Permission.HISTORY_WRITE, purpose="care")
@writes
def label_history(patient: UUID) -> ResponseReturnValue:
    """Say who else may read one entry."""
    person = found(patient_by_id(db(), patient_id=patient))
    form = LabelForm(entries=_entries(history_of(db(), patient_id=patient)))
    if not form.validate_on_submit():
        return refused("charting/history.html", **_context(person, kind="label", form=form))
    kind, _colon, statement = form.entry.data.partition(":")
    label_statement(
        db(), patient_id=patient, kind=kind, statement_id=UUID(statement), sensitivity=form.entry_label.data
    )
    return see("charting.history", patient=patient, next=next_path())


def _entries(history: History) -> list[tuple[str, str]]:
    """What may carry a label: (kind and id, words)."""
    return [
        *((f"condition:{one.id}", one.display) for one in history.conditions),
        *((f"medication:{one.id}", one.display) for one in history.medications),
    ]


def _record(patient: UUID, form: PortalForm) -> None:
    if isinstance(form, ConditionForm):
        record_condition(
            db(),
            patient_id=patient,
            display=form.condition.data or "",
            code=form.code,
            system=ICD_10_CM if form.code else "",
            sensitivity=form.sensitivity,
            now=now(),
        )
    elif isinstance(form, AllergyForm):
        record_allergy(
            db(),
            patient_id=patient,
            display=form.allergy.data or "",
            criticality=form.criticality.data or "unable-to-assess",
            reaction=form.reaction.data or "",
            now=now(),
        )
    elif isinstance(form, MedicationForm):
        record_medication(
            db(),
            patient_id=patient,
            display=form.medication.data or "",
            dosage=form.dosage.data or "",
            since=now(),
            sensitivity=form.medication_label.data,
            now=now(),
        )
    elif isinstance(form, VitalForm) and form.value.data is not None:
        vital = VITALS[form.code.data]
        record_vital_sign(
            db(),
            patient_id=patient,
            code=form.code.data,
            display=vital.display,
            value=form.value.data,
            unit=vital.unit,
            effective_at=now(),
            now=now(),
        )


def _context(person: Patient, *, kind: str = "", form: PortalForm | None = None) -> dict[str, Any]:
    forms = {name: form if name == kind else make(formdata=None) for name, make in KINDS.items()}
    history = history_of(db(), patient_id=person.id)
    if entries := _entries(history):
        forms["label"] = form if kind == "label" and form else LabelForm(formdata=None, entries=entries)
    return {
        "person": person,
        "age": age_on(person.birth_date, now().date()),
        "history": history,
        "trends": trends_of(db(), history=history),
        "withheld_entries": withheld_history(db(), patient_id=person.id),
        "notes": signed_notes_of(db(), patient_id=person.id),
        "withheld": withheld_notes(db(), patient_id=person.id),
        "forms": forms,
        "wrong": form,
        "vital_name": vital_name,
        "unit_name": unit_name,
        "asked": request.args.get("add", ""),
        "onward": next_path(),
    }
