"""The whole portal as `make run` starts it: who holds which role, what comes back by itself, what is left."""

import signal
from pathlib import Path

import psycopg
import pytest
import redis

from deploy.lock import AlreadyRunning
from deploy.probe import answers
from deploy.processes import wait_until
from deploy.programs import PROGRAMS
from deploy.stack import Stack


def _environment_of(pid: int) -> dict[str, str]:
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def test_it_answers_in_plain_http_and_in_tls(stack: Stack) -> None:
    assert answers(f"{stack.url}/healthz")
    assert answers(f"{stack.tls_url}/healthz")


def test_each_process_holds_its_own_role_and_no_other(stack: Stack) -> None:
    for program in PROGRAMS:
        environment = _environment_of(stack.pid(program.name))
        if program.role is None:
            assert "DATABASE_URL" not in environment, program.name
        else:
            assert environment["DATABASE_URL"] == stack.database_urls[program.role], program.name
        foreign = {url for role, url in stack.database_urls.items() if role != program.role}
        assert not foreign & set(environment.values()), program.name


def test_partners_hold_no_key_of_the_portal(stack: Stack) -> None:
    portal = stack.environment("portal_web")
    for name in ("sinks", "cards", "front"):
        held = set(_environment_of(stack.pid(name)).values())
        assert not held & {portal["SECRET_KEY"], portal["VIDEO_TICKET_KEY"], portal["KEY_FILE"]}, name


def test_the_key_that_signs_the_audit_is_the_sequencers_alone(stack: Stack) -> None:
    holders = [program.name for program in PROGRAMS if "AUDIT_KEY_FILE" in _environment_of(stack.pid(program.name))]
    assert holders == ["sequencer"]


def test_the_sequencer_signs_what_the_demo_has_done(stack: Stack) -> None:
    assert wait_until(lambda: len([*(stack.var / "checkpoints").glob("*/1.txt")]) > 1, timeout=60)
    said = stack.run_command("audit", "verify", "--clinic", "harbour")
    assert "0 findings" in said


def test_a_second_one_is_refused(stack: Stack) -> None:
    with pytest.raises(AlreadyRunning):
        Stack(stack.var).start()


def test_a_killed_process_comes_back(stack: Stack) -> None:
    killed = stack.kill("signaling")
    assert stack.pid("signaling") != killed
    killed = stack.kill("web", signal.SIGTERM)
    assert wait_until(lambda: stack.pid("web") != killed and answers(f"{stack.url}/healthz"), timeout=60)


def test_the_portal_answers_again_after_postgresql_was_restarted(stack: Stack) -> None:
    stack.restart_postgres()
    assert wait_until(lambda: answers(f"{stack.url}/healthz"), timeout=10)
    with psycopg.connect(stack.database_urls["portal_web"].replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("portal_web",)


def test_redis_comes_back_empty(stack: Stack) -> None:
    with redis.Redis.from_url(stack.redis_url) as client:
        client.set("kept:nowhere", "1")
    stack.restart_redis()
    with redis.Redis.from_url(stack.redis_url) as client:
        assert client.get("kept:nowhere") is None
