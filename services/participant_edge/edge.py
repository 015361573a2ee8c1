"""The facade of a participant's edge: what the bridge and the connectors call. Sync and thread-safe."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from confluent_kafka import KafkaException

from participant_edge import (
    batches,
    choosing,
    commands,
    current,
    following,
    giving,
    incoming,
    outgoing,
    reading,
    reasons,
    repeats,
    reporting,
    same_person,
    subjectless,
    views,
    withdrawals,
    wording,
)
from participant_edge.errors import CommandReused, EdgeError, OutcomeUnknown, Refused, TooLarge, UnknownThing
from participant_edge.means import Means
from participant_edge.saying import Saying
from participant_edge.workers import Workers
from referral_exchange.events import (
    AnswerReason,
    CapacityReported,
    ParticipantListed,
    ProgrammeListed,
    SafeContact,
    StatusDetail,
)


class Edge:
    """One participant's edge. Built by `participant_edge.assembly.assemble(settings)`.

    Commands return only after the broker acknowledged their event, and raise Refused, OutcomeUnknown,
    UnknownThing or CommandReused. `command_id` is the caller's Idempotency-Key.
    """

    def __init__(self, means: Means, workers: Workers) -> None:
        """Takes what `assembly.py` made."""
        self._means = means
        self._workers = workers
        self._stopped = False

    def give_consent(self, draft: commands.ConsentDraft, command_id: str) -> commands.GivenConsent:
        """Records a signed consent, and the return consent, at the ledger."""
        return giving.give(self._means, draft, f"user:{command_id}")

    def record_ground(self, draft: commands.GroundDraft, command_id: str) -> commands.GivenConsent:
        """Records a legal ground, and what may come back under it, at the ledger."""
        return giving.record(self._means, draft, f"user:{command_id}")

    def offer(self, draft: commands.OfferDraft, command_id: str) -> commands.Receipt:
        """Offers the needs to the consent's recipient."""
        return self._command(wording.offering(draft, self._referral_of(draft.consent_id)), command_id)

    def offer_together(
        self, drafts: Sequence[commands.OfferDraft], command_id: str
    ) -> tuple[commands.Receipt, ...]:
        """Offers one person's needs to several recipients, of whom one is picked later: all or none."""
        return choosing.offer_together(self._means, drafts, command_id)

    def together(self, referral_id: str) -> tuple[str, ...]:
        """The referrals of the same choice, itself included."""
        return choosing.together(self._means, referral_id)

    def pick(self, referral_id: str, command_id: str) -> commands.Pick:
        """The person chose this one among the acceptances; the others are taken back. Idempotent."""
        return choosing.pick(self._means, referral_id, command_id)

    def same_person(self, referral_id: str) -> tuple[str, ...]:
        """The referrals of the same person that this programme sent and whose consents live."""
        return same_person.same_person(self._means, referral_id)

    def survivor_code(self, referral_id: str, command_id: str) -> views.SurvivorCode:
        """A code for the person of a sent referral, to look with for herself: say it to her alone, once."""
        return same_person.survivor_code(self._means, referral_id, f"user:{command_id}")

    def open_referral(
        self,
        kind: commands.OpenerKind,
        consent_id: str,
        urgency: commands.Urgency,
        answer_by: datetime | None,
        part: commands.IntakeRecord,
        command_id: str,
    ) -> commands.Receipt:
        """Opens a referral by something else than an offer, under its consent or ground."""
        referral_id = self._referral_of(consent_id)
        return self._command(wording.opening(kind, referral_id, urgency, answer_by, part), command_id)

    def send_document(self, draft: commands.DocumentDraft, command_id: str) -> commands.Receipt:
        """Sends forms: under a fresh consent or ground, or for a referral that is being served."""
        if (draft.consent_id is None) == (draft.referral_id is None):
            raise Refused("invalid", "name either a consent or a referral that is being served")
        referral_id = draft.referral_id or self._referral_of(draft.consent_id or "")
        return self._command(
            wording.sending(referral_id, draft.urgency, draft.answer_by, draft.forms), command_id
        )

    def answer_document(
        self,
        referral_id: str,
        document_event_id: str,
        forms: Sequence[commands.FormRecord | AnswerReason],
        command_id: str,
    ) -> commands.Receipt:
        """Answers a document that came, with forms or with a reason."""
        repeats.finish_own(self._means, referral_id)
        return self._command(wording.answering_document(referral_id, document_event_id, forms), command_id)

    def answer(
        self, referral_id: str, answer: commands.Answer, reason: str, command_id: str
    ) -> commands.Receipt:
        """Accepts or declines a received referral.

        `reason`: a code of answer_reasons, `accepted` where accepted. It travels sealed.
        """
        repeats.finish_own(self._means, referral_id)
        return self._command(wording.answering(referral_id, answer, reason), command_id)

    def reason(self, referral_id: str) -> str | None:
        """The code that came with a decline, a hold or a failure; None where none is known."""
        return reasons.reason(self._means, referral_id)

    def disclose(
        self,
        referral_id: str,
        parts: Sequence[commands.PartRecord],
        command_id: str,
        *,
        address_authorised: bool = False,
    ) -> commands.Receipt:
        """Hands the identity, and what goes with it, to the programme that accepted.

        `address_authorised`: a confidential shelter's operator authorised telling its place, in writing.
        """
        return self._command(wording.disclosing(referral_id, parts, address_authorised), command_id)

    def change_safe_contact(
        self, referral_ids: Sequence[str], contact: SafeContact, command_id: str
    ) -> tuple[commands.Receipt, ...]:
        """Tells every recipient named how the person may be reached from now on: all or none."""
        sayings = [wording.changing_contact(each, contact) for each in referral_ids]
        return batches.say_all(self._means, sayings, command_id)

    def report_status(
        self,
        referral_id: str,
        state: commands.ServiceState,
        sub_state: commands.ServiceSubState | None,
        detail: StatusDetail | None,
        command_id: str,
    ) -> commands.Receipt:
        """Says how the service of an accepted referral goes. `detail` travels sealed."""
        receipt = self._command(wording.reporting_status(referral_id, state, sub_state, detail), command_id)
        reasons.remember(self._means, referral_id, receipt.event_id, detail)
        return receipt

    def handover(self, referral_id: str) -> views.Handover | None:
        """The warm handover that was agreed, for either side while the consent lives; None without one."""
        return reasons.handover(self._means, referral_id)

    def cancel(
        self, referral_id: str, cancellation: commands.Cancellation, command_id: str
    ) -> commands.Receipt:
        """Takes a sent referral back and withdraws its consent."""
        return self._command(wording.cancelling(referral_id, cancellation), command_id)

    def answer_purge(self, referral_id: str, purge: commands.Purge, command_id: str) -> commands.Receipt:
        """Says what became of what was opened, after a withdrawal."""
        return self._command(wording.answering_purge(referral_id, purge), command_id)

    def report(
        self, kind: commands.ReportKind, programme_from: str, fields: Mapping[str, Any], command_id: str
    ) -> commands.Receipt:
        """Says something that concerns no person. `fields`: those of the record behind its addresses."""
        return reporting.report(self._means, kind, programme_from, fields, f"user:{command_id}")

    def report_capacity(
        self, programme_from: str, draft: commands.CapacityDraft, command_id: str
    ) -> commands.Receipt:
        """Tells the directory whether a programme has room."""
        fields = subjectless.room(programme_from, draft)
        return self.report("CapacityReported", programme_from, fields, command_id)

    def ask_resync(self, since: datetime | None = None) -> commands.Receipt:
        """Asks the router for everything again that belongs to open referrals: the disk was lost."""
        return reporting.ask_resync(self._means, since)

    def withdraw(self, which: str) -> views.Withdrawal:
        """Withdraws the consent (and its return consent). `which`: referral id or consent id. Idempotent."""
        return withdrawals.withdraw(self._means, which)

    def withdrawal(self, consent_id: str) -> views.Withdrawal:
        """How far the withdrawal of `consent_id` is. Raises UnknownThing where none was asked."""
        return withdrawals.withdrawal(self._means, consent_id)

    def open_parts(self, referral_id: str) -> list[views.OpenedPart]:
        """All that came for a referral, opened at the ledger now. Raises Refused once its consent ended."""
        return reading.open_parts(self._means, referral_id)

    def referrals(
        self, direction: views.Direction | None = None, cursor: str | None = None, limit: int = 50
    ) -> views.Page[views.ReferralView]:
        """Referrals, last changed first, without their steps. Raises Refused(bad-cursor) for one not ours."""
        return reading.referrals(self._means, direction, cursor, limit)

    def current(self, since: datetime, direction: views.Direction | None = None) -> list[views.Current]:
        """Every referral that still moves or waits for somebody, or changed after `since`, with its steps."""
        return current.current(self._means, since, direction)

    def referral(self, referral_id: str) -> views.ReferralView:
        """One referral with its steps and refusals."""
        return outgoing.need_view(self._means, referral_id)

    def inbox(self, cursor: str | None = None, limit: int = 50) -> views.Page[views.InboxEntry]:
        """What came in, newest first."""
        return reading.inbox(self._means, cursor, limit)

    def changes(self, after: int, limit: int = 100) -> list[views.Change]:
        """What this edge learnt and said behind number `after`, oldest first; kept for 90 days."""
        return following.changes(self._means, after, limit)

    def wait_for_changes(self, after: int, timeout_s: float) -> bool:
        """Whether there is a change behind number `after`; waits for one, `timeout_s` at most."""
        return following.wait(self._means, after, timeout_s)

    def programmes(self) -> list[ProgrammeListed]:
        """Every programme of the directory that receives referrals, by id."""
        return reading.programmes(self._means)

    def participants(self) -> list[ParticipantListed]:
        """Every participant of the directory, by id."""
        return reading.participants(self._means)

    def capacities(self) -> list[CapacityReported]:
        """What programmes last told of their room, by id; how long it may be believed stands in it."""
        return reading.capacities(self._means)

    def covered(self, referral_id: str) -> frozenset[str]:
        """The data classes that the consent of a sent referral covers; empty once it is over."""
        return outgoing.covered(self._means, referral_id)

    def disclosures(self, referral_id: str) -> list[views.Disclosure]:
        """What the ledger knows was done under a referral's consents, as far as its programme may know."""
        return reading.disclosures(self._means, referral_id)

    def confirm_key(self, programme: str, key_id: str) -> None:
        """A human vouches for a programme's new key; what was held for it goes on."""
        self._means.keys.confirm(programme, key_id)
        incoming.judge_again(self._means, programme)

    def start(self) -> None:
        """Starts the threads. What an earlier process left unfinished is repeated first."""
        self._workers.start()

    def stop(self) -> None:
        """Stops the threads and closes what is open. A second time it does nothing."""
        if not self._stopped:
            self._stopped = True
            self._means.ledger.give_up()
            self._workers.stop()
            self._means.close()

    def step(self) -> int:
        """One turn without threads, for tests: inbox to its end, deliveries, repeats. Messages read."""
        return self._workers.step()

    def ready(self) -> bool:
        """Whether directory and inbox have been read to their ends and all threads run.

        The ledger may be away: a withdrawal must be taken even then.
        """
        try:
            known = self._means.keys.caught_up()
        except KafkaException:
            return False
        return known and self._workers.reached_end and not self._workers.failed

    def _command(self, saying: Saying, command_id: str) -> commands.Receipt:
        return outgoing.command(self._means, saying, f"user:{command_id}")

    def _referral_of(self, consent_id: str) -> str:
        return withdrawals.need_consent(self._means, consent_id).referral_id


__all__ = ["CommandReused", "Edge", "EdgeError", "OutcomeUnknown", "Refused", "TooLarge", "UnknownThing"]
