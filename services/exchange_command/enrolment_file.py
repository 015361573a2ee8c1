"""A participant to enrol, from a TOML file beside the public keys of its programmes."""

import base64
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from exchange_command.problem import Problem
from referral_exchange.signing import key_endorsement_bytes

_PROGRAMME = (
    *("name", "confidential", "role", "funding_streams", "services", "languages", "region"),
    *("age_bands", "key_id"),
)


class EnrolmentUnreadable(Problem):
    """The file does not describe a participant; the message says what is missing where."""


def load(path: Path) -> dict[str, Any]:
    """The participant in `path` as the directory takes it.

    Like an entry of a network file; each programme also names `key_id` and the PEM files of its public keys,
    `signing_key` and `sealing_key`; for new keys `previous_key_id` and `previous_key_signature` (base64, from
    `exchange directory endorse`) or `key_lost = true`. Raises EnrolmentUnreadable.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        programmes = [_programme(path.parent, each) for each in told["programmes"]]
        return {
            "participant_id": told["id"],
            "name": told["name"],
            "kind": told["kind"],
            "programmes": programmes,
        }
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EnrolmentUnreadable(f"{path.name}: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise EnrolmentUnreadable(f"{path.name}: {error} is missing or of another kind") from None


def endorsement(
    programme: str, old_private: Path, new_keys: tuple[Path, Path], key_id: str
) -> dict[str, str]:
    """What the old key says of the new public ones (signing, sealing), as an enrolment file takes it."""
    old = _key(old_private, private=True)
    if not isinstance(old, Ed25519PrivateKey):
        raise EnrolmentUnreadable(f"{old_private.name}: not the old Ed25519 private key")
    signing, sealing = (base64.b64decode(_public(path)) for path in new_keys)
    signature = old.sign(key_endorsement_bytes(programme, signing, sealing, key_id))
    return {"key_id": key_id, "previous_key_signature": base64.b64encode(signature).decode()}


def _programme(folder: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    optional = ("access", "previous_key_id", "previous_key_signature", "key_lost")
    return {
        "programme_id": told["id"],
        **{name: told[name] for name in _PROGRAMME},
        **{name: told[name] for name in optional if name in told},
        "signing_key": _public(folder / told["signing_key"]),
        "sealing_key": _public(folder / told["sealing_key"]),
    }


def _public(path: Path) -> str:
    key = _key(path, private=False)
    if not isinstance(key, Ed25519PublicKey | X25519PublicKey):
        raise EnrolmentUnreadable(f"{path.name}: not an Ed25519 or X25519 public key in PEM")
    return base64.b64encode(key.public_bytes_raw()).decode()


def _key(path: Path, *, private: bool) -> object:
    try:
        content = path.read_bytes()
        if private:
            return serialization.load_pem_private_key(content, password=None)
        return serialization.load_pem_public_key(content)
    except OSError as error:
        raise EnrolmentUnreadable(f"{path.name}: cannot be read ({type(error).__name__})") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise EnrolmentUnreadable(f"{path.name}: not a key in PEM without a pass phrase") from None
