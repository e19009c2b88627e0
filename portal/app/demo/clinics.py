"""What the demo's clinics are: data that a person can read."""

from dataclasses import dataclass
from datetime import time

from portal.kernel.money import Money
from portal.kernel.permissions import Role

#: Known to everybody, so it opens nothing outside a demo.
PASSWORD = "open-the-demo-please"  # noqa: S105  # printed by make run

Texts = dict[str, str]
ALL_DAY = (time(0), time(0))


@dataclass(frozen=True, kw_only=True)
class Staff:
    """A member of staff; clinicians have the rest as well."""

    name: str
    email: str
    roles: tuple[Role, ...]
    language: str = "en"
    specialty: Texts | None = None
    bio: Texts | None = None
    speaks: tuple[str, ...] = ()
    licences: tuple[tuple[str, str], ...] = ()
    hours: tuple[time, time] = (time(8), time(18))


@dataclass(frozen=True, kw_only=True)
class Service:
    """A visit type and its price."""

    code: str
    names: Texts
    descriptions: Texts
    minutes: int
    buffer_after: int
    price: Money


@dataclass(frozen=True, kw_only=True)
class Person:
    """A patient whom the desk has made; nobody has taken the record up yet."""

    given_name: str
    family_name: str
    born: str
    sex: str
    language: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class DemoClinic:
    """A clinic."""

    slug: str
    name: str
    phone: str
    address: str
    default_language: str
    zone: str
    country: str
    jurisdiction: str
    currency: str
    emergency_number: str
    brand: Texts
    staff: tuple[Staff, ...]
    services: tuple[Service, ...]
    people: tuple[Person, ...]


FAMILY = {"en": "Family medicine", "es": "Medicina familiar", "ar": "طب الأسرة"}
CHILDREN = {"en": "Children's medicine", "es": "Pediatría", "ar": "طب الأطفال"}
MIND = {"en": "Mental health", "es": "Salud mental", "ar": "الصحة النفسية"}
AROUND_THE_CLOCK = {
    "en": "On call day and night for anything that cannot wait.",
    "es": "De guardia día y noche para lo que no puede esperar.",
    "ar": "في المناوبة ليلًا ونهارًا لكل ما لا يحتمل الانتظار.",
}
LISTENS = {
    "en": "Takes time to listen, and explains in plain words.",
    "es": "Escucha con calma y explica con palabras sencillas.",
    "ar": "يستمع بهدوء ويشرح بكلمات بسيطة.",
}


def services(currency: str, visit: int, follow_up: int) -> tuple[Service, ...]:
    """The two services of every demo clinic, prices in the currency's smallest unit."""
    return (
        Service(
            code="video-visit",
            names={"en": "Video visit", "es": "Consulta por video", "ar": "زيارة عبر الفيديو"},
            descriptions={
                "en": "For a new problem, or one that has changed.",
                "es": "Para un problema nuevo o uno que ha cambiado.",
                "ar": "لمشكلة جديدة أو مشكلة تغيّرت.",
            },
            minutes=20,
            buffer_after=0,
            price=Money(visit, currency),
        ),
        Service(
            code="follow-up",
            names={"en": "Follow-up", "es": "Consulta de seguimiento", "ar": "زيارة متابعة"},
            descriptions={
                "en": "A short visit about something that we have seen before.",
                "es": "Una consulta corta sobre algo que ya hemos visto.",
                "ar": "زيارة قصيرة بشأن أمر رأيناه من قبل.",
            },
            minutes=10,
            buffer_after=0,
            price=Money(follow_up, currency),
        ),
    )


HARBOUR = DemoClinic(
    slug="harbour",
    name="Harbour Clinic",
    phone="+16175550100",
    address="1 Harbour Street, Boston, Massachusetts",
    default_language="en",
    zone="America/New_York",
    country="US",
    jurisdiction="US-MA",
    currency="USD",
    emergency_number="911",
    brand={},
    staff=(
        Staff(name="Ada Whitfield", email="admin@harbour.example", roles=(Role.CLINIC_ADMIN,)),
        Staff(name="Robin Estes", email="desk@harbour.example", roles=(Role.FRONT_DESK,)),
        Staff(
            name="Dr. Priya Raman",
            email="raman@harbour.example",
            roles=(Role.CLINICIAN,),
            specialty=FAMILY,
            bio=AROUND_THE_CLOCK,
            speaks=("en", "es"),
            licences=(("US-MA", "MA-204417"), ("US-NY", "NY-301288"), ("US-NH", "NH-11876")),
            hours=ALL_DAY,
        ),
        Staff(
            name="Dr. Samir Haddad",
            email="haddad@harbour.example",
            roles=(Role.CLINICIAN,),
            specialty=MIND,
            bio=LISTENS,
            speaks=("en", "ar"),
            licences=(("US-MA", "MA-198250"),),
        ),
        Staff(
            name="Dr. Lucía Ortega",
            email="ortega@harbour.example",
            roles=(Role.CLINICIAN,),
            language="es",
            specialty=CHILDREN,
            bio=LISTENS,
            speaks=("es", "en"),
            licences=(("US-MA", "MA-221034"), ("US-RI", "RI-55102")),
        ),
    ),
    services=services("USD", 4500, 2500),
    people=(
        Person(given_name="María Fernanda", family_name="González Ibarra", born="1984-03-31", sex="female",
               language="es", phone="+16175550161"),
        Person(given_name="Yusuf", family_name="Al-Najjar", born="1957-11-02", sex="male", language="ar",
               phone="+16175550162"),
        Person(given_name="Grace", family_name="O'Malley", born="1993-07-19", sex="female", language="en",
               phone="+16175550163"),
        Person(given_name="Theo", family_name="Lindqvist", born="2016-01-08", sex="male", language="en",
               phone="+16175550164"),
    ),
)  # fmt: skip

PUERTO = DemoClinic(
    slug="puerto",
    name="Clínica del Puerto",
    phone="+34915550100",
    address="Calle del Puerto 7, Madrid",
    default_language="es",
    zone="Europe/Madrid",
    country="ES",
    jurisdiction="ES-MD",
    currency="EUR",
    emergency_number="112",
    brand={},
    staff=(
        Staff(name="Inés Calvo", email="admin@puerto.example", roles=(Role.CLINIC_ADMIN,), language="es"),
        Staff(name="Marta Gil", email="desk@puerto.example", roles=(Role.FRONT_DESK,), language="es"),
        Staff(
            name="Dra. Elena Prieto",
            email="prieto@puerto.example",
            roles=(Role.CLINICIAN,),
            language="es",
            specialty=FAMILY,
            bio=AROUND_THE_CLOCK,
            speaks=("es", "en"),
            licences=(("ES-MD", "28-41207"),),
            hours=ALL_DAY,
        ),
        Staff(
            name="Dr. Omar Benali",
            email="benali@puerto.example",
            roles=(Role.CLINICIAN,),
            language="es",
            specialty=CHILDREN,
            bio=LISTENS,
            speaks=("ar", "es"),
            licences=(("ES-MD", "28-39920"),),
        ),
    ),
    services=services("EUR", 4000, 2000),
    people=(
        Person(given_name="Carmen", family_name="Núñez Ríos", born="1949-05-12", sex="female", language="es",
               phone="+34915550161"),
        Person(given_name="Layla", family_name="Mansour", born="1988-09-23", sex="female", language="ar",
               phone="+34915550162"),
    ),
)  # fmt: skip

CLINICS = (HARBOUR, PUERTO)
