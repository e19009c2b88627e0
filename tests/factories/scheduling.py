"""Visit types, working hours and booked visits of tests."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.billing import set_price
from portal.kernel.db import Database
from portal.kernel.money import Money
from portal.scheduling import Slot, add_hours, book_appointment, create_visit_type, next_free
from tests.support.clinics import Clinic

NAMES = {"en": "First visit", "es": "Primera consulta", "ar": "الزيارة الأولى"}
PRICE = Money(4500, "USD")
PRICED_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
ABOUT = {"en": "To get to know you.", "es": "Para conocerle.", "ar": "للتعرّف عليك."}


def make_visit_type(database: Database, clinic: Clinic, *, price: Money | None = PRICE, **values: Any) -> UUID:
    """A service of 20 minutes with 5 kept free after it, and what it has long cost."""
    with database.transaction(clinic.system("provisioning")) as session:
        known: dict[str, Any] = {
            "code": "first-visit",
            "names": NAMES,
            "descriptions": ABOUT,
            "minutes": 20,
            "buffer_after": 5,
        }
        made = create_visit_type(session, **(known | values)).id
        if price is not None:
            set_price(session, visit_type_id=made, amount=price, now=PRICED_SINCE)
        return made


def work_every_day(
    database: Database,
    clinic: Clinic,
    practitioner_id: UUID,
    *,
    now: datetime,
    starts: time = time(9),
    ends: time = time(17),
    zone: str = "America/New_York",
) -> None:
    """Working hours on all days of the week."""
    with database.transaction(clinic.system("provisioning")) as session:
        for weekday in range(7):
            add_hours(
                session,
                practitioner_id=practitioner_id,
                weekday=weekday,
                starts=starts,
                ends=ends,
                zone=zone,
                valid_from=(now - timedelta(days=7)).date(),
            )


def free_slots(
    database: Database,
    clinic: Clinic,
    visit_type_id: UUID,
    *,
    now: datetime,
    count: int = 5,
    jurisdiction: str = "US-MA",
    after: datetime | None = None,
) -> list[Slot]:
    """The next times that are open: from `after` on, else from the first morning in New York that is a day ahead."""
    with database.transaction(clinic.system("scheduling")) as session:
        return next_free(
            session,
            visit_type_id=visit_type_id,
            jurisdiction=jurisdiction,
            now=now,
            count=count,
            after=after or _morning_after(now + timedelta(days=1)),
        )


def _morning_after(instant: datetime) -> datetime:
    """Nine o'clock: whatever time it is when the tests run, the day still has all of its times."""
    local = instant.astimezone(ZoneInfo("America/New_York"))
    morning = local.replace(hour=9, minute=0, second=0, microsecond=0)
    return morning if morning >= local else morning + timedelta(days=1)


def make_appointment(
    database: Database,
    clinic: Clinic,
    *,
    patient_id: UUID,
    visit_type_id: UUID,
    now: datetime,
    slot: Slot | None = None,
    zone: str = "America/New_York",
) -> UUID:
    """A booked visit at the next open time, or at the slot's."""
    place = slot or free_slots(database, clinic, visit_type_id, now=now, count=1)[0]
    with database.transaction(clinic.system("scheduling")) as session:
        return book_appointment(
            session,
            patient_id=patient_id,
            visit_type_id=visit_type_id,
            practitioner_id=place.practitioner_id,
            starts_at=place.starts_at,
            zone=zone,
            jurisdiction="US-MA",
            now=now,
        ).id
