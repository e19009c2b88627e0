"""Settings of a process, read from the environment and from nowhere else.

Owns names, types and defaults; `docs/configuration.md` is the table that people read, and a test keeps both equal.
Defaults are those of production; the demo is opted into with DEMO=true.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic.functional_validators import BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """One installation's settings. Lists are written with commas."""

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore")

    demo: bool = Field(False, description="Demo clinics, /dev/inbox, /design and the local partners")
    secret_key: SecretStr = Field(description="Signs session cookies and form tokens; at least 32 characters")
    key_file: Path | None = Field(
        None,
        description="Local key-encryption keys, each line 32 random bytes in base64: the first wraps, all unwrap;"
        " made when absent in the demo. Required without KMS_KEY_IDS",
    )
    kms_key_ids: Names = Field(
        (), description="Keys of AWS KMS (ids, ARNs or aliases) in place of KEY_FILE: the first wraps, all unwrap"
    )
    kms_region: str = Field("", description="Region of those keys; credentials are found as AWS's SDK does")
    kms_url: str = Field("", description="Address of AWS KMS where it is not the region's own (a VPC endpoint)")
    database_url: SecretStr = Field(description="PostgreSQL as this process's own login role")
    redis_url: str = Field("redis://127.0.0.1:6379/0", description="Queue transport; may be emptied at any moment")
    public_url: str = Field("http://localhost:8000", description="The address that links in messages start with")
    passkey_host: str = Field(
        "", description="Host that passkeys are made for, kept for good; empty: the host of PUBLIC_URL"
    )
    passkey_origins: Names = Field(
        (), description="Origins whose pages may ask for a passkey; empty: that of PUBLIC_URL"
    )
    trusted_hosts: Names = Field((), description="Host names that the portal answers to; empty: the host of PUBLIC_URL")
    trusted_proxies: int = Field(0, description="How many reverse proxies set X-Forwarded headers before the portal")
    object_store_dir: Path = Field(Path("var/objects"), description="Encrypted, immutable large objects")
    object_s3_bucket: str = Field("", description="Bucket for large objects instead of the folder; empty: the folder")
    object_s3_url: str = Field("https://s3.us-east-1.amazonaws.com", description="The S3 service, without the bucket")
    object_s3_region: str = Field("us-east-1", description="Region that requests to the bucket are signed for")
    object_s3_prefix: str = Field("", description='What keys in the bucket begin with; empty or ending in "/"')
    object_s3_access_key: str = Field("", description="May put, get, list and delete objects in the bucket, no more")
    object_s3_secret_key: SecretStr = Field(SecretStr(""), description="The access key's secret")
    static_cache_dir: Path = Field(Path("var/static"), description="Static files compressed ahead")
    max_upload_bytes: int = Field(10_000_000, description="Largest photograph that a form takes")

    clamd_address: str = Field(
        "",
        pattern=r"^$|^/.+$|^.+:[0-9]+$",
        description="clamd, which scans photos before they open: host:port, or a socket's path; empty: none",
    )
    open_unscanned: bool = Field(False, description="Photos that no scanner has looked at open all the same")

    smtp_host: str = Field("localhost", description="Mail server")
    smtp_port: int = Field(587, description="Mail server's port")
    smtp_username: str = Field("", description="Mail account; empty: no sign-in")
    smtp_password: SecretStr = Field(SecretStr(""), description="Mail account's password")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "starttls", description="How the mail connection is protected"
    )
    mail_from: str = Field("portal@localhost", description="Sender of mails")
    twilio_url: str = Field("https://api.twilio.com", description="SMS partner's REST address")
    twilio_account_sid: str = Field("", description="SMS account")
    twilio_auth_token: SecretStr = Field(SecretStr(""), description="SMS account's token")
    twilio_from: str = Field("", description="Sender of SMS, E.164")
    stripe_url: str = Field("https://api.stripe.com", description="Card gateway's API address")
    stripe_secret_key: SecretStr = Field(SecretStr(""), description="Card gateway's key")
    stripe_webhook_secret: SecretStr = Field(
        SecretStr(""), description="Verifies the card gateway's webhooks; two with a comma while one takes over"
    )

    partner_networks: Names = Field(
        (),
        description="Networks of one's own, as CIDR, in which HTTP partners may be, also without TLS; empty: none,"
        " in the demo this machine",
    )

    signaling_host: str = Field("127.0.0.1", description="Address that the video sidecar listens on")
    signaling_port: int = Field(8001, description="Port of the video sidecar")
    signaling_url: str = Field(
        "", description="WebSocket address of the sidecar for browsers; empty: /signaling on the portal's own host"
    )
    signaling_origins: Names = Field((), description="Origins that may open the socket; empty: that of PUBLIC_URL")
    video_ticket_key: SecretStr = Field(description="Signs video tickets; at least 32 characters")
    stun_urls: Names = Field((), description="STUN servers for browsers")
    turn_urls: Names = Field((), description="TURN servers for browsers")
    turn_secret: SecretStr = Field(SecretStr(""), description="Shared secret of the TURN servers (coturn REST scheme)")

    audit_key_file: str = Field(
        "", description="Signs the audit's checkpoints, 32 random bytes in base64; for the sequencer's process alone"
    )
    audit_checkpoint_dir: Path = Field(
        Path("var/checkpoints"), description="Second place of checkpoints, out of reach of who administers the database"
    )
    audit_s3_bucket: str = Field(
        "", description="Bucket with object lock as second place instead of the folder; empty: the folder"
    )
    audit_s3_url: str = Field("https://s3.us-east-1.amazonaws.com", description="The S3 service, without the bucket")
    audit_s3_region: str = Field("us-east-1", description="Region that requests to the bucket are signed for")
    audit_s3_prefix: str = Field("", description='What keys in the bucket begin with; empty or ending in "/"')
    audit_s3_access_key: str = Field("", description="May put, get and list objects in the bucket, nothing else")
    audit_s3_secret_key: SecretStr = Field(
        SecretStr(""), description="The access key's secret; for the sequencer and for who verifies"
    )
    audit_s3_days: int = Field(3650, description="How long object lock keeps a checkpoint, days")
    audit_checkpoint_seconds: int = Field(10, description="How often the sequencer makes checkpoints")

    job_attempts: int = Field(6, description="Tries of a job before it is a dead letter")
    job_retry_seconds: int = Field(5, description="Wait before a job's second try; doubles with each further one")
    sweep_seconds: int = Field(60, description="After how long an enqueued but unfinished job is enqueued again")
    code_minutes: int = Field(10, description="Validity of a one-time code")
    code_tries: int = Field(5, description="Wrong tries before a one-time code is void")
    codes_per_target_hour: int = Field(5, description="One-time codes sent to one phone or address in an hour")
    codes_per_address_hour: int = Field(30, description="One-time codes asked for from one network address in an hour")
    session_hours: int = Field(12, description="Longest session")
    session_idle_minutes: int = Field(
        30, description="A patient's session ends after so long without activity; staff's as their clinic says"
    )
    inbox_dir: Path = Field(
        Path("var/inbox"), description="Where the demo's mail and SMS sinks write; read by /dev/inbox"
    )


@lru_cache
def load_settings() -> Settings:
    """Settings of this process; raises pydantic.ValidationError naming what is missing."""
    return Settings()  # type: ignore[call-arg]  # required values come from the environment
