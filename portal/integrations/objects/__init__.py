"""Stores of large objects, outside of this machine."""

from portal.integrations.objects.s3 import ObjectConflict, S3ObjectStore

__all__ = ["ObjectConflict", "S3ObjectStore"]
