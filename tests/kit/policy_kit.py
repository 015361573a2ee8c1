"""Questions to the policy that are allowed as they stand; a test changes one thing."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from referral_exchange.contract_files import DEPLOY
from referral_exchange.policy import Consent, Decision, Ground, Policy, Programme, Question

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POLICY = Policy.load()
COVERED = Programme(
    programme_id="harbor-shelter",
    kind="ngo",
    role="assistance",
    funding_streams=frozenset({"vawa", "voca", "fvpsa"}),
    confidential=True,
    standing="enrolled",
)
UNCOVERED = Programme(
    programme_id="lantern-help",
    kind="ngo",
    role="assistance",
    funding_streams=frozenset(),
    confidential=False,
    standing="enrolled",
)
RECIPIENT = Programme(
    programme_id="meadow-housing",
    kind="ngo",
    role="assistance",
    funding_streams=frozenset({"voca"}),
    confidential=False,
    standing="enrolled",
)
CONSENT = Consent(
    referral_id="r-1",
    discloser=COVERED.programme_id,
    recipient=RECIPIENT.programme_id,
    purpose="services",
    data_classes=frozenset({"needs", "identity", "location", "contact"}),
    funding_streams=frozenset({"vawa", "voca", "fvpsa"}),
    standing="live",
    written=True,
    explained_at=NOW - timedelta(hours=2),
    signed_at=NOW - timedelta(hours=1),
    ends_at=NOW + timedelta(days=30),
    signer="self",
    signer_is_abuser=False,
    subject_is_minor=False,
    minor_may_sign_alone=False,
    minor_signed=False,
    services_conditioned=False,
)
SEAL = Question(
    action="seal",
    at=NOW,
    asker=COVERED.programme_id,
    discloser=COVERED,
    recipient=RECIPIENT,
    referral_id="r-1",
    consent=CONSENT,
    data_class="identity",
)
CHECK = replace(SEAL, action="check", data_class=None)
OPEN = replace(SEAL, action="open", asker=RECIPIENT.programme_id)
GIVE = replace(SEAL, action="give", data_class=None)
REPORT = Ground(
    kind="mandated_report",
    referral_id="r-1",
    discloser=COVERED.programme_id,
    recipient=RECIPIENT.programme_id,
    statute="Invented Code 12-3",
    jurisdiction="Invented State",
    compelled_by="statute",
    data_classes=frozenset({"documents", "identity"}),
    standing="live",
    ends_at=NOW + timedelta(days=30),
)
EVERY = {"seal": SEAL, "check": CHECK, "open": OPEN, "give": GIVE}


def with_consent(question: Question, **changes: object) -> Question:
    """The same question about another consent."""
    assert question.consent is not None
    return replace(question, consent=replace(question.consent, **changes))  # type: ignore[arg-type]


def from_uncovered(question: Question) -> Question:
    """The same question where no statute binds the discloser."""
    asker = UNCOVERED.programme_id if question.asker == COVERED.programme_id else question.asker
    changed = replace(question, discloser=UNCOVERED, asker=asker)
    if changed.consent is None:
        return changed
    return with_consent(changed, discloser=UNCOVERED.programme_id, funding_streams=frozenset())


def ids(decision: Decision) -> set[str]:
    """The rules that decided."""
    return {rule.id for rule in decision.rules}


def under(ground: Ground, question: Question = SEAL) -> Question:
    """The same question, standing on a ground."""
    return replace(question, consent=None, ground=ground)


def with_tips(folder: Path) -> Policy:
    """The policies of a deployment that forwards tips, made in `folder`."""
    copied = Path(shutil.copytree(DEPLOY / "policies", folder / "policies"))
    (copied / "tips_off.cedar").unlink()
    return Policy.load(copied)
