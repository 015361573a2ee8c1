"""The facade of a participant's edge: what the bridge and the connectors call. Sync and thread-safe."""

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaException

from participant_edge import (
    deliver,
    giving,
    inbox_rows,
    incoming,
    outgoing,
    referral_rows,
    repeats,
    withdrawals,
)
from participant_edge.commands import (
    Answer,
    Cancellation,
    ConsentDraft,
    GivenConsent,
    OfferDraft,
    PartRecord,
    Purge,
    Receipt,
    ServiceState,
    ServiceSubState,
)
from participant_edge.delivery import Delivery
from participant_edge.errors import CommandReused, EdgeError, OutcomeUnknown, Refused, TooLarge, UnknownThing
from participant_edge.incoming import Intake
from participant_edge.means import Means
from participant_edge.opening import open_entries
from participant_edge.saying import Saying
from participant_edge.sealing import NotOpened
from participant_edge.views import (
    Direction,
    Disclosure,
    InboxEntry,
    OpenedPart,
    Page,
    ReferralView,
    Withdrawal,
)
from participant_edge.workers import Workers
from referral_exchange.events import AnswerReason, ParticipantListed, ProgrammeListed, StatusDetail
from referral_exchange.refusals import CONSENT_ENDED, sentence

_LONGEST_PAGE = 200


class Edge:
    """One participant's edge. Built by `participant_edge.assembly.assemble(settings)`.

    Commands return only after the broker acknowledged their event, and raise Refused, OutcomeUnknown,
    UnknownThing or CommandReused. `command_id` is the caller's Idempotency-Key.
    """

    def __init__(self, means: Means, intake: Intake, delivery: Delivery, workers: Workers) -> None:
        """Takes what `assembly.py` made."""
        self._means = means
        self._intake = intake
        self._delivery = delivery
        self._workers = workers
        self._stopped = False

    def give_consent(self, draft: ConsentDraft, command_id: str) -> GivenConsent:
        """Records a signed consent, and the return consent, at the ledger."""
        return giving.give(self._means, draft, f"user:{command_id}")

    def offer(self, draft: OfferDraft, command_id: str) -> Receipt:
        """Offers the needs to the consent's recipient."""
        consent = withdrawals.need_consent(self._means, draft.consent_id)
        saying = Saying(
            kind="ReferralOffered",
            referral_id=consent.referral_id,
            fields={"urgency": draft.urgency, "answer_by": draft.answer_by},
            parts=[draft.needs],
        )
        return self._command(saying, command_id)

    def answer(self, referral_id: str, answer: Answer, reason: str, command_id: str) -> Receipt:
        """Accepts or declines a received referral.

        `reason`: a code of answer_reasons, `accepted` where accepted. It travels sealed.
        """
        repeats.finish_own(self._means, referral_id)
        saying = Saying(
            kind="ReferralAnswered",
            referral_id=referral_id,
            what=answer,
            fields={"answer": answer},
            parts=[AnswerReason(code=reason)],
        )
        return self._command(saying, command_id)

    def disclose(
        self,
        referral_id: str,
        parts: Sequence[PartRecord],
        command_id: str,
        *,
        address_authorised: bool = False,
    ) -> Receipt:
        """Hands the identity, and what goes with it, to the programme that accepted.

        `address_authorised`: a confidential shelter's operator authorised telling its place, in writing.
        """
        if not parts:
            raise Refused("parts-missing", "choose at least one kind of information to hand over")
        saying = Saying(
            kind="ReferralDisclosed",
            referral_id=referral_id,
            parts=parts,
            address_authorised=address_authorised,
        )
        return self._command(saying, command_id)

    def report_status(
        self,
        referral_id: str,
        state: ServiceState,
        sub_state: ServiceSubState | None,
        detail: StatusDetail | None,
        command_id: str,
    ) -> Receipt:
        """Says how the service of an accepted referral goes. `detail` travels sealed."""
        if state in {"unspecified", "received"}:
            raise Refused("unknown-code", "choose in-progress, on-hold, completed or failed")
        saying = Saying(
            kind="ServiceStatusChanged",
            referral_id=referral_id,
            what=":".join(filter(None, (state, sub_state))),
            fields={"state": state, "sub_state": sub_state},
            parts=[detail] if detail is not None else [],
        )
        return self._command(saying, command_id)

    def cancel(self, referral_id: str, cancellation: Cancellation, command_id: str) -> Receipt:
        """Takes a sent referral back and withdraws its consent."""
        if cancellation == "unspecified":
            raise Refused("unknown-code", "choose cancelled or entered-in-error")
        return self._command(_ending("ReferralCancelled", referral_id, cancellation=cancellation), command_id)

    def answer_purge(self, referral_id: str, purge: Purge, command_id: str) -> Receipt:
        """Says what became of what was opened, after a withdrawal."""
        if purge == "unspecified":
            raise Refused("unknown-code", "choose purged or legal-hold")
        return self._command(_ending("PurgeAnswered", referral_id, purge=purge), command_id)

    def withdraw(self, which: str) -> Withdrawal:
        """Withdraws the consent (and its return consent). `which`: referral id or consent id. Idempotent."""
        return withdrawals.withdraw(self._means, which)

    def withdrawal(self, consent_id: str) -> Withdrawal:
        """How far the withdrawal of `consent_id` is. Raises UnknownThing where none was asked."""
        return withdrawals.withdrawal(self._means, consent_id)

    def open_parts(self, referral_id: str) -> list[OpenedPart]:
        """All that came for a referral, opened at the ledger now. Raises Refused once its consent ended."""
        view = outgoing.need_view(self._means, referral_id)
        if view.standing != "live":
            raise Refused(CONSENT_ENDED, sentence(CONSENT_ENDED))
        with self._means.store.read() as connection:
            entries = inbox_rows.with_parts(connection, referral_id)
        try:
            return open_entries(self._means, entries)
        except NotOpened:
            raise Refused("not-openable", "a part does not open; ask the sender to send it again") from None

    def referrals(
        self, direction: Direction | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[ReferralView]:
        """Referrals, last changed first, without their steps. Raises Refused(bad-cursor) for one not ours."""
        with self._means.store.read() as connection:
            return referral_rows.page(connection, direction, _place(cursor), _length(limit))

    def referral(self, referral_id: str) -> ReferralView:
        """One referral with its steps and refusals."""
        return outgoing.need_view(self._means, referral_id)

    def inbox(self, cursor: str | None = None, limit: int = 50) -> Page[InboxEntry]:
        """What came in, newest first."""
        with self._means.store.read() as connection:
            return inbox_rows.page(connection, _place(cursor), _length(limit))

    def programmes(self) -> list[ProgrammeListed]:
        """Every programme of the directory that receives referrals, by id."""
        listed = self._means.keys.directory.programmes.values()
        return sorted((p for p in listed if p.sealing_key is not None), key=lambda each: each.programme_id)

    def covered(self, referral_id: str) -> frozenset[str]:
        """The data classes that the consent of a sent referral covers; empty once it is over."""
        return outgoing.covered(self._means, referral_id)

    def participants(self) -> list[ParticipantListed]:
        """Every participant of the directory, by id."""
        listed = self._means.keys.directory.participants.values()
        return sorted(listed, key=lambda each: each.participant_id)

    def disclosures(self, referral_id: str) -> list[Disclosure]:
        """What the ledger knows was done under a referral's consents, as far as its programme may know."""
        view = outgoing.need_view(self._means, referral_id)
        sent = view.direction == "sent"
        programme = view.programme_from if sent else view.programme_to
        consents = [view.consent_id, view.return_consent_id] if sent else [view.return_consent_id]
        return self._means.ledger.disclosures(self._means.own.signer(programme), consents)

    def confirm_key(self, programme: str, key_id: str) -> None:
        """A human vouches for a programme's new key; what was held for it goes on."""
        self._means.keys.confirm(programme, key_id)
        incoming.judge_again(self._means, programme)

    def start(self) -> None:
        """Starts the threads. What an earlier process left unfinished is repeated first."""
        self._workers.start()

    def stop(self) -> None:
        """Stops the threads and closes what is open. A second time it does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self._means.ledger.give_up()
        self._workers.stop()
        self._intake.close()
        self._means.close()

    def step(self) -> int:
        """One turn without threads, for tests: inbox to its end, deliveries, repeats. Messages read."""
        self._means.keys.follow()
        took = self._intake.turn(0.2)
        ends = self._intake.present_ends()
        while ends and not self._intake.passed(ends):
            took += self._intake.turn(0.2)
        if self._intake.passed(ends):
            deliver.turn(self._means, self._delivery)
        repeats.turn(self._means, all_now=True)
        withdrawals.turn(self._means, all_now=True)
        return took

    def ready(self) -> bool:
        """Whether directory and inbox have been read to their ends and all threads run.

        The ledger may be away: a withdrawal must be taken even then.
        """
        try:
            known = self._means.keys.caught_up()
        except KafkaException:
            return False
        return known and self._workers.reached_end and not self._workers.failed

    def _command(self, saying: Saying, command_id: str) -> Receipt:
        return outgoing.command(self._means, saying, f"user:{command_id}")


def _ending(kind: str, referral_id: str, **field: Any) -> Saying:
    fields: Mapping[str, Any] = field
    return Saying(kind=kind, referral_id=referral_id, what=next(iter(field.values())), fields=fields)


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 18:
        raise Refused("bad-cursor", "use the cursor that the page before returned, or none")
    return int(cursor)


def _length(limit: int) -> int:
    return max(1, min(limit, _LONGEST_PAGE))


__all__ = [
    "CommandReused",
    "ConsentDraft",
    "Disclosure",
    "Edge",
    "EdgeError",
    "GivenConsent",
    "InboxEntry",
    "OfferDraft",
    "OpenedPart",
    "OutcomeUnknown",
    "Page",
    "Receipt",
    "ReferralView",
    "Refused",
    "TooLarge",
    "UnknownThing",
    "Withdrawal",
]
