"""Ids that are random, and ids that anyone can derive again."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from referral_exchange import ids

SPACE = uuid.UUID("6f0e2f0a-3c39-4c5e-9f5b-0c2b6f0d9d11")


@given(st.text(), st.text(), st.text())
def test_a_derived_id_is_the_version_5_id_of_its_three_parts(source: str, kind: str, recipient: str) -> None:
    assert ids.derived(source, kind, recipient) == str(uuid.uuid5(SPACE, f"{source}\n{kind}\n{recipient}"))


def test_a_fresh_id_is_random() -> None:
    assert uuid.UUID(ids.fresh()).version == 4
    assert ids.fresh() != ids.fresh()
