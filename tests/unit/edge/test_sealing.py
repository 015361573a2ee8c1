"""What was sealed opens for its recipient, under its consent, referral and class, and for nobody else."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from edge_kit import IDENTITY, NEEDS
from hypothesis import given
from hypothesis import strategies as st

from participant_edge.errors import TooLarge
from participant_edge.sealing import (
    SIZE_CLASSES,
    NotOpened,
    Scope,
    Sealed,
    open_sealed,
    pad,
    seal,
    unpad,
)
from referral_exchange.events import AnswerReason, Identity, Immigration, Location, SafeContact, StatusDetail

KEY = X25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()
SCOPE = Scope("c0000000", "r0000000", "harbor-shelter")
RECORDS = [
    NEEDS,
    IDENTITY,
    AnswerReason(code="no-room"),
    StatusDetail(outcome="service-provided"),
    Immigration(note="invented"),
    Location(place="invented"),
    SafeContact(may_contact=False, voicemail=False),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_what_was_sealed_opens(record: Identity) -> None:
    assert open_sealed(seal(record, SCOPE, PUBLIC), SCOPE, KEY) == record


@pytest.mark.parametrize("field", ["consent_id", "referral_id", "recipient"])
def test_nothing_opens_in_another_scope(field: str) -> None:
    with pytest.raises(NotOpened):
        open_sealed(seal(IDENTITY, SCOPE, PUBLIC), replace(SCOPE, **{field: "another"}), KEY)


def test_pieces_of_a_scope_cannot_be_shifted_into_each_other() -> None:
    with pytest.raises(NotOpened):
        open_sealed(seal(IDENTITY, Scope("ab", "c", "d"), PUBLIC), Scope("a", "bc", "d"), KEY)


def test_nothing_opens_as_another_class() -> None:
    with pytest.raises(NotOpened, match="wrong-key"):
        open_sealed(replace(seal(IDENTITY, SCOPE, PUBLIC), data_class="needs"), SCOPE, KEY)


def test_nothing_opens_with_another_key() -> None:
    with pytest.raises(NotOpened):
        open_sealed(seal(IDENTITY, SCOPE, PUBLIC), SCOPE, X25519PrivateKey.generate())


def test_a_blob_opens_no_other_part_of_the_same_scope() -> None:
    one, other = seal(IDENTITY, SCOPE, PUBLIC), seal(IDENTITY, SCOPE, PUBLIC)
    with pytest.raises(NotOpened):
        open_sealed(replace(one, blob=other.blob), SCOPE, KEY)


def test_nobody_opens_alone() -> None:
    """The recipient's key without the blob, and the blob without the key: the lock holds the blob."""
    sealed = seal(IDENTITY, SCOPE, PUBLIC)
    for blob in (b"", bytes(len(sealed.blob)), seal(IDENTITY, SCOPE, PUBLIC).blob):
        with pytest.raises(NotOpened):
            open_sealed(Sealed("identity", blob, sealed.ciphertext), SCOPE, KEY)
    for _ in range(20):
        with pytest.raises(NotOpened):
            open_sealed(sealed, SCOPE, X25519PrivateKey.generate())


@given(st.data())
def test_no_flipped_bit_opens(data: st.DataObject) -> None:
    sealed = seal(NEEDS, SCOPE, PUBLIC)
    name = data.draw(st.sampled_from(["blob", "ciphertext"]))
    raw = bytearray(getattr(sealed, name))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(NotOpened):
        open_sealed(replace(sealed, **{name: bytes(raw)}), SCOPE, KEY)


@given(st.data())
def test_nothing_cut_short_opens(data: st.DataObject) -> None:
    sealed = seal(NEEDS, SCOPE, PUBLIC)
    name = data.draw(st.sampled_from(["blob", "ciphertext"]))
    raw = getattr(sealed, name)
    cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
    with pytest.raises(NotOpened):
        open_sealed(replace(sealed, **{name: cut}), SCOPE, KEY)


def test_the_same_part_never_looks_the_same_twice() -> None:
    one, other = seal(IDENTITY, SCOPE, PUBLIC), seal(IDENTITY, SCOPE, PUBLIC)
    assert one.ciphertext != other.ciphertext
    assert one.blob != other.blob


def test_the_length_tells_only_the_size_class() -> None:
    lengths = {
        len(seal(Identity(chosen_name="I" * size), SCOPE, PUBLIC).ciphertext) for size in (1, 50, 200, 400)
    }
    assert lengths == {12 + 512 + 16}


@given(st.binary(max_size=3000))
def test_padding_comes_off_again(content: bytes) -> None:
    assert unpad(pad(content)) == content
    assert len(pad(content)) in SIZE_CLASSES


@pytest.mark.parametrize("size", SIZE_CLASSES)
def test_each_class_is_filled_to_its_last_byte(size: int) -> None:
    full = bytes(size - 4)
    assert len(pad(full)) == size
    assert unpad(pad(full)) == full


def test_what_is_larger_than_the_largest_class_is_refused() -> None:
    with pytest.raises(TooLarge):
        pad(bytes(SIZE_CLASSES[-1] - 3))


@pytest.mark.parametrize(
    "padded",
    [b"", bytes(511), b"\xff" * 512, (600).to_bytes(4, "big") + bytes(508), bytes(511) + b"\x01"],
    ids=["empty", "no-class", "length-too-large", "length-beyond-end", "not-zero-behind"],
)
def test_what_was_not_padded_by_us_is_refused(padded: bytes) -> None:
    with pytest.raises(NotOpened):
        unpad(padded)


def test_neither_a_sealed_part_nor_an_error_shows_anything() -> None:
    sealed = seal(Identity(chosen_name="Canary Heron"), SCOPE, PUBLIC)
    with pytest.raises(NotOpened) as caught:
        open_sealed(sealed, replace(SCOPE, consent_id="another"), KEY)
    assert "Heron" not in repr(sealed) + repr(caught.value)
    assert caught.value.__cause__ is None
