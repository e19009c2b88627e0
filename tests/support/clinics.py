"""Clinics of tests."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.kernel.principal import Principal
from portal.tenancy import create_organisation


@dataclass(frozen=True)
class Clinic:
    """A provisioned tenant."""

    id: UUID
    slug: str

    def path(self, rest: str = "") -> str:
        """An address below this clinic."""
        return f"/{self.slug}/{rest.lstrip('/')}"

    def system(self, purpose: str) -> Principal:
        return Principal.system(tenant_id=self.id, purpose=purpose)


def make_clinic(
    database: Database,
    *,
    now: datetime,
    zone: str = "America/New_York",
    language: str = "en",
    brand: dict[str, str] | None = None,
) -> Clinic:
    """An organisation with its data keys."""
    clinic = Clinic(id=new_id(), slug=f"c{secrets.token_hex(6)}")
    with database.transaction(clinic.system("provisioning")) as session:
        create_organisation(
            session,
            slug=clinic.slug,
            name="Harbour Clinic",
            phone="+16175550100",
            address="1 Harbour Street, Boston, MA",
            default_language=language,
            zone=zone,
            country="US",
            jurisdiction="US-MA",
            currency="USD",
            emergency_number="911",
            brand=brand or {},
            now=now,
        )
    return clinic
