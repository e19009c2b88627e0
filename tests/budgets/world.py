"""A clinic in which every page of a patient has something to show: one patient at each stage of the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID

from portal.billing import begin_attempt, issue_invoice, set_price
from portal.charting import sign_note, start_note
from portal.consent import consent_state
from portal.identity import request_code
from portal.identity.operations import offer_authenticator
from portal.kernel.db import Database, PortalSession
from portal.kernel.money import Money
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.patients import invite_patient, invite_proxy, patient_by_id
from portal.scheduling import appointment_by_id, hold_slot
from portal.scheduling.routes.times import token_of
from portal.visits import Visit, admit, arrive, end_visit, plan_visit, post_message, visit_by_id
from tests.factories.charting import TEXT, make_vitals
from tests.factories.consent import sign_telehealth
from tests.factories.identity import phone_number
from tests.factories.intake import ANSWERS, make_intake, publish_standard_form
from tests.factories.patients import make_patient, make_record
from tests.factories.practitioners import make_practitioner
from tests.factories.scheduling import free_slots, make_appointment, make_visit_type, work_every_day
from tests.factories.visits import make_booked_visit
from tests.support.clinics import Clinic


@dataclass(frozen=True, kw_only=True)
class Stage:
    """How far a patient has come. `ids` by the name that they have in addresses."""

    account: UUID
    ids: dict[str, UUID | str]


@dataclass(frozen=True, kw_only=True)
class World:
    """The clinic's patients by stage, and its staff by role."""

    clinic: Clinic
    stages: dict[str, Stage] = field(default_factory=dict)
    staff: dict[str, UUID] = field(default_factory=dict)


def make_world(worker: Database, web: Database, clinic: Clinic, *, now: datetime) -> World:
    """A patient at each stage of the way.

    `begun`: health questions not sent, a time held; `stopped`: by a red flag; `booked`: all done, the visit is
    tomorrow; `waiting`: in the waiting room; `talking`: in the call, with a note begun and a word in the chat;
    `seen`: the note is signed and the bill is there.
    """
    publish_standard_form(worker, clinic, now=now)
    booked = make_booked_visit(worker, web, clinic, now=now)
    doctor, practitioner = make_practitioner(worker, clinic, now=now - timedelta(days=3), name="Dr. Omar Haddad")
    work_every_day(worker, clinic, practitioner, now=now - timedelta(days=3), starts=time(0), ends=time(0))
    # Short ones, so that one begins within the waiting room's half hour also around midnight.
    kind = make_visit_type(worker, clinic, code="today", lead_minutes=0, minutes=10, buffer_after=0)
    with worker.transaction(clinic.system("provisioning")) as session:
        for visit_type in (kind, booked.visit_type_id):
            set_price(session, visit_type_id=visit_type, amount=Money(4500, "USD"), now=now - timedelta(days=3))
    make_intake(web, clinic, account_id=booked.account, patient_id=booked.patient_id, now=now)
    maker = _Maker(worker=worker, web=web, clinic=clinic, now=now, doctor=doctor, practitioner=practitioner, kind=kind)
    return World(
        clinic=clinic,
        stages={
            "begun": maker.begun(),
            "stopped": maker.stopped(),
            "booked": Stage(
                account=booked.account,
                ids={
                    "patient": booked.patient_id,
                    "visit": booked.visit_id,
                    "appointment": booked.visit_id,
                    "visit_type": booked.visit_type_id,
                    "slot": token_of(free_slots(worker, clinic, booked.visit_type_id, now=now, count=3)[-1]),
                    "signature": _signature(web, clinic, booked.account, booked.patient_id),
                    "code": maker.code(),
                    "token": maker.invitation(booked.desk),
                    "proxy_token": maker.asked_to_help(booked.account, booked.patient_id),
                    "factor": _offered(web, clinic, booked.account, now=now),
                    "action": "factors",
                },
            ),
            "waiting": maker.waiting(),
            "talking": maker.talking(),
            "seen": maker.seen(),
        },
        staff={
            "front_desk": booked.desk,
            "clinician": doctor,
            "colleague": booked.clinician,
            "clinic_admin": booked.admin,
        },
    )


@dataclass(frozen=True, kw_only=True)
class _Maker:
    worker: Database
    web: Database
    clinic: Clinic
    now: datetime
    doctor: UUID
    practitioner: UUID
    kind: UUID

    def code(self) -> UUID:
        who = Principal.visitor(tenant_id=self.clinic.id).acting(purpose="sign-in")
        with self.web.transaction(who) as session:
            return request_code(
                session,
                channel="sms",
                target=phone_number(),
                language="en",
                zone="America/New_York",
                address="127.0.0.1",
                now=self.now,
            )

    def begun(self) -> Stage:
        account, patient = self._patient("Ben", "Early")
        make_intake(
            self.web,
            self.clinic,
            account_id=account,
            patient_id=patient,
            now=self.now,
            send=False,
        )
        slot = free_slots(self.worker, self.clinic, self.kind, now=self.now, count=9)[-1]
        with self.web.transaction(self._as(account, Role.PATIENT, "scheduling")) as session:
            hold = hold_slot(
                session,
                patient_id=patient,
                visit_type_id=self.kind,
                practitioner_id=slot.practitioner_id,
                starts_at=slot.starts_at,
                zone="America/New_York",
                jurisdiction="US-MA",
                now=self.now,
            )
            return Stage(account=account, ids={"patient": patient, "hold": hold.id, "visit_type": self.kind})

    def invitation(self, desk: UUID) -> str:
        """The token of an invitation to a record that nobody holds."""
        patient = make_record(self.worker, self.clinic, now=self.now, phone=phone_number(), family_name="Invited")
        with self.web.transaction(self._as(desk, Role.FRONT_DESK, "registration")) as session:
            record = patient_by_id(session, patient_id=patient)
            assert record is not None
            return invite_patient(session, patient=record, now=self.now).path.rsplit("/", 1)[-1]

    def asked_to_help(self, account: UUID, patient: UUID) -> str:
        """The token of a patient's invitation to act for them."""
        with self.web.transaction(self._as(account, Role.PATIENT, "own-proxies")) as session:
            path = invite_proxy(
                session,
                patient_id=patient,
                channel="sms",
                target=phone_number(),
                parts=["appointments"],
                until=self.now + timedelta(days=30),
                language="en",
                now=self.now,
            )
            return path.rsplit("/", 1)[-1]

    def stopped(self) -> Stage:
        account, patient = self._patient("Rhea", "Flagged")
        answers = {"reason": ANSWERS["reason"], "safety": {"warning_signs": ["chest-pain"]}}
        where = {"account_id": account, "patient_id": patient, "now": self.now}
        make_intake(self.web, self.clinic, **where, answers=answers, send=False)
        return Stage(account=account, ids={"patient": patient})

    def waiting(self) -> Stage:
        stage = self._agreed("Wanda", "Waits", at=self.now + timedelta(minutes=5))
        with self.web.transaction(self._as(stage.account, Role.PATIENT, "care")) as session:
            arrive(session, visit=_visit(session, stage.ids), now=self.now)
        return stage

    def talking(self) -> Stage:
        stage = self._agreed("Tess", "Talks", at=self.now - timedelta(minutes=80))
        patient, doctor = self._as(stage.account, Role.PATIENT, "care"), self._as(self.doctor, Role.CLINICIAN, "care")
        begins = self.now - timedelta(minutes=40)
        with self.web.transaction(patient) as session:
            arrive(session, visit=_visit(session, stage.ids), now=begins)
        with self.web.transaction(doctor) as session:
            visit = _visit(session, stage.ids)
            admit(session, visit=visit, now=begins)
            start_note(session, visit_id=visit.id, text=TEXT, now=begins)
            post_message(session, visit=visit, body="Can you hear me?", now=begins)
        return stage

    def seen(self) -> Stage:
        stage = self._agreed("Sue", "Seen", at=self.now - timedelta(minutes=40))
        with self.web.transaction(self._as(stage.account, Role.PATIENT, "care")) as session:
            arrive(session, visit=_visit(session, stage.ids), now=self.now - timedelta(minutes=30))
        with self.web.transaction(self._as(self.doctor, Role.CLINICIAN, "care")) as session:
            visit = _visit(session, stage.ids)
            admit(session, visit=visit, now=self.now - timedelta(minutes=25))
            note = start_note(session, visit_id=visit.id, text=TEXT, now=self.now - timedelta(minutes=20))
            end_visit(session, visit=visit, now=self.now - timedelta(minutes=10))
            sign_note(session, note_id=note.id, version=1, now=self.now - timedelta(minutes=5))
        make_vitals(
            self.web, self._as(self.doctor, Role.CLINICIAN, "care"), UUID(str(stage.ids["patient"])), now=self.now
        )
        with self.worker.transaction(self.clinic.system("billing")) as session:
            invoice = issue_invoice(session, visit=_visit(session, stage.ids), now=self.now)
        with self.web.transaction(self._as(stage.account, Role.PATIENT, "payment")) as session:
            attempt = begin_attempt(session, invoice=session.merge(invoice, load=False), language="en", now=self.now)
        more = {"invoice": invoice.id, "attempt": attempt.id}
        return Stage(account=stage.account, ids={**stage.ids, **more})

    def _agreed(self, given_name: str, family_name: str, *, at: datetime) -> Stage:
        """A patient with everything filled in and a visit around `at`, booked the day before."""
        account, patient = self._patient(given_name, family_name)
        yesterday = self.now - timedelta(days=1)
        make_intake(self.web, self.clinic, account_id=account, patient_id=patient, now=self.now)
        sign_telehealth(self.web, self.clinic, account_id=account, patient_id=patient, now=self.now)
        open_times = free_slots(self.worker, self.clinic, self.kind, now=yesterday, count=9, after=at)
        # The other clinician is there too while it is day in New York.
        slot = next(one for one in open_times if one.practitioner_id == self.practitioner)
        appointment = make_appointment(
            self.worker, self.clinic, patient_id=patient, visit_type_id=self.kind, now=yesterday, slot=slot
        )
        with self.worker.transaction(self.clinic.system("visits")) as session:
            agreed = appointment_by_id(session, appointment_id=appointment)
            assert agreed is not None
            plan_visit(session, appointment=agreed)
        ids: dict[str, UUID | str] = {"patient": patient, "visit": appointment, "appointment": appointment}
        return Stage(account=account, ids={**ids, "visit_type": self.kind})

    def _patient(self, given_name: str, family_name: str) -> tuple[UUID, UUID]:
        return make_patient(
            self.worker,
            self.clinic,
            now=self.now,
            target=phone_number(),
            given_name=given_name,
            family_name=family_name,
        )

    def _as(self, account: UUID, role: Role, purpose: str) -> Principal:
        return Principal.of(tenant_id=self.clinic.id, user_id=account, roles=[role]).acting(purpose=purpose)


def _visit(session: PortalSession, ids: Mapping[str, UUID | str]) -> Visit:
    found = visit_by_id(session, visit_id=UUID(str(ids["visit"])))
    assert found is not None
    return found


def _offered(web: Database, clinic: Clinic, account: UUID, *, now: datetime) -> UUID:
    """An app that waits for its first code."""
    with web.transaction(Principal.of(tenant_id=clinic.id, user_id=account, roles=[Role.PATIENT])) as session:
        return offer_authenticator(session, account_id=account, name="Phone", now=now)


def _signature(web: Database, clinic: Clinic, account: UUID, patient: UUID) -> UUID:
    who = Principal.of(tenant_id=clinic.id, user_id=account, roles=[Role.PATIENT]).acting(purpose="consent")
    with web.transaction(who) as session:
        state = consent_state(session, patient_id=patient)
        assert state.signature is not None
        return state.signature.id
