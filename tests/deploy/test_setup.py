"""Setting up a machine: ports, secrets, certificate, Redis, system packages, reset."""

import socket
from pathlib import Path

import pytest
import redis

from deploy import bootstrap
from deploy.certificate import keep_certificate
from deploy.environment import (
    BadPort,
    Ports,
    PortTaken,
    machine_addresses,
    partner_environment,
    portal_environment,
    require_free,
)
from deploy.lock import AlreadyRunning, lock
from deploy.redis import start_redis
from deploy.reset import reset
from portal.kernel.config import Settings


def test_a_taken_port_is_named_with_its_variable() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Port {port} is taken .* SIGNALING_PORT={port + 1000} make run"):
            require_free(Ports(**{**vars(Ports.free()), "signaling": port}))


def test_ports_come_from_the_environment() -> None:
    assert Ports.chosen({"PORT": "9000", "TLS_PORT": ""}) == Ports(web=9000)
    with pytest.raises(BadPort, match="PORT=http"):
        Ports.chosen({"PORT": "http"})


def test_the_environment_made_for_the_portal_is_a_complete_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = portal_environment(tmp_path, ports=Ports(web=9000), redis_url="redis://here", given={"CODE_MINUTES": "3"})
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in {**made, "DATABASE_URL": "postgresql://web@here/portal"}.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.public_url == "http://localhost:9000"
    assert settings.code_minutes == 3
    assert settings.demo
    assert "https://127.0.0.1:8443" in settings.signaling_origins
    assert len(settings.secret_key.get_secret_value()) >= 32
    assert settings.key_file.stat().st_mode & 0o077 == 0


def test_secrets_are_the_same_at_the_next_start(tmp_path: Path) -> None:
    first, second = (portal_environment(tmp_path, ports=Ports(), redis_url="redis://here", given={}) for _ in range(2))
    assert first == second


def test_the_address_of_the_database_is_never_passed_on(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://administrator@here", "SECRET_KEY": "x" * 40}
    assert "DATABASE_URL" not in portal_environment(tmp_path, ports=Ports(), redis_url="redis://here", given=given)
    partner = partner_environment(tmp_path, ports=Ports(), given=given)
    assert not {"DATABASE_URL", "SECRET_KEY", "KEY_FILE", "VIDEO_TICKET_KEY"} & partner.keys()


def test_outside_the_demo_no_partner_is_chosen_for_anyone(tmp_path: Path) -> None:
    made = portal_environment(tmp_path, ports=Ports(), redis_url="redis://here", given={"DEMO": "false"})
    assert not {"SMTP_HOST", "TWILIO_URL", "STRIPE_URL", "STRIPE_SECRET_KEY"} & made.keys()


def test_the_certificate_is_kept_until_the_network_changes(tmp_path: Path) -> None:
    first = keep_certificate(tmp_path, ["10.0.0.1"])[0].read_bytes()
    assert keep_certificate(tmp_path, ["10.0.0.1"])[0].read_bytes() == first
    certificate, key = keep_certificate(tmp_path, ["10.0.0.2"])
    assert certificate.read_bytes() != first
    assert key.stat().st_mode & 0o077 == 0


def test_the_machines_addresses_are_those_of_a_network() -> None:
    assert all(not address.startswith("127.") for address in machine_addresses())


def test_redis_starts_is_reused_and_comes_back_empty(tmp_path: Path) -> None:
    running = start_redis(tmp_path)
    try:
        with redis.Redis.from_url(running.url) as client:
            client.set("kept", "for now")
        assert start_redis(tmp_path).pid == running.pid
        running.stop()
        running = start_redis(tmp_path)
        with redis.Redis.from_url(running.url) as client:
            assert client.dbsize() == 0
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    finally:
        running.stop()


def test_a_var_directory_is_used_once_at_a_time_and_not_emptied_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    held = lock(tmp_path)
    with pytest.raises(AlreadyRunning, match="already runs"):
        lock(tmp_path)
    with pytest.raises(AlreadyRunning):
        reset(tmp_path)
    held.close()
    reset(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_who_is_not_root_is_told_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(bootstrap.UnableToSetUp, match=r"sudo apt-get install -y .* libpango-1\.0-0"):
        bootstrap._install(["libpango-1.0-0"], "Libraries are missing.")


def test_another_system_is_told_what_to_look_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.UnableToSetUp, match="Debian packages, then try again: w3m"):
        bootstrap._install(["w3m"], "A browser is missing.")
