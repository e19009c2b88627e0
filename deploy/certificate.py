"""A certificate for a phone on the same network: made on this machine, for this machine, signed by itself.

Camera and microphone need TLS. A browser warns once; who wants no warning puts a proxy with a real certificate before
the portal instead.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_FOR = timedelta(days=397)  # phones refuse a longer life
RENEWED_BEFORE = timedelta(days=30)


def keep_certificate(directory: Path, addresses: Iterable[str]) -> tuple[Path, Path]:
    """Files of the certificate and its key; made when absent, near their end, or when an address is missing."""
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    wanted = ("127.0.0.1", *addresses)
    now = datetime.now(UTC)
    if not (certificate.exists() and key.exists() and _still_good(certificate, wanted, now)):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(certificate, key, wanted, now)
    return certificate, key


def _still_good(file: Path, wanted: Iterable[str], now: datetime) -> bool:
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    return known >= set(wanted) and certificate.not_valid_after_utc - now > RENEWED_BEFORE


def _make(file: Path, key_file: Path, addresses: Iterable[str], now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "telemedicine portal on this network")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ip_address(address)) for address in addresses]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_file.touch(0o600)
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
