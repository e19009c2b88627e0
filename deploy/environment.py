"""What each process finds in its environment when the portal runs on one machine.

Owns ports, generated secrets and the local partners' addresses. The settings themselves, their types and defaults are
`portal.kernel.config`'s; whatever the person who starts the portal has set wins over what is made here.
"""

import json
import os
import secrets
import socket
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from portal.kernel.config import Settings

#: What signs the audit's checkpoints and writes them elsewhere: for no other process.
SEQUENCERS_OWN = ("AUDIT_KEY_FILE", "AUDIT_S3_SECRET_KEY")
TRUE = ("1", "true", "yes", "on")


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where this machine is listened on; each is chosen by the variable of PORT_VARIABLES."""

    web: int = 8000
    tls: int = 8443
    signaling: int = 8001
    smtp: int = 8025
    sms: int = 8026
    cards: int = 8027

    @classmethod
    def chosen(cls, environment: Mapping[str, str]) -> "Ports":
        """Those that the environment names, the defaults for the rest; raises BadPort."""
        return cls(
            **{
                field: _port(variable, environment[variable])
                for field, variable in PORT_VARIABLES.items()
                if environment.get(variable)
            }
        )

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody listens on just now."""
        held = [socket.socket() for _ in PORT_VARIABLES]
        try:
            for each in held:
                each.bind(("127.0.0.1", 0))
            return cls(**{field: each.getsockname()[1] for field, each in zip(PORT_VARIABLES, held, strict=True)})
        finally:
            for each in held:
                each.close()


PORT_VARIABLES = {
    "web": "PORT",
    "tls": "TLS_PORT",
    "signaling": "SIGNALING_PORT",
    "smtp": "SINK_SMTP_PORT",
    "sms": "SINK_SMS_PORT",
    "cards": "CARDS_PORT",
}


class BadPort(ValueError):
    """A port's variable is not a number from 1 to 65535."""


class PortTaken(RuntimeError):
    """Somebody else listens on a port that we need; the message names the variable that chooses another."""


def require_free(ports: Ports) -> None:
    """Raise PortTaken for the first port on which somebody listens."""
    for field, port in asdict(ports).items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0" if field == "tls" else "127.0.0.1", port))
            except OSError as error:
                variable = PORT_VARIABLES[field]
                raise PortTaken(
                    f"Port {port} is taken by another program ({error.strerror}). "
                    f"Stop that program, or choose another port: {variable}={port + 1000} make run"
                ) from error


def machine_addresses() -> tuple[str, ...]:
    """This machine's IPv4 addresses in its local networks, the one that leads out first."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # sends nothing: asks the routing table which of our addresses it would use
        found.append(probe.getsockname()[0])
    with suppress(OSError):
        found += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return tuple(dict.fromkeys(address for address in found if not address.startswith("127.")))


def is_demo(environment: Mapping[str, str]) -> bool:
    return environment.get("DEMO", "true").lower() in TRUE


def base_environment() -> dict[str, str]:
    """What is around us, without any setting of ours: a Stack starts from what it is told."""
    ours = {name.upper() for name in Settings.model_fields} | set(PORT_VARIABLES.values())
    return {name: value for name, value in os.environ.items() if name.upper() not in ours}


def portal_environment(
    var: Path, *, ports: Ports, redis_url: str, given: Mapping[str, str], addresses: tuple[str, ...] = ()
) -> dict[str, str]:
    """Environment of the portal's own processes, but for DATABASE_URL, which differs by role."""
    own = _secrets(var / "secrets.json")
    hosts = ("localhost", "127.0.0.1", *addresses)
    made = {
        "DEMO": "true",
        "OPEN_UNSCANNED": "true",
        "SECRET_KEY": own["SECRET_KEY"],
        "VIDEO_TICKET_KEY": own["VIDEO_TICKET_KEY"],
        "KEY_FILE": str(_key_file(var / "keys" / "local.key")),
        "REDIS_URL": redis_url,
        "PUBLIC_URL": f"http://localhost:{ports.web}",
        "TRUSTED_HOSTS": ",".join(hosts),
        "TRUSTED_PROXIES": "1",  # the front, the only way to the web process's socket
        "OBJECT_STORE_DIR": str(var / "objects"),
        "STATIC_CACHE_DIR": str(var / "static"),
        "AUDIT_CHECKPOINT_DIR": str(var / "checkpoints"),
        "INBOX_DIR": str(var / "inbox"),
        "SIGNALING_PORT": str(ports.signaling),
        "SIGNALING_ORIGINS": ",".join(
            f"{scheme}://{host}:{port}"
            for scheme, port in (("http", ports.web), ("https", ports.tls))
            for host in hosts
        ),
        "PYTHONUNBUFFERED": "1",
    }
    if is_demo(given):
        made |= {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(ports.smtp),
            "SMTP_SECURITY": "none",
            "TWILIO_URL": f"http://127.0.0.1:{ports.sms}",
            "TWILIO_FROM": "+15005550006",
            "STRIPE_URL": f"http://127.0.0.1:{ports.cards}",
            **_partner_credentials(own),
        }
    environment = {**made, **given}
    environment.pop("DATABASE_URL", None)
    for name in SEQUENCERS_OWN:
        environment.pop(name, None)
    return environment


def partner_environment(var: Path, *, ports: Ports, given: Mapping[str, str]) -> dict[str, str]:
    """Environment of the local partners: their ports and credentials, and nothing of the portal's."""
    own = _secrets(var / "secrets.json")
    public_url = given.get("PUBLIC_URL", f"http://localhost:{ports.web}")
    withheld = {"DATABASE_URL", "SECRET_KEY", "VIDEO_TICKET_KEY", "KEY_FILE", "REDIS_URL", *SEQUENCERS_OWN}
    made = {
        "SINK_SMTP_PORT": str(ports.smtp),
        "SINK_SMS_PORT": str(ports.sms),
        "SINK_DIR": given.get("INBOX_DIR", str(var / "inbox")),
        "CARDS_PORT": str(ports.cards),
        "CARDS_SECRET_KEY": own["STRIPE_SECRET_KEY"],
        "CARDS_WEBHOOK_SECRET": own["STRIPE_WEBHOOK_SECRET"],
        "CARDS_WEBHOOK_URL": f"{public_url}/webhooks/cards",
        "CARDS_STATE_DIR": str(var / "cards"),
        "PYTHONUNBUFFERED": "1",
        **_partner_credentials(own),
    }
    return {**made, **{name: value for name, value in given.items() if name not in withheld}}


def _partner_credentials(own: Mapping[str, str]) -> dict[str, str]:
    names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")
    return {name: own[name] for name in names}


def _secrets(file: Path) -> dict[str, str]:
    if not file.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "VIDEO_TICKET_KEY": secrets.token_urlsafe(48),
            "TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_urlsafe(24)}",
            "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_urlsafe(24)}",
        }
        _write_private(file, json.dumps(made, indent=2))
    known: dict[str, str] = json.loads(file.read_text())
    return known


def audit_key_file(var: Path) -> Path:
    """The key that signs the audit's checkpoints, made when it is absent."""
    return _key_file(var / "keys" / "audit.key")


def _key_file(file: Path) -> Path:
    # Made before any process starts: two that made it at the same time would hold different keys.
    if not file.exists():
        _write_private(file, b64encode(secrets.token_bytes(32)).decode())
    return file


def _write_private(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.touch(0o600)
    unfinished.write_text(text)
    unfinished.rename(file)


def _port(variable: str, text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise BadPort(f"{variable}={text} is not a port: it must be a number from 1 to 65535")
    return int(text)
