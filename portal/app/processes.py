"""What every process of the portal is made of: its database, keys, objects. The same for web, jobs, command line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.app.registry import load_contexts
from portal.audit import append_leaves
from portal.kernel.config import Settings
from portal.kernel.crypto import Kms, LocalKms
from portal.kernel.db import Database, Keyring
from portal.kernel.objects import FileObjectStore, SealedStore


@dataclass(frozen=True, kw_only=True)
class Process:
    """The parts that one process holds."""

    settings: Settings
    database: Database
    objects: SealedStore


def make_process(settings: Settings, *, pool_size: int = 8, clock: Callable[[], datetime] | None = None) -> Process:
    """Connect to what the settings name; nothing is opened before the first use. `clock`: see Database."""
    load_contexts()
    keyring = Keyring(make_kms(settings))
    database = Database(
        settings.database_url.get_secret_value(),
        audit=append_leaves,
        keyring=keyring,
        pool_size=pool_size,
        clock=clock,
    )
    return Process(settings=settings, database=database, objects=make_objects(settings))


def make_objects(settings: Settings) -> SealedStore:
    """The bucket where one is named, else the folder."""
    if not settings.object_s3_bucket:
        return FileObjectStore(settings.object_store_dir)
    from portal.integrations.objects import S3ObjectStore  # for the same reason as below

    return S3ObjectStore.of(settings)


def make_kms(settings: Settings) -> Kms:
    """AWS KMS where keys of it are named, with the file for what was wrapped before; else the file."""
    local = LocalKms(settings.key_file, make=settings.demo) if settings.key_file else None
    if settings.kms_key_ids:
        # Here, since its library takes a while to load and most installations never need it.
        from portal.integrations.kms import AwsKms

        return AwsKms(settings.kms_key_ids, region=settings.kms_region, url=settings.kms_url, older=local)
    if local is None:
        raise ValueError("set KEY_FILE or KMS_KEY_IDS")
    return local
