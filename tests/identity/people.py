"""Steps that the tests of the clinic's people share."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.identity.operations import change_roles, end_account, suspend_account
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.identity import staff_member
from tests.support.clinics import Clinic
from tests.support.outside import Outside

DEED: dict[str, Any] = {"roles": change_roles, "suspend": suspend_account, "end": end_account}


def admin(clinic: Clinic, account: UUID, *, purpose: str = "people") -> Principal:
    return Principal.of(tenant_id=clinic.id, user_id=account, roles=[Role.CLINIC_ADMIN]).acting(purpose=purpose)


def two_administrators(worker: Database, clinic: Clinic, *, now: datetime) -> tuple[UUID, UUID]:
    return (
        staff_member(worker, clinic, Role.CLINIC_ADMIN, now=now, name="Ada Min"),
        staff_member(worker, clinic, Role.CLINIC_ADMIN, now=now, name="Ben Min"),
    )


def link_in(outside: Outside) -> str:
    """The path of the invitation that was mailed last."""
    found = re.search(r"https?://[^/\s]+(/\S+/staff/invitation/[\w-]+)", outside.mail.sent[-1].text)
    assert found, outside.mail.sent[-1].text
    return found.group(1)
