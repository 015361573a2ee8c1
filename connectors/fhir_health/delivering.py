"""What an effect does in the provider's FHIR server: each create conditional, each update under If-Match."""

from collections.abc import Iterable

from fhir_health import codes, mapping, people, showing
from fhir_health.elements import Resource, place
from fhir_health.marks import marked
from fhir_health.transport import FhirServer
from participant_edge.commands import OpenRecord
from participant_edge.delivery import Effect, NotDelivered
from participant_edge.edge import Edge
from participant_edge.kit.mistakes import Mistake
from referral_exchange import events
from referral_exchange.refusals import sentence

Told = events.ReferralDisclosed | events.SafeContactChanged


class Delivering:
    """Repeating an effect finds what it made before and changes nothing."""

    def __init__(self, server: FhirServer) -> None:
        """`edge` is set before anything is delivered."""
        self._server = server
        self.edge: Edge | None = None

    def deliver(self, effect: Effect) -> None:
        """Raises NotDelivered; `not-carried` for an event with parts that no element is known for."""
        event, records = effect.event, [part.record for part in effect.parts]
        match event:
            case events.ReferralOffered():
                self._offered(effect.effect_id, event, records)
            case (
                events.DocumentSent()
                | events.EmergencyRequested()
                | events.ResourceRequested()
                | events.ScreeningCompleted()
                | events.TipReported()
                | events.WithdrawalAsked()
            ):
                self._opened(effect.effect_id, event, records)
            case events.ReferralDisclosed() | events.SafeContactChanged():
                self._disclosed(effect.effect_id, event, records)
            case events.ReferralCancelled():
                self._on_task(event.referral_id, lambda now: mapping.cancelled(now, event.cancellation))
            case events.ReferralAnswered() | events.ServiceStatusChanged():
                self._told(event.referral_id, records)
            case events.ConsentEnded():
                self._ended(event)
            case events.PurgeAnswered():
                self._told(event.referral_id, [])
            case events.EventRefused():
                self._refused(event)
            case _ if records:
                raise NotDelivered("not-carried")

    def _offered(
        self, effect_id: str, offered: events.ReferralOffered, records: Iterable[OpenRecord]
    ) -> None:
        needs = next((each for each in records if isinstance(each, events.Needs)), None)
        if needs is None:
            raise NotDelivered("not-carried")
        task = mapping.task_of(offered, mapping.needed(needs), effect_id)
        self._server.create(task, codes.EFFECTS, effect_id)

    def _opened(self, effect_id: str, opened: mapping.Opener, records: list[OpenRecord]) -> None:
        """A document, a request, a result: field by field, on a Task of its own or on the one there is."""
        if not records:
            raise NotDelivered("not-carried")
        held = self._details(effect_id, records, None)
        task = self._server.find("Task", codes.REFERRALS, opened.referral_id)
        if task is None:
            made = mapping.task_of(opened, mapping.contents(held), effect_id)
            self._server.create(made, codes.EFFECTS, effect_id)
        else:
            self._server.change(place(task), lambda now: mapping.with_inputs(now, held))

    def _details(
        self, effect_id: str, records: Iterable[OpenRecord], patient: Resource | None
    ) -> list[Resource]:
        made = [mapping.detail_of(each, effect_id, patient) for each in records]
        return [self._server.create(each, codes.EFFECTS, each["identifier"]["value"]) for each in made]

    def _disclosed(self, effect_id: str, told: Told, records: list[OpenRecord]) -> None:
        """Person, request and details first, the Task last: staff see it whole or as it was."""
        referral_id = told.referral_id
        task = self._need_task(referral_id)
        patient = self._patient(told, records)
        made = mapping.request_of(task, patient, referral_id)
        request = self._server.create(made, codes.EFFECTS, mapping.request_id(referral_id))
        others = [each for each in records if not isinstance(each, people.OWN_ELEMENTS)]
        held = self._details(effect_id, others, patient)
        self._server.change(place(request), lambda now: _request(now, held, people.may_contact(patient)))
        self._server.change(place(task), lambda now: mapping.with_person(now, patient, request))

    def _patient(self, told: Told, records: list[OpenRecord]) -> Resource:
        person_id, at = mapping.person_id(told.referral_id), told.occurred_at
        held = self._server.create(people.new_patient(person_id, records, at), codes.EFFECTS, person_id)
        return self._server.change(place(held), lambda now: people.with_parts(now, records, at))

    def _told(self, referral_id: str, records: list[OpenRecord]) -> None:
        """How a referral of ours stands now, not how it stood when this was written: others came since."""
        if self.edge is None:
            raise NotDelivered("not-met")
        view = self.edge.referral(referral_id)
        if view.state == "rejected" and not records:
            # What tells of an earlier step shows the decline already: never without a reason that is known.
            records = self._reason(referral_id)
        self._on_task(referral_id, lambda now: showing.shown(now, view, records))

    def _ended(self, ended: events.ConsentEnded) -> None:
        task = self._server.find("Task", codes.REFERRALS, ended.referral_id)
        if task is None:
            return
        if mapping.received_here(task):
            self._server.change(place(task), lambda now: mapping.ended(now, ended.ending))
        else:
            self.show(ended.referral_id)

    def show(self, referral_id: str) -> None:
        """Shows a referral of ours on its Task, with the reason where it was declined."""
        self._told(referral_id, self._reason(referral_id))

    def _reason(self, referral_id: str) -> list[OpenRecord]:
        """Why a referral of ours was declined: the edge keeps the code when the sealed part is gone."""
        known = self.edge.reason(referral_id) if self.edge is not None else None
        return [events.AnswerReason(code=known)] if known else []

    def _refused(self, refused: events.EventRefused) -> None:
        if refused.referral_id is None:
            return
        mistake = Mistake(refused.code, "Task", sentence(refused.code))
        self._on_task(refused.referral_id, lambda now: marked(now, mistake))

    def _on_task(self, referral_id: str, change: mapping.Change) -> None:
        task = self._server.find("Task", codes.REFERRALS, referral_id)
        if task is not None:
            self._server.change(place(task), change)

    def _need_task(self, referral_id: str) -> Resource:
        task = self._server.find("Task", codes.REFERRALS, referral_id)
        if task is None:
            # Its offer is still on its way into the server, or staff deleted it.
            raise NotDelivered("no-task")
        return task


def _request(now: Resource, details: list[Resource], may_contact: bool | None) -> Resource:
    changed = mapping.with_details(now, details)
    return changed if may_contact is None else mapping.with_do_not_contact(changed, may_contact)
