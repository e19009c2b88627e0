"""Second places for the audit's checkpoints."""

from typing import Protocol

from portal.audit import CheckpointStore
from portal.integrations.checkpoints.files import FileCheckpointStore
from portal.integrations.checkpoints.s3 import S3CheckpointStore
from portal.integrations.http import partner_networks
from portal.integrations.s3 import StoreUnavailable
from portal.kernel.config import Settings

__all__ = ["FileCheckpointStore", "S3CheckpointStore", "SecondPlace", "StoreUnavailable", "second_place"]


class SecondPlace(CheckpointStore, Protocol):
    """A store that has the public key beside the notes, too."""

    def keep_key(self, key: str) -> None:
        """Lay the public key there."""

    def key(self) -> str:
        """The public key's line; raises OSError where there is none yet."""


def second_place(settings: Settings) -> SecondPlace:
    """The bucket that the settings name, else the folder."""
    if not settings.audit_s3_bucket:
        return FileCheckpointStore(settings.audit_checkpoint_dir)
    return S3CheckpointStore(
        url=settings.audit_s3_url,
        bucket=settings.audit_s3_bucket,
        prefix=settings.audit_s3_prefix,
        region=settings.audit_s3_region,
        access_key=settings.audit_s3_access_key,
        secret_key=settings.audit_s3_secret_key.get_secret_value(),
        days=settings.audit_s3_days,
        networks=partner_networks(settings),
    )
