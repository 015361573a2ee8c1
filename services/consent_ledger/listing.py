"""Lists what happened under consents, to the programme that disclosed."""

from collections.abc import Collection

from consent_ledger import rules, store
from consent_ledger.ledger import Ledger, Operation
from consent_ledger.records import Disclosure
from consent_ledger.refusals import Refusal, UnknownConsent, answer_or_raise


def disclosures_of(ledger: Ledger, asker: str, consent_ids: Collection[str]) -> list[Disclosure]:
    """What happened under these consents, oldest first.

    Raises UnknownConsent where one of them is not the asker's.
    """
    with ledger.operation() as operation:
        result = _listed(operation, asker, consent_ids)
    return answer_or_raise(result)


def _listed(operation: Operation, asker: str, consent_ids: Collection[str]) -> list[Disclosure] | Refusal:
    held = store.hold(operation.connection, consent_ids)
    hidden = [i for i in sorted(set(consent_ids)) if not rules.may_list(held.get(i), asker)]
    operation.lines += [rules.denial_to_stranger(i, asker, operation.now) for i in hidden]
    return UnknownConsent() if hidden else store.noted(operation.connection, consent_ids)


def disclosures_about(ledger: Ledger, asker: str, subject_token: str) -> list[Disclosure]:
    """What happened under every consent that `asker` recorded for one person; empty where there is none."""
    with ledger.operation() as operation:
        held = store.of_subject(operation.connection, asker, subject_token)
        return store.noted(operation.connection, set(held))
