"""Two clinics with everything in them: what the matrix asks for by somebody else's id."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from portal.consent import signatures_of
from portal.identity.operations.reviews import begin_review
from portal.identity.queries.reviews import lines_of
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import open_in_emergency
from tests.factories.audit import make_alert
from tests.factories.billing import make_invoice, make_price
from tests.factories.charting import make_vitals
from tests.factories.identity import invited, staff_member
from tests.factories.intake import make_intake, publish_standard_form
from tests.factories.patients import make_patient
from tests.factories.practitioners import make_practitioner
from tests.factories.visits import make_booked_visit
from tests.support.clinics import Clinic


@dataclass(frozen=True, kw_only=True)
class Side:
    """One clinic. `ids` are one patient's, by the name that they have in addresses.

    `accounts` by role have nothing to do with that patient; `owners` are the patient and their clinician.
    """

    clinic: Clinic
    ids: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    owners: dict[str, UUID] = field(default_factory=dict)


def make_side(worker: Database, web: Database, clinic: Clinic, *, now: datetime) -> Side:
    """A patient with an intake, a consent, a visit and its invoice; and people who have nothing to do with them."""
    booked = make_booked_visit(worker, web, clinic, now=now)
    publish_standard_form(worker, clinic, now=now)
    make_intake(web, clinic, account_id=booked.account, patient_id=booked.patient_id, now=now)
    make_price(worker, clinic, booked.visit_type_id, now=now)
    invoice = make_invoice(worker, clinic, booked.visit_id, now=now)
    outsider, outsider_id = make_patient(
        worker, clinic, now=now, target="+16175550177", given_name="Otto", family_name="Side"
    )
    colleague, _ = make_practitioner(worker, clinic, now=now, name="Dr. Far Away")
    officer = staff_member(worker, clinic, Role.PRIVACY_OFFICER, now=now, name="Pat Private")
    with web.transaction(_in_emergency(clinic, colleague)) as session:
        # Of the outsider's record: the patient in question stays closed to the colleague.
        emergency = open_in_emergency(
            session, patient_id=outsider_id, reason="treatment", sentence="Fell down.", now=now
        ).id
    who = Principal.of(tenant_id=clinic.id, user_id=booked.account, roles=[Role.PATIENT])
    with web.transaction(who) as session:
        (signature,) = signatures_of(session, patient_id=booked.patient_id)
    clinician = Principal.of(tenant_id=clinic.id, user_id=booked.clinician, roles=[Role.CLINICIAN])
    make_vitals(web, clinician, booked.patient_id, now=now)
    admin = staff_member(worker, clinic, Role.CLINIC_ADMIN, now=now, name="Ada Min")
    ids = {
        "patient": booked.patient_id,
        "visit": booked.visit_id,
        "appointment": booked.visit_id,
        "visit_type": booked.visit_type_id,
        "practitioner": booked.practitioner_id,
        "invoice": invoice.id,
        "emergency": emergency,
        "signature": signature.id,
        "account": booked.desk,
        **_review(web, clinic, admin, now=now),
        "invitation": invited(worker, clinic, now=now),
        "alert": make_alert(worker, clinic, person=booked.clinician, patient=booked.patient_id, now=now),
    }
    accounts = {
        "visitor": UUID(int=0),
        "patient": outsider,
        "front_desk": booked.desk,
        "clinician": colleague,
        "clinic_admin": admin,
        "privacy_officer": officer,
    }
    owners = {"patient": booked.account, "clinician": booked.clinician}
    return Side(clinic=clinic, ids=ids, accounts=accounts, owners=owners)


def _review(web: Database, clinic: Clinic, admin: UUID, *, now: datetime) -> dict[str, UUID]:
    who = Principal.of(tenant_id=clinic.id, user_id=admin, roles=[Role.CLINIC_ADMIN]).acting(purpose="access-review")
    with web.transaction(who) as session:
        review = begin_review(session, now=now)
        lines = lines_of(session, review_id=review.id, now=now)
        return {"review": review.id, "line": next(one.line.id for one in lines if one.account.id != admin)}


def _in_emergency(clinic: Clinic, clinician: UUID) -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=clinician, roles=[Role.CLINICIAN]).acting(purpose="break-glass")
