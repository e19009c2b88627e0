"""Consents of tests."""

from datetime import datetime
from typing import Any
from uuid import UUID

from portal.consent import current_document, publish_document, sign_document, standard_telehealth
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.support.clinics import Clinic


def publish_telehealth(
    database: Database, clinic: Clinic, *, now: datetime, texts: dict[str, Any] | None = None
) -> UUID:
    """The next version of the consent to video visits. `database`: a worker's."""
    with database.transaction(clinic.system("provisioning")) as session:
        return publish_document(session, kind="telehealth", texts=texts or standard_telehealth(), now=now).id


def sign_telehealth(
    database: Database, clinic: Clinic, *, account_id: UUID, patient_id: UUID, now: datetime, language: str = "en"
) -> UUID:
    """A signature under the current version. `database`: a web process's."""
    who = Principal.of(tenant_id=clinic.id, user_id=account_id, roles=[Role.PATIENT]).acting(purpose="consent")
    with database.transaction(who) as session:
        document = current_document(session)
        assert document is not None
        return sign_document(
            session,
            patient_id=patient_id,
            kind="telehealth",
            sha256=document.read_in(language).sha256,
            language=language,
            typed_name="Maria Gomez",
            zone="America/New_York",
            now=now,
        ).id
