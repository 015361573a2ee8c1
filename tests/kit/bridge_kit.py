"""A bridge without exchange: a strict stand-in edge, an app around it, and pages read without a script."""

import bisect
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from database_kit import filled
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import URL

from exchange_command.network import load_network
from ngo_bridge.bridge import Bridge
from ngo_bridge.config import BridgeConfig
from ngo_bridge.database import Database
from ngo_bridge.rules import Scope
from ngo_bridge.sign_in import accounts
from ngo_bridge.sign_in.passwords import Cost
from ngo_bridge.sign_in.rules import Role
from ngo_bridge.tokens import SCOPES, Token
from participant_edge import commands, views
from participant_edge.commands import (
    CapacityDraft,
    ConsentDraft,
    DocumentDraft,
    GivenConsent,
    GroundDraft,
    OfferDraft,
    Pick,
    Receipt,
)
from participant_edge.errors import CommandReused, Refused, UnknownThing
from participant_edge.notices.notices import Notices
from participant_edge.notices.settings import NoticeSettings
from participant_edge.notices.store import NoticeStore
from participant_edge.own_memory import OwnMemory
from participant_edge.views import (
    Change,
    Current,
    Disclosure,
    Handover,
    InboxEntry,
    OpenedPart,
    Page,
    ReferralView,
    Step,
    SurvivorCode,
    Withdrawal,
)
from referral_exchange import events, vocabulary
from referral_exchange.events import CapacityReported, ParticipantListed, ProgrammeListed
from referral_exchange.ids import derived, fresh

NOW = datetime(2031, 5, 4, 22, 15, tzinfo=UTC)
BASE = "http://127.0.0.1:21020"
OURS, THEIRS = "lantern-case-management", "meadow-housing"
CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
"""A look at a password that costs nothing, for tests that are not about it."""

STATES = {*vocabulary.referral_states(), "consented"}
_UNFINISHED = frozenset({"consented", "requested", "received", "accepted", "in_progress", "on_hold"})


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


def a_change(number: int, **fields: Any) -> Change:
    """What an edge may learn."""
    usual = {
        "number": number,
        "referral_id": an_id("a referral"),
        "event_id": an_id(f"change {number}"),
        "kind": "ServiceStatusChanged",
        "what": "in_progress:scheduled",
        "direction": "received",
        "at": NOW,
    }
    return Change(**(usual | fields))


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
    reasons: dict[str, str] = field(default_factory=dict)
    choices: list[tuple[str, ...]] = field(default_factory=list)
    """Referrals that were offered together."""
    persons: list[tuple[str, ...]] = field(default_factory=list)
    """Referrals of one person."""
    learnt: list[Change] = field(default_factory=list)
    listed: list[ProgrammeListed] = field(default_factory=list)
    participants_listed: list[ParticipantListed] = field(default_factory=list)
    rooms_told: list[CapacityReported] = field(default_factory=list)
    handovers: dict[str, Handover] = field(default_factory=dict)
    _commands: dict[str, tuple[str, Any, Any]] = field(default_factory=dict)
    _more: threading.Condition = field(default_factory=threading.Condition)

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

    def offer_together(self, drafts: Sequence[OfferDraft], command_id: str) -> tuple[Receipt, ...]:
        assert len(drafts) > 1
        by_consent = {view.consent_id: view.referral_id for view in self.seen.values()}
        if not {draft.consent_id for draft in drafts} <= set(by_consent):
            raise UnknownThing("no consent of that id is known here")
        ids = tuple(by_consent[draft.consent_id] for draft in drafts)
        receipts = tuple(Receipt(an_id(command_id + each), each) for each in ids)
        made: tuple[Receipt, ...] = self._once(command_id, "offer_together", tuple(drafts), receipts)
        for each in ids:
            self.show(replace(self.seen[each], state="requested"))
        self.choices.append(ids)
        return made

    def together(self, referral_id: str) -> tuple[str, ...]:
        return next((found for found in self.choices if referral_id in found), (referral_id,))

    def pick(self, referral_id: str, command_id: str) -> Pick:
        if self.referral(referral_id).state != "accepted":
            raise Refused("wrong-state", "wait until they accept")
        others = tuple(each for each in self.together(referral_id) if each != referral_id)
        picked: Pick = self._once(command_id, "pick", referral_id, Pick(referral_id, others))
        return picked

    def reason(self, referral_id: str) -> str | None:
        self.referral(referral_id)
        return self.reasons.get(referral_id)

    def survivor_code(self, referral_id: str, command_id: str) -> SurvivorCode:
        self.referral(referral_id)
        made = SurvivorCode(code="012345678", expires_at=NOW + timedelta(minutes=15))
        return self._once(command_id, "survivor_code", referral_id, made)

    def record_ground(self, draft: GroundDraft, command_id: str) -> GivenConsent:
        assert draft.kind in get_args(commands.GroundKind)
        given = GivenConsent(
            consent_id=an_id(command_id + " ground"),
            return_consent_id=an_id(command_id + " return"),
            referral_id=an_id(command_id + " referral"),
            subject_token="",
            ends_at=draft.ends_at or datetime.max.replace(tzinfo=UTC),
        )
        made: GivenConsent = self._once(command_id, "record_ground", draft, given)
        view = a_view(state="consented", programme_from=draft.programme_from, programme_to=draft.recipient)
        self.show(replace(view, referral_id=made.referral_id, consent_id=made.consent_id, steps=()))
        return made

    def open_referral(
        self,
        kind: commands.OpenerKind,
        consent_id: str,
        urgency: commands.Urgency,
        answer_by: datetime | None,
        part: commands.IntakeRecord,
        command_id: str,
    ) -> Receipt:
        assert kind in get_args(commands.OpenerKind)
        assert isinstance(part, commands.IntakeRecord)
        said = (kind, consent_id, urgency, answer_by, part)
        receipt = self._receipt(command_id, "open_referral", said, self._referral_of(consent_id))
        self.show(replace(self.seen[receipt.referral_id], state="requested", kind=kind, urgency=urgency))
        return receipt

    def send_document(self, draft: DocumentDraft, command_id: str) -> Receipt:
        assert (draft.consent_id is None) != (draft.referral_id is None)
        assert draft.forms
        assert all(isinstance(form, commands.FormRecord) for form in draft.forms)
        referral_id = draft.referral_id or self._referral_of(draft.consent_id or "")
        return self._receipt(command_id, "send_document", draft, referral_id)

    def answer_document(
        self,
        referral_id: str,
        document_event_id: str,
        forms: Sequence[commands.FormRecord | events.AnswerReason],
        command_id: str,
    ) -> Receipt:
        assert all(isinstance(form, commands.FormRecord | events.AnswerReason) for form in forms)
        said = (referral_id, document_event_id, tuple(forms))
        return self._receipt(command_id, "answer_document", said, referral_id)

    def change_safe_contact(
        self, referral_ids: Sequence[str], contact: events.SafeContact, command_id: str
    ) -> tuple[Receipt, ...]:
        for each in referral_ids:
            self.referral(each)
        receipts = tuple(Receipt(an_id(command_id + each), each) for each in referral_ids)
        said = (tuple(referral_ids), contact)
        made: tuple[Receipt, ...] = self._once(command_id, "change_safe_contact", said, receipts)
        return made

    def same_person(self, referral_id: str) -> tuple[str, ...]:
        self.referral(referral_id)
        return next((found for found in self.persons if referral_id in found), (referral_id,))

    def report(
        self, kind: commands.ReportKind, programme_from: str, fields: Mapping[str, Any], command_id: str
    ) -> Receipt:
        raise AssertionError("the bridge reports capacity only")

    def report_capacity(self, programme_from: str, draft: CapacityDraft, command_id: str) -> Receipt:
        assert draft.capacity in get_args(commands.Capacity)
        if programme_from != OURS:
            raise Refused("not-your-programme", "use your own key for your own programme")
        receipt: Receipt = self._once(
            command_id, "report_capacity", (programme_from, draft), Receipt(an_id(command_id))
        )
        return receipt

    def ask_resync(self, since: datetime | None = None) -> Receipt:
        raise AssertionError("the bridge asks for nothing again")

    def learn(self, count: int = 1, **fields: Any) -> list[Change]:
        """Learns `count` things more."""
        with self._more:
            start = self.learnt[-1].number if self.learnt else 0
            found = [a_change(start + n, **fields) for n in range(1, count + 1)]
            self.learnt = [*self.learnt, *found]
            self._more.notify_all()
        return found

    def changes(self, after: int, limit: int = 100) -> list[Change]:
        self._fail()
        start = bisect.bisect_right(self.learnt, after, key=lambda change: change.number)
        return self.learnt[start : start + limit]

    def wait_for_changes(self, after: int, timeout_s: float) -> bool:
        with self._more:
            return self._more.wait_for(
                lambda: bool(self.learnt) and self.learnt[-1].number > after, timeout_s
            )

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

    def handover(self, referral_id: str) -> Handover | None:
        self.referral(referral_id)
        return self.handovers.get(referral_id)

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

    def current(self, since: datetime, direction: views.Direction | None = None) -> list[Current]:
        self._fail()
        return [
            Current(
                view=view,
                covered=self.classes if view.direction == "sent" and view.standing == "live" else frozenset(),
                taken_back_here=view.consent_id in self.withdrawn,
            )
            for view in self.seen.values()
            if direction in (None, view.direction)
            and (
                view.state in _UNFINISHED
                or view.purge == "asked"
                or view.standing == "withdrawing"
                or view.updated_at > since
            )
        ]

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

    def capacities(self) -> list[CapacityReported]:
        return self.rooms_told

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

    def _referral_of(self, consent_id: str) -> str:
        found = [view.referral_id for view in self.seen.values() if view.consent_id == consent_id]
        if not found:
            raise UnknownThing("no consent of that id is known here")
        return found[0]

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


_network = cache(load_network)


def _demo_directory() -> tuple[list[ParticipantListed], list[ProgrammeListed]]:
    network = _network()
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


def lay_out(url: str) -> None:
    """A bridge's tables in the empty database at `url`."""
    Database(url).close()


def a_config(folder: Path, **changes: Any) -> BridgeConfig:
    """The bridge of one invented NGO; its own file has the tables, which to make takes longer than a test."""
    config = BridgeConfig(
        participant="lantern-outreach",
        programmes=(OURS, "lantern-safety-planning"),
        data=folder,
        host="127.0.0.1",
        port=21020,
        origins=(BASE,),
        timezone=ZoneInfo("America/Chicago"),
        password_cost=CHEAP,
    )
    config = replace(config, **changes)
    own = folder / "bridge.db"
    if config.database is None and not own.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        own.write_bytes(filled(lay_out))
    return config


def a_client(app: FastAPI, base: str = BASE, role: Role = "caseworker", **options: Any) -> TestClient:
    """A program with a token of every scope, and a browser in which an invented caseworker is signed in."""
    client = TestClient(app, base_url=base, **options)
    client.headers |= a_bearer(app)
    sign_in(client, app, role)
    return client


def a_bearer(app: FastAPI, *scopes: Scope, name: str = "invented-program") -> dict[str, str]:
    """The header of a new token that works; of every scope where none is named."""
    issued = Token(
        token_id=fresh(), name=name, scopes=frozenset(scopes or SCOPES), issued_at=NOW, ends_at=None
    )
    return {"Authorization": f"Bearer {app.state.bridge.tokens.issue(issued).text}"}


def sign_in(client: TestClient, app: FastAPI, role: Role = "caseworker", name: str = "invented-ash") -> str:
    """Gives `client` the cookie of a session, as if somebody had signed in; the account's id."""
    bridge: Bridge = app.state.bridge
    found = bridge.desk.caseworkers.named(name)
    account = found[0] if found else accounts.add(bridge.desk, name, role, NOW).account
    cookie = bridge.desk.sessions.begin(account.caseworker_id, bridge.clock())
    client.cookies.set(bridge.cookies.session, cookie, domain=str(client.base_url.host), path="/")
    return account.caseworker_id


def some_notices(edge: StandInEdge, folder: Path, *, allow_private: bool = True) -> Notices:
    """Webhooks that are really called, and nobody else who is told."""
    store = NoticeStore(URL.create("sqlite", database=str(folder / "notices.db")))
    return Notices(edge, NoticeSettings(allow_private=allow_private), store, OwnMemory(bytes(32)))


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


LETTER: dict[str, Any] = {"form": "LetterVerificationAsked", "fields": {"letter_number": "INVENTED-0001"}}
A_TIP: dict[str, Any] = {
    "what": "an invented orchard keeps papers",
    "where": "South Fields",
    "imminent": False,
    "caller_agrees": False,
}


def an_offer(name: str) -> dict[str, Any]:
    """An offer under the consent of `a_view(name)`, as JSON."""
    return {"consent_id": an_id(f"{name} consent"), "urgency": "urgent", "needs": some_needs()}


def a_ground(**changes: Any) -> dict[str, Any]:
    """A body of POST /v1/grounds."""
    body = {
        "programme_from": OURS,
        "recipient": THEIRS,
        "kind": "mandated-report",
        "statute": "Invented Code 1-2",
        "jurisdiction": "Invented State",
        "data_classes": ["documents"],
    }
    return body | changes
