"""The page on which the person decides, recipient by recipient, and what the signed form says of it."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import cast, get_args

from ngo_bridge import legal_asks, rules
from ngo_bridge.pages.consent_classes import LATER_CLASSES
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names
from ngo_bridge.pages.offer_needs import Asked
from ngo_bridge.pages.words import words
from participant_edge.commands import SignerRole
from referral_exchange.pages.words import OFFERED_LANGUAGES

_LONGEST_SITTING = timedelta(hours=12)

SIGNED_FIELDS = (
    "ends",
    "explained_in",
    "signer",
    "no_harm",
    "told",
    "signed",
    "minor_signed",
    "minor_alone",
    "intermediary",
)
"""Inputs that stand once on the page."""

OF_EACH = ("yes", "later", "documents", "exception", "official")
"""Inputs that stand once for each recipient: `yes.<programme>` and so on."""


@dataclass(frozen=True, slots=True, repr=False)
class Signed:
    """The form that covers every recipient of this sitting. `intermediary`: it names who carries it."""

    language: str
    signer: SignerRole
    minor: bool
    minor_alone: bool
    days: int
    explained_at: datetime
    intermediary: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Yes:
    """A yes to one recipient. `later`: classes ticked for after an acceptance.

    `exception` and `official`: what 8 USC 1367 asks for, empty where it asks nothing.
    """

    recipient: str
    later: tuple[str, ...]
    documents: bool
    exception: str = ""
    official: str = ""


def read_signed(form: Form, asked: Asked, yeses: list[Yes], names: Names, now: datetime) -> Signed | None:
    """The form's own facts; blames what is missing. The law's rules are checked again by the policy."""
    t = words()["offer"]
    explained_at = _moment(form.value("explained_at"))
    if explained_at is None or not now - _LONGEST_SITTING <= explained_at <= now:
        form.blame("explained_at", "start_again")
    days = form.choice("ends", [str(d) for d in rules.CONSENT_DAYS], t["agree_ends"])
    language = form.choice("explained_in", OFFERED_LANGUAGES, t["agree_language"])
    signer = form.choice("signer", get_args(SignerRole), t["agree_signer"])
    _check_signer(form, signer, asked.minor)
    for name in ("told", "signed", *(("minor_signed",) if asked.minor else ())):
        if not form.has(name, "yes"):
            form.blame(name, name)
    intermediary = _intermediary(form, names.streams(asked.programme_from), yeses)
    if form.faults or explained_at is None:
        return None
    alone = asked.minor and form.has("minor_alone", "yes")
    return Signed(
        language, cast(SignerRole, signer), asked.minor, alone, int(days), explained_at, intermediary
    )


def _check_signer(form: Form, signer: str, minor: bool) -> None:
    if not minor and signer == "parent":
        form.blame("signer", "adult_parent")
    if minor and signer == "self" and not form.has("minor_alone", "yes"):
        form.blame("signer", "minor_parent")
    if signer in ("parent", "guardian") and not form.has("no_harm", "yes"):
        form.blame("no_harm", "harm")


def _intermediary(form: Form, sender: tuple[str, ...], yeses: list[Yes]) -> bool:
    told = legal_asks.may_need_intermediary(sender) and form.has("intermediary", "yes")
    if not told and any(legal_asks.needs_intermediary(sender, yes.later) for yes in yeses):
        form.blame("intermediary", "intermediary")
    return told


def read_decisions(form: Form, recipients: list[str], asked: Asked, names: Names) -> list[Yes]:
    """Every yes. A recipient without a decision is blamed, and so is a class without safe contact."""
    found = []
    for recipient in recipients:
        name, decision = names.programme(recipient), form.value(f"yes.{recipient}")
        if decision not in ("yes", "no"):
            form.blame(f"yes.{recipient}", "decide", programme=name)
        if decision == "yes":
            found.append(_yes(form, recipient, asked, names))
    return found


def _yes(form: Form, recipient: str, asked: Asked, names: Names) -> Yes:
    later = tuple(form.choices(f"later.{recipient}", LATER_CLASSES))
    if later and "safe-contact" not in later:
        form.blame(f"later.{recipient}", "safe_contact", programme=names.programme(recipient))
    plain = Yes(recipient, later, form.has(f"documents.{recipient}", "yes"))
    ours, theirs = names.streams(asked.programme_from), names.streams(recipient)
    if not legal_asks.needs_exception(ours, later, theirs, comes_back(plain)):
        return plain
    t = words()["offer"]
    exception = form.choice(f"exception.{recipient}", legal_asks.EXCEPTIONS_1367, t["agree_exception"])
    official = form.choice(f"official.{recipient}", legal_asks.OFFICIAL_CLASSES, t["agree_official"])
    return Yes(recipient, later, plain.documents, exception, official)


def wording(asked: Asked, signed: Signed, yes: Yes) -> str:
    """What the written form says about one recipient, in one fixed form: what its commitment covers."""
    said = {
        "discloser": asked.programme_from,
        "purpose": asked.purpose,
        "needs": asked.needs.to_datum(),
        "urgency": asked.urgency,
        "comes_back": comes_back(yes),
        "conditioned": False,
        **asdict(yes),
        **asdict(signed),
    }
    return json.dumps(said, sort_keys=True, default=str)


def comes_back(yes: Yes) -> list[str]:
    """What the recipient may tell us."""
    return ["service-status", "documents"] if yes.documents else ["service-status"]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
