"""Proves to whom it concerns that what happened under its consents is in the log."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from consent_ledger import checkpoints, evidence_rows, merkle, rules, store
from consent_ledger.checkpoints import Checkpoint
from consent_ledger.evidence_rows import Leaf
from consent_ledger.ledger import Ledger
from consent_ledger.refusals import Refusal, UnknownConsent, answer_or_raise

AT_ONCE = 200
"""Leaves that one answer proves at most."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A leaf, what it says where that can be told, and the path from it to the checkpoint's root."""

    leaf: Leaf
    path: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Proofs:
    """`more_from`: the number to ask from next; None where these are all."""

    checkpoint: Checkpoint
    proofs: Sequence[Proof]
    more_from: int | None


def proofs(ledger: Ledger, asker: str, consent_ids: Collection[str], first: int = 0) -> Proofs:
    """Each leaf from number `first` about these consents, for their discloser. Raises UnknownConsent."""
    answer_or_raise(_barred(ledger, asker, consent_ids))
    # Read beside the others, not in their way: what is proved is the log of one moment.
    with ledger.database.snapshot() as connection:
        checkpoint = checkpoints.made(connection, ledger.facts.signer)
        leaves = evidence_rows.about(connection, consent_ids, first, AT_ONCE + 1)
        shown, rest = leaves[:AT_ONCE], leaves[AT_ONCE:]
        paths = evidence_rows.computed(
            connection,
            lambda node: [merkle.inclusion(leaf.number, checkpoint.size, node) for leaf in shown],
        )
    proved = [Proof(leaf, path) for leaf, path in zip(shown, paths, strict=True)]
    return Proofs(checkpoint, proved, rest[0].number if rest else None)


def _barred(ledger: Ledger, asker: str, consent_ids: Collection[str]) -> Refusal | None:
    with ledger.operation() as operation:
        held = store.hold(operation.connection, consent_ids)
        hidden = [i for i in sorted(set(consent_ids)) if not rules.may_list(held.get(i), asker)]
        operation.lines += [rules.denial_to_stranger(i, asker, operation.now) for i in hidden]
    return UnknownConsent() if hidden else None
