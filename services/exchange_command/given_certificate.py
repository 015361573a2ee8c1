"""A certificate that another authority issued: whether broker and services would take it for whom it is."""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from exchange_command.problem import Problem


class CertificateRefused(Problem):
    """The certificate would not be taken; the message says why and what to ask of its authority."""


def require(certificate: Path, principal: str, trusted: Path, now: datetime | None = None) -> None:
    """Returns where whoever trusts `trusted` takes it for `principal`. Raises CertificateRefused."""
    given = _read(certificate)[0]
    at = now or datetime.now(UTC)
    if given.subject != x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, principal)]):
        raise _refused(certificate, f"its subject must be CN={principal} and nothing else")
    if not given.not_valid_before_utc <= at < given.not_valid_after_utc:
        raise _refused(certificate, "it is not valid now")
    if not _for_clients(given):
        raise _refused(certificate, "its extended key usage must allow client authentication")
    if not any(_issued(given, issuer) for issuer in _read(trusted)):
        raise _refused(
            certificate, f"its authority is none of those in {trusted.name}, which everybody here trusts"
        )


def require_pair(certificate: Path, key: Path) -> None:
    """Returns where `key` is the certificate's. Raises CertificateRefused."""
    try:
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise _refused(key, f"it cannot be read without a pass phrase ({type(error).__name__})") from None
    if private.public_key() != _read(certificate)[0].public_key():
        raise _refused(key, f"it is not the key of {certificate.name}")


def _read(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _refused(path, f"no certificate in PEM ({type(error).__name__})") from None


def _for_clients(given: x509.Certificate) -> bool:
    try:
        usage = given.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in usage


def _issued(given: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        given.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001 - one of several kinds, each of which means that it did not
        return False
    return True


def _refused(path: Path, why: str) -> CertificateRefused:
    return CertificateRefused(f"{path.name}: {why}")
