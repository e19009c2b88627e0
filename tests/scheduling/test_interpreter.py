"""In which language a visit is talked: asked once, kept with the appointment, settled by the desk."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.patients import patient_by_id
from portal.practitioners import practitioner_by_id
from portal.scheduling import UnableToChange, appointment_by_id, book_hold, reschedule_appointment
from portal.scheduling.operations import choose_language, settle_interpreter
from portal.scheduling.queries import changes_of, hold_by_id
from portal.scheduling.rules import interpreter_after_move, interpreter_need
from tests.factories.identity import staff_member
from tests.factories.patients import make_carer
from tests.factories.scheduling import work_every_day
from tests.scheduling.conftest import Agenda, Person, as_role, make_clinician
from tests.scheduling.test_patient_pages import booked, hold_in_browser
from tests.support.client import PolicedClient
from tests.support.race import at_once

pytestmark = pytest.mark.usefixtures("home_of_patients")
CLINICIAN_SPEAKS = ("en", "es")


@pytest.fixture
def asha(agenda: Agenda) -> Person:
    """Reads and talks Swahili, which the clinician does not; nobody has asked her yet."""
    person = agenda.new_patient(name="Asha")
    with agenda.worker.transaction(agenda.clinic.system("demo")) as session:
        patient = patient_by_id(session, patient_id=person.patient_id)
        assert patient is not None
        patient.language = "sw"
    return person


@pytest.fixture
def browser(client: PolicedClient, asha: Person) -> PolicedClient:
    return client.sign_in(asha.account_id)


@pytest.fixture
def desk(new_client: Callable[[], PolicedClient], agenda: Agenda) -> PolicedClient:
    account = staff_member(agenda.worker, agenda.clinic, Role.FRONT_DESK, now=agenda.clock.now)
    return new_client().sign_in(account)


def asks_for_interpreter(agenda: Agenda, person: Person, *, spoken: str = "sw") -> None:
    with agenda.worker.transaction(agenda.clinic.system("demo")) as session:
        patient = patient_by_id(session, patient_id=person.patient_id)
        assert patient is not None
        patient.spoken, patient.interpreter = spoken, True


def appointment_of(agenda: Agenda, appointment_id: Any) -> Any:
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        agreed = appointment_by_id(session, appointment_id=appointment_id)
        assert agreed is not None
        return agreed.spoken, agreed.interpreter, agreed.interpreter_note


def settle(agenda: Agenda, appointment_id: Any, state: Any, note: str = "", *, spoken: str = "sw") -> None:
    account = staff_member(agenda.worker, agenda.clinic, Role.FRONT_DESK, now=agenda.clock.now)
    with agenda.database.transaction(as_role(agenda.clinic, account, Role.FRONT_DESK)) as session:
        settle_interpreter(
            session, appointment_id=appointment_id, spoken=spoken, state=state, note=note, now=agenda.clock.now
        )


@pytest.mark.parametrize(
    ("wanted", "spoken", "state"),
    [(True, "sw", "needed"), (True, "es", "not-needed"), (False, "sw", "not-needed"), (True, None, "not-needed")],
)
def test_nobody_interprets_where_the_clinician_talks_as_the_patient_does(
    wanted: bool, spoken: str | None, state: str
) -> None:
    assert interpreter_need(wanted=wanted, spoken=spoken, clinician_speaks=CLINICIAN_SPEAKS) == state


@pytest.mark.parametrize(
    ("before", "other_clinician", "speaks", "after"),
    [
        ("arranged", False, (), "needed"),
        ("not-needed", False, (), "not-needed"),
        ("arranged", True, ("sw",), "not-needed"),
        ("needed", True, ("en",), "needed"),
        ("not-needed", True, ("en",), "needed"),
    ],
)
def test_what_was_arranged_for_another_time_has_to_be_arranged_again(
    before: str, other_clinician: bool, speaks: tuple[str, ...], after: str
) -> None:
    state = interpreter_after_move(
        before, other_clinician=other_clinician, wanted=True, spoken="sw", clinician_speaks=speaks
    )
    assert state == after


def test_who_talks_another_language_than_the_clinician_is_asked_once(
    browser: PolicedClient, agenda: Agenda, asha: Person
) -> None:
    question = hold_in_browser(browser, agenda, asha)
    assert "Which language do you want to speak?" in question.text and "Dr. Ana Ruiz speaks" in question.text
    check = browser.submit(question, {"spoken": "sw", "interpreter": "yes"}, follow=True)
    assert "Swahili, with an interpreter" in check.text
    done = browser.submit(check, button="Book this visit", follow=True)
    assert "Swahili, with an interpreter" in done.text
    (agreed,) = booked(agenda, asha)
    assert (agreed.spoken, agreed.interpreter) == ("sw", "needed")
    again = hold_in_browser(browser, agenda, asha)
    assert "Check your visit" in again.text and "Swahili, with an interpreter" in again.text


def test_who_talks_as_the_clinician_does_is_not_asked_and_may_say_otherwise(
    client: PolicedClient, agenda: Agenda, maria: Person
) -> None:
    client.sign_in(maria.account_id)
    check = hold_in_browser(client, agenda, maria)
    assert "Check your visit" in check.text and "English. Dr. Ana Ruiz speaks it." in check.text
    question = client.get(_language(check.html))
    check = client.submit(question, {"spoken": "ase", "interpreter": "yes"}, follow=True)
    assert "American Sign Language, with an interpreter" in check.text
    client.submit(check, button="Book this visit", follow=True)
    (agreed,) = booked(agenda, maria)
    assert (agreed.spoken, agreed.interpreter) == ("ase", "needed")


def _language(html: str) -> str:
    return next(one.split('"')[0] for one in html.split('href="') if one.split('"')[0].endswith("/language"))


def test_a_question_without_an_answer_comes_back_filled_in(
    browser: PolicedClient, agenda: Agenda, asha: Person
) -> None:
    question = hold_in_browser(browser, agenda, asha)
    refused = browser.submit(question, {"spoken": "xx", "interpreter": "yes"})
    assert refused.status == 422 and "Choose one of the answers in the list." in refused.text
    assert booked(agenda, asha) == []


def test_the_answer_is_kept_when_the_time_has_to_be_held_again(
    browser: PolicedClient, agenda: Agenda, asha: Person, new_client: Callable[[], PolicedClient]
) -> None:
    carer = make_carer(
        agenda.worker, agenda.clinic, patient_id=asha.patient_id, parts=["appointments"], now=agenda.clock.now
    )
    helper = new_client().sign_in(carer)
    check = helper.submit(hold_in_browser(helper, agenda, asha), {"spoken": "so", "interpreter": "yes"}, follow=True)
    agenda.clock.advance(minutes=11)
    helper.sign_in(carer)
    late = helper.submit(check, button="Book this visit")
    kept = helper.submit(late, button="Keep this time again", follow=True)
    assert "Somali, with an interpreter" in kept.text
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        patient = patient_by_id(session, patient_id=asha.patient_id)
        assert patient is not None and patient.spoken is None, "who acts for somebody does not change their record"


def test_the_answer_cannot_be_changed_by_the_way_once_booked(
    browser: PolicedClient, agenda: Agenda, asha: Person
) -> None:
    question = hold_in_browser(browser, agenda, asha)
    check = browser.submit(question, {"spoken": "sw", "interpreter": "yes"}, follow=True)
    browser.submit(check, button="Book this visit", follow=True)
    after = browser.submit(question, {"spoken": "sw", "interpreter": "no"}, follow=True)
    assert "Your visit is booked" in after.text
    assert booked(agenda, asha)[0].interpreter == "needed"


def test_somebody_elses_hold_is_not_found(browser: PolicedClient, agenda: Agenda, asha: Person, tomas: Person) -> None:
    with agenda.database.transaction(tomas.principal) as session:
        hold = agenda.hold(session, tomas, agenda.slots(1)[0])
    for whose, which in ((asha.patient_id, hold), (tomas.patient_id, hold), (asha.patient_id, new_id())):
        assert browser.get(agenda.clinic.path(f"p/{whose}/book/held/{which}/language")).status == 404


def test_the_desk_asks_on_the_phone_and_it_is_remembered(desk: PolicedClient, agenda: Agenda, asha: Person) -> None:
    with agenda.database.transaction(asha.principal) as session:
        hold = agenda.hold(session, asha, agenda.slots(1)[0])
    check = desk.get(agenda.clinic.path(f"staff/book/{hold}"))
    assert "Swahili, without an interpreter" in check.text
    question = desk.get(_language(check.html))
    assert "Which language does the patient speak?" in question.text
    check = desk.submit(question, {"spoken": "sw", "interpreter": "yes"}, follow=True)
    done = desk.submit(check, button="Book this visit", follow=True)
    assert "Interpreter: Swahili – not arranged" in done.text
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        patient = patient_by_id(session, patient_id=asha.patient_id)
        assert patient is not None and (patient.spoken, patient.interpreter) == ("sw", True)


def test_the_desk_arranges_an_interpreter_for_one_visit(desk: PolicedClient, agenda: Agenda, asha: Person) -> None:
    asks_for_interpreter(agenda, asha)
    appointment = agenda.booked(asha)
    page = desk.get(agenda.clinic.path(f"staff/appointments/{appointment}/interpreter"))
    answers = {"spoken": "sw", "state": "arranged", "note": "Tafsiri Ltd, 617 555 0100"}
    done = desk.submit(page, answers, follow=True)
    assert "Interpreter: Swahili – arranged" in done.text and "Tafsiri Ltd" in done.text
    assert appointment_of(agenda, appointment) == ("sw", "arranged", "Tafsiri Ltd, 617 555 0100")
    again = desk.get(agenda.clinic.path(f"staff/appointments/{appointment}/interpreter"))
    desk.submit(again, follow=True)
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        changes = [one.action for one in changes_of(session, appointment_id=appointment)]
    assert changes == ["booked", "interpreter"], "the same said twice is one line"


def test_a_state_that_there_is_not_is_refused(desk: PolicedClient, agenda: Agenda, asha: Person) -> None:
    appointment = agenda.booked(asha)
    page = desk.get(agenda.clinic.path(f"staff/appointments/{appointment}/interpreter"))
    refused = desk.submit(page, {"state": "perhaps", "note": "x" * 201})
    assert refused.status == 422 and "Write at most 200" in refused.text


def test_who_interprets_is_sealed_and_not_shown_to_the_patient(
    browser: PolicedClient, agenda: Agenda, asha: Person
) -> None:
    asks_for_interpreter(agenda, asha)
    appointment = agenda.booked(asha)
    settle(agenda, appointment, "arranged", "Neema, 617 555 0199")
    page = browser.get(agenda.clinic.path(f"p/{asha.patient_id}/appointments/{appointment}"))
    assert "An interpreter will be there." in page.text and "Neema" not in page.html
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        row = session.execute(text("SELECT a::text FROM scheduling.appointment AS a")).scalars().all()
    assert row and not any("Neema" in one for one in row)


def test_the_calendar_shows_where_nobody_interprets_yet(desk: PolicedClient, agenda: Agenda, asha: Person) -> None:
    asks_for_interpreter(agenda, asha, spoken="yo")
    agenda.booked(asha)
    assert "Interpreter: Yoruba – not arranged" in desk.get(agenda.clinic.path("staff/calendar")).text


def test_a_visit_that_moves_needs_its_interpreter_arranged_again(agenda: Agenda, asha: Person) -> None:
    asks_for_interpreter(agenda, asha)
    first, second = agenda.slots(2)
    appointment = agenda.booked(asha, first)
    settle(agenda, appointment, "arranged", "Neema")
    with agenda.database.transaction(asha.principal) as session:
        reschedule_appointment(
            session, appointment_id=appointment, starts_at=second.starts_at, by_staff=False, now=agenda.clock.now
        )
    assert appointment_of(agenda, appointment) == ("sw", "needed", "Neema")


def test_a_visit_that_moves_to_somebody_who_talks_as_the_patient_needs_none(agenda: Agenda, asha: Person) -> None:
    asks_for_interpreter(agenda, asha)
    appointment = agenda.booked(asha)
    settle(agenda, appointment, "arranged", "Neema")
    _account, other = make_clinician(agenda.worker, agenda.clinic, now=agenda.clock.now, name="Dr. Juma Ali")
    work_every_day(agenda.worker, agenda.clinic, other, now=agenda.clock.now)
    with agenda.worker.transaction(agenda.clinic.system("provisioning")) as session:
        practitioner = practitioner_by_id(session, practitioner_id=other)
        assert practitioner is not None
        practitioner.languages = ["sw"]
    slot = next(one for one in agenda.slots(40) if one.practitioner_id == other)
    desk = staff_member(agenda.worker, agenda.clinic, Role.FRONT_DESK, now=agenda.clock.now)
    with agenda.database.transaction(as_role(agenda.clinic, desk, Role.FRONT_DESK)) as session:
        reschedule_appointment(
            session,
            appointment_id=appointment,
            starts_at=slot.starts_at,
            practitioner_id=other,
            by_staff=True,
            now=agenda.clock.now,
        )
    assert appointment_of(agenda, appointment) == ("sw", "not-needed", None)


def test_two_at_the_desk_who_arrange_at_once_leave_one_whole_answer(agenda: Agenda, asha: Person) -> None:
    asks_for_interpreter(agenda, asha)
    appointment = agenda.booked(asha)
    answers: list[tuple[str, str]] = [("arranged", "Neema"), ("not-needed", ""), ("arranged", "Baraka"), ("needed", "")]
    at_once(lambda one: settle(agenda, appointment, *one), answers)
    _spoken, state, note = appointment_of(agenda, appointment)
    assert (state, note or "") in answers
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        changes = [one.reason for one in changes_of(session, appointment_id=appointment) if one.action == "interpreter"]
    assert changes and changes[-1] == state


def test_booking_and_changing_the_answer_at_once_leave_what_the_hold_said(agenda: Agenda, asha: Person) -> None:
    with agenda.database.transaction(asha.principal) as session:
        hold_id = agenda.hold(session, asha, agenda.slots(1)[0])

    def book() -> None:
        with agenda.database.transaction(asha.principal) as session:
            book_hold(session, hold_id=hold_id, now=agenda.clock.now)

    def answer() -> None:
        with agenda.database.transaction(asha.principal) as session:
            hold = hold_by_id(session, hold_id=hold_id)
            assert hold is not None
            try:
                choose_language(session, hold=hold, spoken="sw", interpreter=True)
            except UnableToChange:
                return

    at_once(lambda act: act(), [book, answer])
    (agreed,) = booked(agenda, asha)
    with agenda.worker.transaction(agenda.clinic.system("scheduling")) as session:
        hold = hold_by_id(session, hold_id=hold_id)
        assert hold is not None
        assert agreed.interpreter == ("needed" if hold.interpreter else "not-needed")
