"""Where a patient's words must not be once the browsers are through: searched for at the end of each journey."""

from typing import Any
from urllib.request import urlopen

import psycopg
from redis import Redis
from sqlalchemy import make_url

from deploy.stack import Stack
from tests.kernel.test_dump import dump, forms_of
from tests.rail.people import Inbox, Patient

WORDS = ("Rosa", "Nuñez", "Nu\\u00f1ez", "Nu%C3%B1ez", "cough", "bronchitis", "Penicillin", "Ibuprofen")
# What was written and is sealed: a dump has the name in clear, and the clinic's form knows what a cough is.
SEALED = (
    "cough for five days",
    "Acute bronchitis.",
    "Rest, fluids",
    "Ibuprofen 400 mg",
    "Penicillin",
    "Thank you, doctor",
    "I write instead",
)


def rows(stack: Stack, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the database holds, past row-level security, as the backup role reads it."""
    address = make_url(stack.database_urls["portal_backup"]).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        return connection.execute(query, values).fetchall()


def nothing_leaked(stack: Stack, inbox: Inbox, patient: Patient) -> None:
    """The planted patient is nowhere but in their own record, and there sealed; a message has only their address."""
    number = patient.phone.removeprefix("+")
    for log in (stack.var / "log").glob("*.log"):  # addresses that were asked for, too
        _holds_none(log.name, log.read_text(errors="replace"), (*WORDS, number))
    for place, text in (*_carried(stack), *_kept_in_redis(stack), *_said_about_health(stack)):
        _holds_none(place, text, (*WORDS, number))
    for message in inbox.to(patient.phone):
        _holds_none("a message", message.text, WORDS)
    stolen = dump(stack.database_urls["portal_backup"])
    assert b"Rosa" in stolen, "the dump does not reach the patient's rows"
    found = [words for words in (*SEALED, patient.phone, number) if any(form in stolen for form in forms_of(words))]
    assert not found, f"dump: {found}"


def _holds_none(place: str, text: str, words: tuple[str, ...]) -> None:
    found = [one for one in words if one in text]
    assert not found, f"{place}: {found}"


def _carried(stack: Stack) -> list[tuple[str, str]]:
    """Events, tasks, forms sent twice and the audit record."""
    queries = {
        "an event": "SELECT payload::text FROM kernel.outbox_event",
        "a task": "SELECT coalesce(key, '') || coalesce(last_error, '') FROM kernel.task",
        "an address after a form": "SELECT location FROM kernel.submission",
        "the audit record": "SELECT array_to_string(resources, ' ') || purpose || permission FROM audit.leaf",
    }
    found = [(place, text) for place, query in queries.items() for (text,) in rows(stack, query)]
    assert {place for place, _ in found} == queries.keys()
    return found


def _kept_in_redis(stack: Stack) -> list[tuple[str, str]]:
    """Keys and values of every queue and job."""
    redis = Redis.from_url(stack.redis_url)
    readers: dict[bytes, Any] = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"stream": redis.xrange,
    }
    found = []
    for key in redis.scan_iter():
        read = readers.get(redis.type(key))
        value = read(key) if read else ""  # gone meanwhile
        found.append(("Redis", f"{key!r} {value!r}"))
    assert found
    return found


def _said_about_health(stack: Stack) -> list[tuple[str, str]]:
    """What the portal and the video's sidecar tell whoever watches over them."""
    addresses = (f"{stack.url}/healthz", f"http://127.0.0.1:{stack.ports.signaling}/healthz")
    return [(address, urlopen(address, timeout=10).read().decode()) for address in addresses]
