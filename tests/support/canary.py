"""Words of somebody who means harm, planted in every text that a person may have written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import String, inspect, make_url, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapper

from portal.app.labels import CODED, HASHED
from portal.app.processes import Process, make_process
from portal.kernel.db import Base, Database, Encrypted, PortalSession
from portal.kernel.principal import Principal

#: Breaks out of a text, an attribute in either quotes, a comment, a script and a template, if anything lets it.
MARK = "canary"
CANARY = f"{MARK}{{{{7*7}}}}{{%x%}}\"'--></script></textarea></title><img src=x {MARK}=1 onerror=alert(1)>"
# Words of a program's own in tables that hold nobody's record: codes, addresses, keys.
NO_WORDS = {
    "tenancy.organisation": "slug default_language zone country jurisdiction currency",
    "practitioners.practitioner": "zone npi",
    "practitioners.licence": "jurisdiction",
    "scheduling.visit_type": "code modality",
    "scheduling.availability": "zone",
}
# Tables of which a person writes nothing.
MACHINES = ("audit", "kernel")


@contextmanager
def past_every_policy(process: Process, urls: Mapping[str, str]) -> Iterator[Database]:
    """The tests' database as its administrator, with the process's keys."""
    address = make_url(urls["admin"]).set(drivername="postgresql+psycopg", database=urls["database"])
    settings = process.settings.model_copy(
        update={"database_url": type(process.settings.secret_key)(address.render_as_string(hide_password=False))}
    )
    database = make_process(settings).database
    yield database
    database.engine.dispose()


def plant(database: Database, tenant_id: UUID) -> set[str]:
    """Put the canary into every text of a tenant's rows, sealed ones too; returns "schema.table.attribute".

    `database`: past every policy. Triggers that keep rows as they are do not run, since forms wrote what stands there.
    """
    planted: set[str] = set()
    with database.transaction(Principal.system(tenant_id=tenant_id, purpose="demo")) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for mapper in Base.registry.mappers:
            if mapper.local_table.schema not in MACHINES:
                planted |= _plant_table(session, mapper, tenant_id)
    return planted


def _plant_table(session: PortalSession, mapper: Mapper[Any], tenant_id: UUID) -> set[str]:
    name = f"{mapper.local_table.schema}.{mapper.local_table.name}"
    key = mapper.class_.id if name == "tenancy.organisation" else mapper.class_.tenant_id
    planted = set()
    for row in session.scalars(select(mapper.class_).where(key == tenant_id)):
        for attribute in _texts(mapper, name):
            before = getattr(row, attribute)
            if (after := _with_canary(before)) != before:
                setattr(row, attribute, after)
                planted.add(f"{name}.{attribute}")
        session.flush()
    return planted


def _texts(mapper: Mapper[Any], name: str) -> list[str]:
    """Attributes that a person's words come to stand in."""
    sealed = [
        key
        for parent in mapper.class_.__mro__
        for key, value in vars(parent).items()
        # An index is over the value: what is looked up by it must stay what it was.
        if isinstance(value, Encrypted) and value.index is None and key not in {"secret", "values"}
    ]
    coded = {*CODED.get(name, "").split(), *NO_WORDS.get(name, "").split()}
    plain = [
        attribute.key
        for attribute in inspect(mapper).column_attrs
        if isinstance(attribute.columns[0].type, String | JSONB)
        and attribute.key not in coded
        and f"{name}.{attribute.key}" not in HASHED
        and (name in CODED or name in NO_WORDS or isinstance(attribute.columns[0].type, JSONB))
    ]
    return sealed + plain


def _with_canary(value: Any) -> Any:
    """The value with the canary in its words; what is no word (a code, a number) stays."""
    if isinstance(value, str):
        return f"{value} {CANARY}" if value and CANARY not in value else value
    if isinstance(value, list):
        return [_with_canary(one) if not isinstance(one, str) or " " in one else one for one in value]
    if isinstance(value, dict):
        return {key: _with_canary(one) if not isinstance(one, str) or " " in one else one for key, one in value.items()}
    return value
