"""Key files are made once, for their owner only, and an unusable one is named without its content."""

import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referral_exchange import signing
from referral_exchange.signing import KeyUnusable, load_sealing_key, load_signer, make_keys, verifies

PROGRAMME = "sample-casework"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_keys(tmp_path / "keys", PROGRAMME)
    return tmp_path / "keys"


def test_a_signature_verifies_with_its_own_key_and_bytes_only(keys: Path) -> None:
    signer = load_signer(keys, PROGRAMME)
    signature = signer.sign(b"sample")
    assert verifies(signer.public, signature, b"sample")
    assert not verifies(signer.public, signature, b"sampled")
    assert not verifies(signer.public, signature[:-1], b"sample")
    assert not verifies(signer.public, b"", b"sample")
    assert not verifies(Ed25519PrivateKey.generate().public_key().public_bytes_raw(), signature, b"sample")
    assert not verifies(b"short", signature, b"sample")


def test_keys_are_readable_by_their_owner_only(keys: Path) -> None:
    assert sorted(path.name for path in keys.iterdir()) == [
        f"{PROGRAMME}.sealing.pem",
        f"{PROGRAMME}.signing.pem",
    ]
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}
    assert keys.stat().st_mode & 0o777 == 0o700


def test_keys_that_stand_are_never_replaced(keys: Path) -> None:
    before = {path.name: path.read_bytes() for path in keys.iterdir()}
    make_keys(keys, PROGRAMME)
    assert {path.name: path.read_bytes() for path in keys.iterdir()} == before


def test_makers_at_once_agree_on_one_key(tmp_path: Path) -> None:
    seen: list[bytes] = []

    def make() -> None:
        make_keys(tmp_path, PROGRAMME)
        seen.append(load_signer(tmp_path, PROGRAMME).public)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1
    assert not list(tmp_path.glob("*.new"))


def test_an_unusable_key_is_named_without_its_content(keys: Path) -> None:
    with pytest.raises(KeyUnusable, match=r"none.signing.pem: no such key file; `exchange up` makes it"):
        load_signer(keys, "none")
    sealing = signing.sealing_file(keys, PROGRAMME)
    sealing.replace(signing.signing_file(keys, "mixed"))
    with pytest.raises(KeyUnusable, match=r"mixed.signing.pem: not an Ed25519 key"):
        load_signer(keys, "mixed")
    signing.signing_file(keys, PROGRAMME).replace(sealing)
    with pytest.raises(KeyUnusable, match=r"sealing.pem: not an X25519 key"):
        load_sealing_key(keys, PROGRAMME)


@pytest.mark.parametrize("how", ["text", "empty", "pass phrase"])
def test_a_file_that_is_no_open_private_key_is_refused(tmp_path: Path, how: str) -> None:
    locked = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"sample"),
    )
    content = {"text": b"sample secret text", "empty": b"", "pass phrase": locked}[how]
    signing.signing_file(tmp_path, PROGRAMME).write_bytes(content)
    with pytest.raises(KeyUnusable) as refusal:
        load_signer(tmp_path, PROGRAMME)
    assert str(refusal.value) == f"{PROGRAMME}.signing.pem: not a PEM private key without a pass phrase"
