"""The page on which the person decides, recipient by recipient, and from it the signed consents."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast, get_args

from ngo_bridge import rules
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names
from ngo_bridge.pages.offer_needs import Asked
from ngo_bridge.pages.words import words
from participant_edge.commands import SignerRole
from referral_exchange.pages.words import OFFERED_LANGUAGES

LATER_CLASSES = ("safe-contact", "identity", "location", "immigration")
"""What may go out after an acceptance, in the order of the page: safe contact first."""

_LONGEST_SITTING = timedelta(hours=12)


@dataclass(frozen=True, slots=True, repr=False)
class Signed:
    """The form that covers every recipient of this sitting."""

    language: str
    signer: SignerRole
    minor: bool
    minor_alone: bool
    days: int
    explained_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Yes:
    """A yes to one recipient. `later`: classes ticked for after an acceptance."""

    recipient: str
    later: tuple[str, ...]
    documents: bool


def read_signed(form: Form, asked: Asked, now: datetime) -> Signed | None:
    """The form's own facts; blames what is missing. The law's rules are checked again by the policy."""
    t = words()["offer"]
    minor = asked.needs.age_band != "adult"
    explained_at = _moment(form.value("explained_at"))
    if explained_at is None or not now - _LONGEST_SITTING <= explained_at <= now:
        form.blame("explained_at", "start_again")
    days = form.choice("ends", [str(d) for d in rules.CONSENT_DAYS], t["agree_ends"])
    language = form.choice("explained_in", OFFERED_LANGUAGES, t["agree_language"])
    signer = form.choice("signer", get_args(SignerRole), t["agree_signer"])
    _check_signer(form, signer, minor)
    for name in ("told", "signed", *(("minor_signed",) if minor else ())):
        if not form.has(name, "yes"):
            form.blame(name, name)
    if form.faults or explained_at is None:
        return None
    alone = minor and form.has("minor_alone", "yes")
    return Signed(language, cast(SignerRole, signer), minor, alone, int(days), explained_at)


def _check_signer(form: Form, signer: str, minor: bool) -> None:
    if not minor and signer == "parent":
        form.blame("signer", "adult_parent")
    if minor and signer == "self" and not form.has("minor_alone", "yes"):
        form.blame("signer", "minor_parent")
    if signer in ("parent", "guardian") and not form.has("no_harm", "yes"):
        form.blame("no_harm", "harm")


def read_decisions(form: Form, recipients: list[str], names: Names) -> list[Yes]:
    """Every yes. A recipient without a decision is blamed, and so is a class without safe contact."""
    found = []
    for recipient in recipients:
        name, decision = names.programme(recipient), form.value(f"yes.{recipient}")
        later = tuple(form.choices(f"later.{recipient}", LATER_CLASSES))
        if decision not in ("yes", "no"):
            form.blame(f"yes.{recipient}", "decide", programme=name)
        if decision == "yes" and later and "safe-contact" not in later:
            form.blame(f"later.{recipient}", "safe_contact", programme=name)
        if decision == "yes":
            found.append(Yes(recipient, later, form.has(f"documents.{recipient}", "yes")))
    return found


def wording(asked: Asked, signed: Signed, yes: Yes) -> str:
    """What the written form says about one recipient, in one fixed form: what its commitment covers."""
    return json.dumps(
        {
            "discloser": asked.programme_from,
            "recipient": yes.recipient,
            "needs": asked.needs.to_datum(),
            "urgency": asked.urgency,
            "later": list(yes.later),
            "comes_back": comes_back(yes),
            "signer": signed.signer,
            "minor": [signed.minor, signed.minor_alone],
            "language": signed.language,
            "days": signed.days,
            "explained_at": signed.explained_at.isoformat(),
        },
        sort_keys=True,
    )


def comes_back(yes: Yes) -> list[str]:
    """What the recipient may tell us."""
    return ["service-status", "documents"] if yes.documents else ["service-status"]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
