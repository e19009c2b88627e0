"""Whether the settings are at least what an installation with patients needs."""

import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import make_url

from portal.app.compliance.findings import Ground
from portal.app.compliance.partners import is_here
from portal.identity import password_cost

#: Shortest secret, and fewest different characters in one: what is typed rather than drawn has fewer.
SECRET_LENGTH, SECRET_VARIETY = 32, 12
SECRETS = ("secret_key", "video_ticket_key", "turn_secret")
#: OWASP's least for argon2id (memory in KiB, passes), any of them.
ARGON2_LEAST = ((47104, 1), (19456, 2), (12288, 3), (9216, 4), (7168, 5))
#: The most of each: setting → limit. A session's are NIST SP 800-63B's for AAL2.
MOST = {
    "session_hours": 12,
    "session_idle_minutes": 30,
    "code_minutes": 10,
    "code_tries": 5,
    "codes_per_target_hour": 10,
    "codes_per_address_hour": 60,
}
#: Six years (45 CFR 164.316(b)(2)(i)).
LOCK_DAYS = 2192
ENCRYPTED_MODES = ("require", "verify-ca", "verify-full")
#: The setting that names the scanner of uploaded files.
SCANNER = "clamd_address"


def _is_public(ground: Ground) -> bool:
    return not is_here(urlsplit(ground.settings.public_url).hostname or "")


def demo_in_public(ground: Ground) -> Iterator[str]:
    if ground.settings.demo and _is_public(ground):
        yield f"DEMO is on at {ground.settings.public_url}"


def demo(ground: Ground) -> Iterator[str]:
    if ground.settings.demo and not _is_public(ground):
        yield f"DEMO is on at {ground.settings.public_url}"


def debug(ground: Ground) -> Iterator[str]:
    if ground.app.debug:
        yield "the application's debug mode"


def without_tls(ground: Ground) -> Iterator[str]:
    """Ways over a network that are not encrypted."""
    settings = ground.settings
    if _is_public(ground) and urlsplit(settings.public_url).scheme != "https":
        yield f"PUBLIC_URL is {settings.public_url}"
    if settings.smtp_security == "none" and not is_here(settings.smtp_host):
        yield f"SMTP_SECURITY is none for {settings.smtp_host}"
    for name in ("twilio_url", "stripe_url", "audit_s3_url", "kms_url"):
        parts = urlsplit(getattr(settings, name))
        if parts.scheme == "http" and not is_here(parts.hostname or ""):
            yield f"{name.upper()} is {getattr(settings, name)}"
    redis = urlsplit(settings.redis_url)
    if redis.scheme == "redis" and not is_here(redis.hostname or ""):
        yield "REDIS_URL is redis:, not rediss:"


def database_without_tls(ground: Ground) -> Iterator[str]:
    url = make_url(ground.settings.database_url.get_secret_value())
    host = url.host or str(url.query.get("host", ""))
    if host and not host.startswith("/") and not is_here(host):
        mode = parse_qs(urlsplit(url.render_as_string()).query).get("sslmode", ["not set"])[0]
        if mode not in ENCRYPTED_MODES:
            yield f"sslmode is {mode} for {host}"


def weak_secrets(ground: Ground) -> Iterator[str]:
    """Secrets that are short, typed, or used twice; their values are not told."""
    given = {name: getattr(ground.settings, name).get_secret_value() for name in SECRETS}
    given = {name: value for name, value in given.items() if value}
    times = Counter(given.values())
    for name, value in given.items():
        if len(value) < SECRET_LENGTH:
            yield f"{name.upper()} has fewer than {SECRET_LENGTH} characters"
        elif len(set(value)) < SECRET_VARIETY:
            yield f"{name.upper()} repeats few characters"
        if times[value] > 1:
            yield f"{name.upper()} is also another setting's value"


def weak_passwords(ground: Ground) -> Iterator[str]:
    memory, passes, _ = password_cost()
    if not any(memory >= least and passes >= times for least, times in ARGON2_LEAST):
        yield f"argon2id with {memory} KiB and {passes} passes"


def beyond_limits(ground: Ground) -> Iterator[str]:
    for name, most in MOST.items():
        if (value := getattr(ground.settings, name)) > most:
            yield f"{name.upper()} is {value}, more than {most}"


def readable_key_files(ground: Ground) -> Iterator[str]:
    """Files of keys that others on the machine may read."""
    for name in ("key_file", "audit_key_file"):
        if not (value := getattr(ground.settings, name)):
            continue
        path = Path(value)
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield f"{name.upper()} {path}"


def key_in_a_file(ground: Ground) -> Iterator[str]:
    if not ground.settings.kms_key_ids:
        yield "KEY_FILE without KMS_KEY_IDS"


def second_webhook_secret(ground: Ground) -> Iterator[str]:
    if "," in ground.settings.stripe_webhook_secret.get_secret_value():
        yield "STRIPE_WEBHOOK_SECRET holds two"


def without_object_lock(ground: Ground) -> Iterator[str]:
    """Checkpoints in a folder, or locked for less than the record is kept."""
    if not ground.settings.audit_s3_bucket:
        yield f"AUDIT_CHECKPOINT_DIR is {ground.settings.audit_checkpoint_dir}, AUDIT_S3_BUCKET is empty"
    elif ground.settings.audit_s3_days < LOCK_DAYS:
        yield f"AUDIT_S3_DAYS is {ground.settings.audit_s3_days}, less than {LOCK_DAYS}"


def without_scanner(ground: Ground) -> Iterator[str]:
    if not getattr(ground.settings, SCANNER, ""):
        yield f"{SCANNER.upper()} is not set"


def proxy_not_counted(ground: Ground) -> Iterator[str]:
    """Behind a proxy that is not counted, everybody comes from one address: limits hold all or nobody."""
    if _is_public(ground) and not ground.settings.trusted_proxies:
        yield "TRUSTED_PROXIES is 0"
