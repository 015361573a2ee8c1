"""A bridge without exchange: a strict stand-in edge, an app around it, and pages read without a script."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from exchange_command.network import load_network
from ngo_bridge.config import BridgeConfig
from participant_edge import commands, views
from participant_edge.commands import ConsentDraft, GivenConsent, OfferDraft, Receipt
from participant_edge.errors import CommandReused, UnknownThing
from participant_edge.views import (
    Disclosure,
    InboxEntry,
    OpenedPart,
    Page,
    ReferralView,
    Step,
    Withdrawal,
)
from referral_exchange import events, vocabulary
from referral_exchange.events import ParticipantListed, ProgrammeListed
from referral_exchange.ids import derived

NOW = datetime(2031, 5, 4, 22, 15, tzinfo=UTC)
BASE = "http://127.0.0.1:21020"
OURS, THEIRS = "lantern-case-management", "meadow-housing"
STATES = {*vocabulary.referral_states(), "consented"}


def an_id(name: str) -> str:
    """A UUID for a name of a test."""
    return derived(name, "test", "")


def a_view(name: str = "a referral", **changes: Any) -> ReferralView:
    """A referral that we sent and that has been received."""
    view = ReferralView(
        referral_id=an_id(name),
        direction="sent",
        programme_from=OURS,
        programme_to=THEIRS,
        consent_id=an_id(name + " consent"),
        return_consent_id=an_id(name + " return"),
        state="received",
        sub_state=None,
        urgency="urgent",
        answer_by=None,
        standing="live",
        purge=None,
        overdue=(),
        updated_at=NOW - timedelta(minutes=42),
        steps=(
            Step(
                event_id=an_id(name + " offer"),
                kind="ReferralOffered",
                what="",
                programme=OURS,
                at=NOW - timedelta(minutes=43),
            ),
        ),
    )
    return replace(view, **changes)


def received(name: str = "a referral", **changes: Any) -> ReferralView:
    """A referral that came in."""
    parties = {"direction": "received", "programme_from": THEIRS, "programme_to": OURS}
    return a_view(name, **(parties | changes))


@dataclass
class StandInEdge:
    """Stands still: shows `seen`, notes what it is told, raises `failing` once where it is set.

    As strict as the real one about ids, wire forms and command ids.
    """

    seen: dict[str, ReferralView] = field(default_factory=dict)
    entries: list[InboxEntry] = field(default_factory=list)
    parts: dict[str, list[OpenedPart]] = field(default_factory=dict)
    withdrawn: dict[str, Withdrawal] = field(default_factory=dict)
    evidence: list[Disclosure] = field(default_factory=list)
    classes: frozenset[str] = frozenset({"needs", "safe-contact", "identity"})
    failing: BaseException | None = None
    is_ready: bool = True
    told: list[tuple[str, Any]] = field(default_factory=list)
    running: bool = False
    listed: list[ProgrammeListed] = field(default_factory=list)
    participants_listed: list[ParticipantListed] = field(default_factory=list)
    _commands: dict[str, tuple[str, Any, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.listed:
            self.participants_listed, self.listed = _demo_directory()

    def show(self, *shown: ReferralView) -> None:
        self.seen |= {view.referral_id: view for view in shown}

    def did(self, kind: str) -> list[Any]:
        return [said for name, said in self.told if name == kind]

    def give_consent(self, draft: ConsentDraft, command_id: str) -> GivenConsent:
        assert draft.comes_back
        assert len(draft.form_commitment) == 32
        assert all(moment.tzinfo for moment in (draft.explained_at, draft.signed_at, draft.ends_at))
        given = GivenConsent(
            consent_id=an_id(command_id + " consent"),
            return_consent_id=an_id(command_id + " return"),
            referral_id=an_id(command_id + " referral"),
            subject_token=draft.subject_token or an_id(command_id + " token"),
            ends_at=draft.ends_at,
        )
        made: GivenConsent = self._once(command_id, "give_consent", draft, given)
        view = a_view(state="consented", programme_from=draft.programme_from, programme_to=draft.recipient)
        self.show(replace(view, referral_id=made.referral_id, consent_id=made.consent_id))
        return made

    def offer(self, draft: OfferDraft, command_id: str) -> Receipt:
        assert draft.urgency in get_args(commands.Urgency)
        assert draft.urgency != "unspecified"
        found = [view for view in self.seen.values() if view.consent_id == draft.consent_id]
        if not found:
            raise UnknownThing("no consent of that id is known here")
        receipt = self._receipt(command_id, "offer", draft, found[0].referral_id)
        self.show(replace(found[0], state="requested", urgency=draft.urgency, answer_by=draft.answer_by))
        return receipt

    def answer(self, referral_id: str, answer: commands.Answer, reason: str, command_id: str) -> Receipt:
        assert answer in ("accepted", "declined")
        assert reason in vocabulary.answer_reasons()
        receipt = self._receipt(command_id, "answer", (referral_id, answer, reason), referral_id)
        state = {"accepted": "accepted", "declined": "rejected"}[answer]
        self.show(replace(self.referral(referral_id), state=state))
        return receipt

    def disclose(
        self,
        referral_id: str,
        parts: list[commands.PartRecord],
        command_id: str,
        *,
        address_authorised: bool = False,
    ) -> Receipt:
        assert parts
        assert all(isinstance(part, commands.PartRecord) for part in parts)
        return self._receipt(command_id, "disclose", (referral_id, parts), referral_id)

    def report_status(
        self,
        referral_id: str,
        state: commands.ServiceState,
        sub_state: commands.ServiceSubState | None,
        detail: events.StatusDetail | None,
        command_id: str,
    ) -> Receipt:
        assert state in get_args(commands.ServiceState)
        assert state not in ("unspecified", "received")
        assert sub_state is None or sub_state in get_args(commands.ServiceSubState)
        said = (referral_id, state, sub_state, detail)
        return self._receipt(command_id, "report_status", said, referral_id)

    def cancel(self, referral_id: str, cancellation: commands.Cancellation, command_id: str) -> Receipt:
        assert cancellation in get_args(commands.Cancellation)
        return self._receipt(command_id, "cancel", (referral_id, cancellation), referral_id)

    def answer_purge(self, referral_id: str, purge: commands.Purge, command_id: str) -> Receipt:
        assert purge in get_args(commands.Purge)
        return self._receipt(command_id, "answer_purge", (referral_id, purge), referral_id)

    def withdraw(self, which: str) -> Withdrawal:
        self._fail()
        view = self.referral(which)
        self.told.append(("withdraw", which))
        found = Withdrawal(
            consent_id=view.consent_id,
            referral_id=view.referral_id,
            state="in-force",
            asked_at=NOW,
            in_force_at=NOW,
        )
        self.show(replace(view, standing="withdrawn"))
        return self.withdrawn.setdefault(view.consent_id, found)

    def withdrawal(self, consent_id: str) -> Withdrawal:
        self._fail()
        if consent_id not in self.withdrawn:
            raise UnknownThing("no withdrawal of that consent was asked here")
        return self.withdrawn[consent_id]

    def open_parts(self, referral_id: str) -> list[OpenedPart]:
        self._fail()
        self.referral(referral_id)
        self.told.append(("open_parts", referral_id))
        return self.parts.get(referral_id, [])

    def referrals(
        self, direction: views.Direction | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[ReferralView]:
        self._fail()
        found = [replace(v, steps=()) for v in self.seen.values() if direction in (None, v.direction)]
        return _page(found, cursor, limit)

    def referral(self, referral_id: str) -> ReferralView:
        self._fail()
        if referral_id not in self.seen:
            raise UnknownThing("no referral of that id is known here")
        return self.seen[referral_id]

    def inbox(self, cursor: str | None = None, limit: int = 50) -> Page[InboxEntry]:
        self._fail()
        return _page(self.entries, cursor, limit)

    def programmes(self) -> list[ProgrammeListed]:
        return [listed for listed in self.listed if listed.sealing_key is not None]

    def participants(self) -> list[ParticipantListed]:
        return self.participants_listed

    def covered(self, referral_id: str) -> frozenset[str]:
        self.referral(referral_id)
        return self.classes

    def disclosures(self, referral_id: str) -> list[Disclosure]:
        self._fail()
        self.referral(referral_id)
        return self.evidence

    def confirm_key(self, programme: str, key_id: str) -> None:
        raise AssertionError("the bridge confirms no keys")

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def step(self) -> int:
        return 0

    def ready(self) -> bool:
        return self.is_ready

    def _fail(self) -> None:
        failing, self.failing = self.failing, None
        if failing is not None:
            raise failing

    def _receipt(self, command_id: str, kind: str, said: Any, referral_id: str) -> Receipt:
        self.referral(referral_id)
        receipt: Receipt = self._once(command_id, kind, said, Receipt(an_id(command_id), referral_id))
        return receipt

    def _once(self, command_id: str, kind: str, said: Any, result: Any) -> Any:
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", command_id), "ids, not keys"
        self._fail()
        if command_id not in self._commands:
            self.told.append((kind, said))
            self._commands[command_id] = (kind, said, result)
        if self._commands[command_id][:2] != (kind, said):
            raise CommandReused("this command id was used before")
        return self._commands[command_id][2]


def _page(items: list[Any], cursor: str | None, limit: int) -> Page[Any]:
    start = int(cursor or 0)
    more = start + limit < len(items)
    return Page(tuple(items[start : start + limit]), str(start + limit) if more else None)


def _demo_directory() -> tuple[list[ParticipantListed], list[ProgrammeListed]]:
    network = load_network()
    participants = [
        ParticipantListed(
            event_id=an_id(p.id), occurred_at=NOW, participant_id=p.id, name=p.name, kind=p.kind
        )
        for p in network.participants
    ]
    programmes = [
        ProgrammeListed(
            event_id=an_id(p.id),
            occurred_at=NOW,
            programme_id=p.id,
            participant_id=owner.id,
            name=p.name,
            confidential=p.confidential,
            role=p.role,
            funding_streams=list(p.funding_streams),
            services=list(p.services),
            languages=list(p.languages),
            region=p.region,
            age_bands=list(p.age_bands),
            signing_key=bytes(32),
            sealing_key=None if p.role == "exchange_service" else bytes(32),
            key_id="1",
        )
        for owner in network.participants
        for p in owner.programmes
    ]
    return participants, programmes


def a_config(folder: Path, **changes: Any) -> BridgeConfig:
    """The bridge of one invented NGO."""
    config = BridgeConfig(
        participant="lantern-outreach",
        programmes=(OURS, "lantern-safety-planning"),
        data=folder,
        host="127.0.0.1",
        port=21020,
        origins=(BASE,),
        timezone=ZoneInfo("America/Chicago"),
    )
    return replace(config, **changes)


def a_consent(**changes: Any) -> dict[str, Any]:
    """A body of POST /v1/consents that can stand."""
    body = {
        "programme_from": OURS,
        "recipient": THEIRS,
        "purpose": "services",
        "data_classes": ["needs", "identity", "safe-contact"],
        "comes_back": ["service-status"],
        "language": "es",
        "signer_role": "self",
        "subject_is_minor": False,
        "explained_at": "2031-05-04T22:05:00Z",
        "signed_at": "2031-05-04T22:15:00Z",
    }
    return body | changes


def some_needs(**changes: Any) -> dict[str, Any]:
    """Needs as JSON."""
    body = {
        "services": ["Housing Services"],
        "languages": ["es"],
        "region": "South Fields",
        "age_band": "adult",
        "household_size": 1,
        "access": ["interpreter"],
    }
    return body | changes


def keyed(key: str = "a-key-of-a-test") -> dict[str, str]:
    """The header that every command needs."""
    return {"Idempotency-Key": key}
