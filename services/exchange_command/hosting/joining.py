"""A hosted participant's certificate and enrolment: from the exchange here, or from one elsewhere."""

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from exchange_command import administration, authority, doing, enrolled, given_certificate, wishes
from exchange_command.administration import Leaf
from exchange_command.hosting import quarters
from exchange_command.hosting.coalition import Exchange, Hosted
from exchange_command.participant_setup import Setup
from exchange_command.places import Places
from exchange_command.problem import Problem
from referral_exchange import signing, whole_files

REQUEST = "request.pem"
"""What the operator of an exchange elsewhere signs, beside the key that it is of."""


class NotYetIn(Problem):
    """It takes no part yet, or not any more; the message says what is left to do."""


def join(places: Places, here: Places, hosted: Hosted) -> bool:
    """Enrols it at the exchange of this machine, unless it is; returns whether it did. Raises Problem."""
    known = enrolled.network_of(here).participant(hosted.id)
    if known is not None and known.expelled:
        raise NotYetIn(f"{hosted.id} was expelled: `exchange enrol` takes it back, if that is what you want")
    if known is not None and not known.remote:
        raise NotYetIn(f"{hosted.id} has its bridge from `exchange up` already; host others, or other names")
    issuing = authority.authority_in(here.authority)
    issuing.keep(places.certificates / hosted.id, hosted.id)
    if known is not None and _same_keys(places, here, hosted):
        return False
    wish = wishes.from_file(quarters.write_enrolment(places, hosted))
    setup = Setup(here, wish, places.tls(hosted.id).certificate)
    setup.require_usable()
    administration.write(here, Leaf("enrol", hosted.id))
    doing.do(setup.steps())
    _remember(places, hosted)
    return True


def ask(places: Places, exchange: Exchange, hosted: Hosted) -> None:
    """Writes what the other operator needs. Raises NotYetIn until a certificate stands beside its key."""
    tls, request = places.tls(hosted.id), places.certificates / hosted.id / REQUEST
    enrolment = quarters.write_enrolment(places, hosted)
    if not tls.key.exists():
        _make_request(places, hosted)
    if not tls.certificate.exists():
        raise NotYetIn(
            f"{hosted.id} has no certificate yet: hand {request} and the folder {enrolment.parent} to the "
            f"exchange's operator, put what comes back at {tls.certificate}, then again"
        )
    whole_files.put(tls.authority, _read(exchange))
    given_certificate.require_pair(tls.certificate, tls.key)
    given_certificate.require(tls.certificate, hosted.id, tls.authority)


def _same_keys(places: Places, here: Places, hosted: Hosted) -> bool:
    """Whether it was enrolled with the keys that stand here: else they were lost, and made anew."""
    kept = places.home / "enrolment" / hosted.id / "enrolled"
    return kept.exists() and kept.read_text(encoding="utf-8") == _fingerprint(places, hosted)


def _remember(places: Places, hosted: Hosted) -> None:
    kept = places.home / "enrolment" / hosted.id / "enrolled"
    whole_files.put(kept, _fingerprint(places, hosted).encode())


def _fingerprint(places: Places, hosted: Hosted) -> str:
    """The public signing keys of its programmes."""
    keys = quarters.keys_of(places, hosted.id)
    names = sorted(programme.id for programme in hosted.participant.programmes)
    return "\n".join(f"{name} {signing.load_signer(keys, name).public.hex()}" for name in names)


def _make_request(places: Places, hosted: Hosted) -> None:
    folder = places.certificates / hosted.id
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosted.id)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    whole_files.put(folder / REQUEST, request.public_bytes(serialization.Encoding.PEM))
    whole_files.put(folder / authority.KEY, private)


def _read(exchange: Exchange) -> bytes:
    try:
        return exchange.authority.read_bytes()
    except OSError as error:
        raise NotYetIn(f"{exchange.authority}: cannot be read ({type(error).__name__})") from None
