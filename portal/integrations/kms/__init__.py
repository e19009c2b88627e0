"""Key-encryption keys outside: AWS KMS, behind the kernel's `Kms` port."""

from portal.integrations.kms.aws import AwsKms, KmsUnavailable

__all__ = ["AwsKms", "KmsUnavailable"]
