"""The development authority: one certificate for each principal, issued and renewed on this machine."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from exchange_command.network import Network
from exchange_command.problem import Problem
from referral_exchange import whole_files

ADMINISTRATOR, BROKER, OPERATOR, REGISTRY = "administrator", "broker", "operator", "registry"
OWN = (ADMINISTRATOR, BROKER, OPERATOR, REGISTRY, "status_board", "trace_relay", "trace_page")
"""Principals that no network file names."""

AUTHORITY, CERTIFICATE, KEY = "authority.pem", "certificate.pem", "key.pem"
"""Names of the files beside each other in a principal's folder."""

VALID, RENEW_WITHIN = timedelta(days=90), timedelta(days=30)
_AUTHORITY_VALID = timedelta(days=3650)
_CLOCKS_DIFFER = timedelta(hours=1)
_SEALED = "authority.key"
_SIGNING = ("digital_signature",)
_CERTIFYING = ("digital_signature", "key_cert_sign", "crl_sign")
_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


class NameTaken(Problem):
    """A participant is called like a principal of the exchange; the message says which."""


class AuthorityUnusable(Problem):
    """The authority's own files cannot be used; the message names them and says what to do."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Issues certificates with its key. A real authority takes its place by settings alone."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def issue(self, folder: Path, principal: str) -> None:
        """Puts a new key and a certificate for `principal` into `folder`, and the authority's beside them."""
        key = ec.generate_private_key(ec.SECP256R1())
        # The key first: who reads between the two sees that they do not match and reads again.
        whole_files.put(folder / KEY, _private(key))
        whole_files.put(folder / CERTIFICATE, _public(self._certify(principal, key.public_key())))
        whole_files.put(folder / AUTHORITY, _public(self.certificate))

    def keep(self, folder: Path, principal: str, now: datetime | None = None) -> bool:
        """Issues anew what is absent, not ours, another's or nearly over; returns whether it did."""
        if _holds(folder, principal, self.certificate, now or datetime.now(UTC)):
            return False
        self.issue(folder, principal)
        return True

    def _certify(self, principal: str, public: ec.EllipticCurvePublicKey) -> x509.Certificate:
        return (
            _builder(_name(principal), public, VALID)
            .issuer_name(self.certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(_SIGNING), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(_this_machine(), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )


def authority_in(folder: Path) -> Authority:
    """The authority of `folder`; made there the first time. Raises AuthorityUnusable."""
    if not (folder / AUTHORITY).exists():
        _establish(folder)
    try:
        certificate = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
        key = serialization.load_pem_private_key((folder / _SEALED).read_bytes(), None)
    except (OSError, ValueError) as error:
        raise AuthorityUnusable(
            f"{folder}: the authority cannot be read ({type(error).__name__}); bring back its two files, or "
            "remove the folder and run `exchange up`, which makes a new one and all certificates anew"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise AuthorityUnusable(f"{folder}: the authority's key is not its certificate's; bring back both")
    return Authority(certificate, key)


def principals(network: Network) -> list[str]:
    """Everyone who needs a certificate from here, the exchange itself included. Raises NameTaken."""
    for participant in network.here:
        if not participant.own:
            refuse_taken(participant.id)
    return list(dict.fromkeys([*OWN, *(participant.id for participant in network.here)]))


def refuse_taken(participant: str) -> None:
    """Raises NameTaken for a participant that its certificate would make somebody else, with their rights."""
    if participant in OWN:
        raise NameTaken(f"no participant can be called {participant!r}: that is a principal of the exchange")


def keep_all(authority: Authority, folder: Path, principals: Iterable[str]) -> list[str]:
    """Certificates below `folder` for all `principals`; returns whose were issued now. Repeatable."""
    return [name for name in dict.fromkeys(principals) if authority.keep(folder / name, name)]


def expires(certificate: Path) -> datetime:
    """When the certificate in this file ends. Raises OSError, ValueError."""
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


def _establish(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("referral exchange development authority")
    certificate = (
        _builder(name, key.public_key(), _AUTHORITY_VALID)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(_CERTIFYING), critical=True)
        .sign(key, hashes.SHA256())
    )
    whole_files.put(folder / _SEALED, _private(key))
    whole_files.put(folder / AUTHORITY, _public(certificate))


def _holds(folder: Path, principal: str, authority: x509.Certificate, now: datetime) -> bool:
    try:
        held = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), None)
        beside = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
        held.verify_directly_issued_by(beside)
    except Exception:  # noqa: BLE001 - whatever is wrong with the files, new ones mend it
        return False
    private = (folder / KEY).stat().st_mode & 0o077 == 0
    lasts = held.not_valid_after_utc - now >= RENEW_WITHIN
    ours = beside == authority and key.public_key() == held.public_key() and held.subject == _name(principal)
    return lasts and ours and private


def _builder(
    subject: x509.Name, public: ec.EllipticCurvePublicKey, valid: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + valid)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(allowed: Iterable[str]) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in allowed for usage in _USAGES})


def _this_machine() -> x509.SubjectAlternativeName:
    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
    return x509.SubjectAlternativeName([*addresses, x509.DNSName("localhost")])


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
