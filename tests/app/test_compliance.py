"""The compliance scan: with nothing planted it finds nothing; each planted fault is found, by name."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import ProgrammingError

from portal.app import labels
from portal.app.compliance import CHECKS, Check, Finding, Ground, Severity, baseline, scan
from portal.app.compliance.partners import PARTNERS
from portal.kernel.config import Settings
from portal.kernel.db import Database
from portal.kernel.events import Task
from portal.kernel.ids import new_id
from portal.kernel.tasks import schedule
from portal.practitioners import add_licence, create_practitioner
from portal.tenancy import own_clinic, record_agreement
from tests.conftest import SystemSession
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.servers import superuser

STRONG = "kQ7v-TzX1mWc9sLpRb4nYe8uJd2hGf6a"


@pytest.fixture
def settings(urls: dict[str, str], tmp_path: Path) -> Settings:
    """Those of a sound installation with one partner, the mail server."""
    return Settings(
        demo=False,
        secret_key=STRONG,
        video_ticket_key=STRONG[::-1],
        database_url=urls["portal_compliance"],
        kms_key_ids="alias/portal",
        kms_region="us-east-1",
        public_url="https://clinic.example.org",
        trusted_proxies=1,
        smtp_host="mail.example.org",
        audit_s3_bucket="checkpoints",
        redis_url="redis://127.0.0.1:1/0",
    )


@pytest.fixture
def scanner(urls: dict[str, str]) -> Iterator[Database]:
    database = Database(urls["portal_compliance"], pool_size=2)
    yield database
    database.engine.dispose()


@pytest.fixture
def sound(
    app: Flask, settings: Settings, scanner: Database, clinic: Clinic, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Ground:
    """An installation in which nothing is wrong."""
    monkeypatch.setattr(baseline, "SCANNER", "public_url")  # a setting that stands for a scanner's address
    with scanner.transaction(clinic.system("compliance")) as session:
        for partner in ("mail", "keys", "checkpoints"):
            _sign(session, partner, clock)
        found = own_clinic(session)
    return Ground(settings=settings, app=app, database=scanner, clinics=[found], now=clock.now)


def _sign(session: object, partner: str, clock: Clock, *, kind: str = "baa", days: int | None = None) -> None:
    today = clock.now.date()
    record_agreement(
        session,  # type: ignore[arg-type]
        partner=partner,
        kind=kind,
        party="Partner Inc.",
        reference="cabinet 3",
        signed_on=today - timedelta(days=400),
        expires_on=None if days is None else today + timedelta(days=days),
        now=clock.now,
    )


def _found(ground: Ground) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in scan(ground, CHECKS):
        assert not one.unmade, one
        found.setdefault(one.check.id, []).append(one.place)
    return found


def _with(ground: Ground, **settings: object) -> Ground:
    values = ground.settings.model_dump() | settings
    return replace(ground, settings=Settings(**values))


def test_nothing_is_found_where_nothing_is_wrong(sound: Ground) -> None:
    assert _found(sound) == {}


def test_each_check_has_a_name_of_its_own_and_says_what_to_do() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    assert all(check.fault and check.remedy for check in CHECKS)


def test_a_route_without_a_permission_is_found(
    sound: Ground, another_app: Callable[..., Flask], web_process: object
) -> None:
    planted = another_app(web_process)
    planted.add_url_rule("/planted", "planted", lambda: "")
    assert _found(replace(sound, app=planted)) == {"route-undeclared": ["planted at /planted"]}


PLANTED = {
    "table-open": (
        "CREATE TABLE tenancy.planted (tenant_id uuid PRIMARY KEY);"
        " CREATE POLICY tenant ON tenancy.planted AS RESTRICTIVE USING (tenant_id = kernel.tenant_id());"
        " ALTER TABLE tenancy.planted ENABLE ROW LEVEL SECURITY;"
        " ALTER TABLE tenancy.planted OWNER TO portal_owner",
        "DROP TABLE tenancy.planted",
    ),
    "table-no-tenant": (
        "CREATE TABLE tenancy.planted (tenant_id uuid PRIMARY KEY);"
        " ALTER TABLE tenancy.planted ENABLE ROW LEVEL SECURITY; ALTER TABLE tenancy.planted FORCE ROW LEVEL SECURITY;"
        " ALTER TABLE tenancy.planted OWNER TO portal_owner",
        "DROP TABLE tenancy.planted",
    ),
    "table-owner": (
        "ALTER TABLE tenancy.agreement OWNER TO portal_web",
        "ALTER TABLE tenancy.agreement OWNER TO portal_owner",
    ),
    "key-no-tenant": (
        "CREATE UNIQUE INDEX planted ON tenancy.agreement (reference) WHERE reference = 'planted'",
        "DROP INDEX tenancy.planted",
    ),
    "view-as-owner": ("CREATE VIEW tenancy.planted AS SELECT 1 AS one", "DROP VIEW tenancy.planted"),
    "function-as-owner": (
        "CREATE FUNCTION tenancy.planted() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1",
        "DROP FUNCTION tenancy.planted",
    ),
}


@pytest.mark.parametrize("check", sorted(PLANTED))
def test_a_gap_in_the_catalog_is_found(sound: Ground, urls: dict[str, str], check: str) -> None:
    plant, remove = PLANTED[check]
    with superuser(urls) as database:
        database.execute(plant)
        try:
            found = _found(sound)
        finally:
            database.execute(remove)
    assert list(found) == [check]
    assert _found(sound) == {}


def test_a_column_without_a_label_is_found(sound: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(labels.CLEAR, "patients.patient.family_name")
    assert _found(sound) == {"column-unlabelled": ["patients.patient.family_name"]}


@pytest.mark.parametrize(
    ("check", "given"),
    [
        ("demo-public", {"demo": True}),
        ("tls", {"public_url": "http://clinic.example.org"}),
        ("tls", {"smtp_security": "none"}),
        ("tls", {"stripe_url": "http://cards.example.org"}),
        ("tls", {"redis_url": "redis://queue.example.org/0"}),
        ("database-tls", {"database_url": "postgresql+psycopg://portal_web@db.example.org/portal"}),
        ("database-tls", {"database_url": "postgresql+psycopg://portal_web@db.example.org/portal?sslmode=prefer"}),
        ("weak-secret", {"secret_key": "short"}),
        ("weak-secret", {"secret_key": "change-me-" * 4}),
        ("weak-secret", {"secret_key": STRONG[::-1]}),
        ("limits", {"session_hours": 48}),
        ("limits", {"code_tries": 50}),
        ("key-in-a-file", {"kms_key_ids": ()}),
        ("webhook-secrets", {"stripe_webhook_secret": "whsec_one,whsec_two"}),
        ("object-lock", {"audit_s3_bucket": ""}),
        ("object-lock", {"audit_s3_days": 30}),
        ("proxy", {"trusted_proxies": 0}),
    ],
)
def test_a_setting_below_the_baseline_is_found(sound: Ground, check: str, given: dict[str, object]) -> None:
    assert list(_found(_with(sound, **given))) == [check]


def test_a_demo_on_this_machine_is_a_remark_and_no_more(sound: Ground) -> None:
    found = _found(_with(sound, demo=True, public_url="http://localhost:8000"))
    assert list(found) == ["demo"]


def test_an_encrypted_way_to_the_database_is_enough(sound: Ground) -> None:
    address = "postgresql+psycopg://portal_web@db.example.org/portal?sslmode=verify-full"
    assert _found(_with(sound, database_url=address)) == {}


def test_a_missing_scanner_is_found(sound: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "SCANNER", "no_such_setting")
    assert list(_found(sound)) == ["no-scanner"]


def test_cheap_password_hashes_are_found(sound: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "password_cost", lambda: (8192, 2, 1))
    assert _found(sound) == {"weak-passwords": ["argon2id with 8192 KiB and 2 passes"]}


def test_a_key_file_that_others_may_read_is_found(sound: Ground, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.touch(0o600)
    assert _found(_with(sound, key_file=key)) == {}
    key.chmod(0o640)
    assert list(_found(_with(sound, key_file=key))) == ["key-file-readable"]


def test_no_secret_is_told(sound: Ground) -> None:
    ground = _with(sound, secret_key="change-me-" * 4, stripe_webhook_secret="whsec_one,whsec_two")
    told = "".join(one.place for one in scan(ground, CHECKS))
    assert "change-me" not in told and "whsec_one" not in told


def test_a_partner_without_an_agreement_is_found(sound: Ground) -> None:
    found = _found(
        _with(sound, twilio_account_sid="AC1", stripe_secret_key="sk", turn_urls=("turn:t.example.org:3478",))
    )
    assert list(found) == ["agreement"]
    assert [place.split()[1] for place in found["agreement"]] == ["cards", "relay", "sms"]
    assert all("none is on record" in place for place in found["agreement"])


def test_a_partner_on_this_machine_is_nobody_to_sign_with(sound: Ground) -> None:
    assert _found(_with(sound, twilio_account_sid="AC1", twilio_url="http://127.0.0.1:8026")) == {}


def test_an_expired_agreement_is_found_and_a_renewed_one_is_not(sound: Ground, clinic: Clinic, clock: Clock) -> None:
    ground = _with(sound, twilio_account_sid="AC1")
    with sound.database.transaction(clinic.system("compliance")) as session:
        _sign(session, "sms", clock, days=-1)
    ended = clock.now.date() - timedelta(days=1)
    (told,) = _found(ground)["agreement"]
    assert told.endswith(f"BAA: the last one ended on {ended}")
    with sound.database.transaction(clinic.system("compliance")) as session:
        _sign(session, "sms", clock, days=20)
    assert _found(ground) == {"agreement-lapses": [f"{clinic.slug}: sms"]}
    with sound.database.transaction(clinic.system("compliance")) as session:
        _sign(session, "sms", clock)
    assert _found(ground) == {}


def test_the_wrong_kind_of_agreement_is_none(sound: Ground, clinic: Clinic, clock: Clock) -> None:
    with sound.database.transaction(clinic.system("compliance")) as session:
        _sign(session, "sms", clock, kind="dpa")
    assert list(_found(_with(sound, twilio_account_sid="AC1"))) == ["agreement"]


def test_overdue_keys_work_and_licences_are_found(
    sound: Ground, system: SystemSession, clinic: Clinic, clock: Clock
) -> None:
    with system("provisioning") as session:
        lee = create_practitioner(session, name="Dr. Lee", zone="America/New_York", now=clock.now)
        lapsed = {"since": date(2020, 1, 1), "until": date(2021, 1, 1)}
        add_licence(session, practitioner_id=lee.id, jurisdiction="US-MA", number="1", **lapsed)
    with system("operations") as session:
        schedule(session, kind="test.work", subject_id=new_id(), key="planted", due_at=clock.now)
        session.flush()
        task = session.query(Task).filter_by(key="planted").one()
        task.state, task.finished_at, task.attempts = "dead", clock.now, 6
    found = _found(replace(sound, now=clock.now + timedelta(days=400)))
    assert found["review-access"] == [f"{clinic.slug}: none since {clock.now:%Y-%m-%d}"]
    assert found["dead-letter"] == [f"{clinic.slug}: 1 of test.work"]
    assert found["licence"] == [f"{clinic.slug}: Dr. Lee in US-MA, until 2021-01-01"]
    assert [place.split(",")[0] for place in found["old-key"]] == [f"{clinic.slug}: fields", f"{clinic.slug}: objects"]


def test_a_check_that_fails_is_a_finding_and_hides_no_other(sound: Ground) -> None:
    def fails(ground: Ground) -> Iterator[str]:
        raise LookupError("patient Ana")

    broken = Check(id="broken", severity=Severity.LOW, fault="f", remedy="r", find=fails)
    found = scan(_with(sound, trusted_proxies=0), [broken, *CHECKS])
    assert [(one.check.id, one.unmade) for one in found] == [("proxy", False), ("broken", True)]
    assert found[1] == Finding(check=broken, place="could not be checked: LookupError", unmade=True)


def test_the_worst_comes_first(sound: Ground) -> None:
    found = scan(_with(sound, demo=True, kms_key_ids=(), audit_s3_days=1), CHECKS)
    assert [one.check.severity for one in found] == [Severity.CRITICAL, Severity.MEDIUM, Severity.LOW]


@pytest.mark.parametrize("table", ["patients.patient", "charting.note", "audit.leaf", "identity.account"])
def test_the_scans_role_reads_no_record(sound: Ground, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        sound.catalog(f"SELECT * FROM {table}")


def test_the_scans_role_does_not_see_whose_emergency_it_was(sound: Ground) -> None:
    assert sound.catalog("SELECT since FROM patients.break_glass") == []
    with pytest.raises(ProgrammingError, match="permission denied"):
        sound.catalog("SELECT patient_id FROM patients.break_glass")


def test_every_partner_of_the_table_says_what_it_sees() -> None:
    assert all(one.sees for one in PARTNERS)
