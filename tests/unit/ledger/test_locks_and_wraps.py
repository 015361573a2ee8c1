"""The bytes of a lock and of a wrapped key: bound to all that they belong to."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_ledger.epoch_keys import EpochKeys
from consent_ledger.key_store import EpochKeyMissing
from consent_ledger.locks import Binding, Locked, LockUnusable, fresh_key, lock, unlock
from referral_exchange import vocabulary

BINDING = Binding("consent-1", "referral-1", "meadow-housing")
HELD = Locked("identity", b"an hpke blob")
KEY = fresh_key()


def test_a_lock_gives_back_what_was_put_in() -> None:
    assert unlock(KEY, 1, BINDING, lock(KEY, 1, BINDING, HELD)) == HELD


@pytest.mark.parametrize(
    "other",
    [
        replace(BINDING, consent_id="consent-2"),
        replace(BINDING, referral_id="referral-2"),
        replace(BINDING, recipient="orchard-clinic"),
        Binding("consent-1referral-1", "", "meadow-housing"),
    ],
)
def test_a_lock_is_bound_to_consent_referral_and_recipient(other: Binding) -> None:
    with pytest.raises(LockUnusable):
        unlock(KEY, 1, other, lock(KEY, 1, BINDING, HELD))


def test_a_lock_is_bound_to_its_key_and_to_the_keys_version() -> None:
    made = lock(KEY, 1, BINDING, HELD)
    with pytest.raises(LockUnusable):
        unlock(fresh_key(), 1, BINDING, made)
    with pytest.raises(LockUnusable):
        unlock(KEY, 2, BINDING, made)
    with pytest.raises(LockUnusable):
        unlock(KEY, 2, BINDING, made[:1] + (2).to_bytes(4, "big") + made[5:])


def test_the_length_of_a_lock_does_not_tell_the_class() -> None:
    classes = [*vocabulary.data_classes(), "c" * 63]
    lengths = {len(lock(KEY, 1, BINDING, Locked(name, b"b" * 80))) for name in classes}
    assert lengths == {5 + 12 + 1 + 63 + 80 + 16}
    for name in classes:
        assert unlock(KEY, 1, BINDING, lock(KEY, 1, BINDING, Locked(name, b"b"))) == Locked(name, b"b")


def test_a_class_too_long_for_its_place_is_not_cut() -> None:
    with pytest.raises(ValueError, match="63 bytes"):
        lock(KEY, 1, BINDING, Locked("c" * 64, b"b"))


def before_padding(held: Locked) -> bytes:
    """A lock as it was made before classes were padded, written down a second time."""

    def piece(raw: bytes) -> bytes:
        return len(raw).to_bytes(4, "big") + raw

    bound = [b"lock.v1", *(getattr(BINDING, n).encode() for n in ("consent_id", "referral_id", "recipient"))]
    aad = b"".join(map(piece, bound)) + (1).to_bytes(4, "big")
    nonce, content = bytes(range(12)), piece(held.data_class.encode()) + held.blob
    return b"\x01" + (1).to_bytes(4, "big") + nonce + AESGCM(KEY).encrypt(nonce, content, aad)


def test_what_was_locked_before_classes_were_padded_opens_and_cannot_pass_for_the_other() -> None:
    old = before_padding(HELD)
    assert unlock(KEY, 1, BINDING, old) == HELD
    new = lock(KEY, 1, BINDING, HELD)
    for relabelled in (b"\x02" + old[1:], b"\x01" + new[1:], b"\x03" + new[1:]):
        with pytest.raises(LockUnusable):
            unlock(KEY, 1, BINDING, relabelled)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120))
def test_no_bytes_whatever_open_or_fail_otherwise(made: bytes) -> None:
    with pytest.raises(LockUnusable):
        unlock(KEY, 1, BINDING, made)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_goes_unnoticed(place: int, change: int) -> None:
    made = bytearray(lock(KEY, 1, BINDING, HELD))
    made[place % len(made)] ^= change
    with pytest.raises(LockUnusable):
        unlock(KEY, 1, BINDING, bytes(made))


def test_a_wrapped_key_is_bound_to_its_consent_and_its_epoch(tmp_path: Path) -> None:
    keys = EpochKeys(tmp_path, "ledger-1")
    keys.make(1)
    keys.make(2)
    wrapped = keys.wrap(1, "consent-1", KEY)
    assert keys.unwrap(1, "consent-1", wrapped) == KEY
    assert KEY not in wrapped
    for epoch, consent in ((2, "consent-1"), (1, "consent-2")):
        with pytest.raises(EpochKeyMissing):
            keys.unwrap(epoch, consent, wrapped)


def test_a_key_file_that_is_short_or_gone_is_named(tmp_path: Path) -> None:
    EpochKeys(tmp_path, "ledger-1").make(1)
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"short")
    for epoch in (1, 7):
        with pytest.raises(EpochKeyMissing, match=f"epoch key {epoch}"):
            EpochKeys(tmp_path, "ledger-1").check(epoch)
