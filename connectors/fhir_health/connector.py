"""Carries effects into the provider's FHIR server, and what its staff did there to the exchange."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fhir_health import codes, mapping, marks, offers, reading, showing
from fhir_health.checking import checked
from fhir_health.delivering import Delivering
from fhir_health.elements import Resource, instant, last_updated, place, value_in, version
from fhir_health.transport import FhirServer, NotTaken
from participant_edge.delivery import Effect, Guard, NotDelivered
from participant_edge.edge import Edge, EdgeError, OutcomeUnknown, Refused, UnknownThing
from participant_edge.kit import performing
from participant_edge.kit.mistakes import Mistake
from participant_edge.kit.subject_tokens import SubjectTokens
from referral_exchange import ids

_OVERLAP = timedelta(seconds=5)
"""Read again each time: a server may show a resource a moment after one with a later time."""

_REFUSED_AT = {
    "denied": "Consent",
    "consent-ended": "Consent.status",
    "invalid": "Consent",
    "unknown-programme": "Task.owner.identifier",
    "unknown-code": "Task.input",
    "wrong-state": "Task.status",
}
"""Where staff look first when the exchange refuses."""

_GONE = frozenset({"inactive", "rejected", "entered-in-error"})
_LOG = logging.getLogger(__name__)


class FhirHealth:
    """See `participant_edge.kit.seam.AgencySystem`."""

    guard: Guard = "conditional-create"
    opens = True

    def __init__(self, server: FhirServer, own: frozenset[str] = frozenset()) -> None:
        """`own`: the programmes of this provider."""
        self._server = server
        self._own = own
        self._delivering = Delivering(server)
        self._tokens: SubjectTokens | None = None
        self._mistakes = 0
        self._unshown = 0

    def meet(self, edge: Edge, tokens: SubjectTokens) -> None:
        """Told whose edge it stands beside."""
        self._delivering.edge = edge
        self._tokens = tokens

    def deliver(self, effect: Effect) -> None:
        """Returns once the provider's server has it."""
        self._delivering.deliver(effect)

    def turn(self, edge: Edge, cursor: str) -> str:
        """Every Consent and Task that changed."""
        since: dict[str, str] = json.loads(cursor) if cursor else {}
        consents = self._turn_kind(edge, "Consent", since.get("Consent", ""))
        tasks = self._turn_kind(edge, "Task", since.get("Task", ""))
        return json.dumps({"Consent": consents, "Task": tasks})

    def figures(self) -> Mapping[str, Any]:
        """What it did since it started."""
        return {
            "requests": self._server.requests,
            "mistakes_written_back": self._mistakes,
            "mistakes_not_taken": self._unshown,
        }

    def close(self) -> None:
        """Lets go of connections."""
        self._server.close()

    def _turn_kind(self, edge: Edge, kind: str, since: str) -> str:
        latest = since
        carry = self._consent if kind == "Consent" else self._task
        for found in self._server.changed(kind, _earlier(since)):
            at = last_updated(found)
            if at is None or not isinstance(found.get("id"), str):
                # Without its times a server cannot be followed.
                raise NotDelivered("no-last-updated")
            carry(edge, found)
            latest = max(latest, at, key=_at)
        return latest

    def _consent(self, edge: Edge, consent: Resource) -> None:
        """A consent that the provider ended is withdrawn at the ledger; the edge repeats it until it is."""
        referral_id = value_in(consent, codes.REFERRALS)
        if referral_id is not None and consent.get("status") in _GONE:
            try:
                edge.withdraw(referral_id)
            except UnknownThing:
                _LOG.warning("a Consent names a referral that is not ours")

    def _task(self, edge: Edge, task: Resource) -> None:
        # Most Tasks of a provider are none of ours: whatever they hold, nothing of ours stands in them.
        if codes.OURS not in json.dumps(task):
            return
        try:
            self._carry(edge, checked(task, "Task"))
        except Mistake as mistake:
            self._show(task, mistake)
        except OutcomeUnknown:
            raise
        except NotTaken as error:
            # One Task that its own server will not let be changed keeps no other waiting.
            self._unshown += 1
            _LOG.warning("what happened to a referral could not be written: %s", error.code)
        except Refused as refused:
            self._show(task, Mistake(refused.code, _REFUSED_AT.get(refused.code, "Task"), _do(refused)))
        except UnknownThing as error:
            self._show(task, Mistake("unknown", "Task.identifier", str(error)))
        except EdgeError as error:
            self._show(task, Mistake("invalid", "Task", str(error)))

    def _carry(self, edge: Edge, task: Resource) -> None:
        referral_id = mapping.referral_of(task)
        if referral_id is None:
            if task["status"] == "requested" and offers.asks(task, self._own):
                self._offer(edge, task)
            return
        if mapping.received_here(task):
            self._answer(edge, task, referral_id)
        else:
            self._follow(edge, task, referral_id)
        if marks.problem_on(task):
            self._server.change(place(task), lambda now: _mended(now, task))

    def _answer(self, edge: Edge, task: Resource, referral_id: str) -> None:
        view = edge.referral(referral_id)
        reading.require_not_refused(view)
        for said in reading.said(marks.unmarked(task), view):
            performing.say(edge, said, _command_id(task, type(said).__name__))

    def _offer(self, edge: Edge, task: Resource) -> None:
        request = checked(self._read(offers.focus_of(task), "Task.focus"), "ServiceRequest")
        named = offers.consent_of(request)
        consent = checked(self._read(named, "ServiceRequest.supportingInfo"), "Consent")
        made = offers.offer_of(marks.unmarked(task), request, consent, self._own)
        if self._tokens is None:
            raise NotDelivered("not-met")
        referral_id = performing.offer(edge, made, self._tokens)
        self._server.change(place(task), lambda now: showing.sent(now, referral_id))
        # What was answered before the Task carried the referral's id has found no Task to stand on.
        self._delivering.show(referral_id)

    def _follow(self, edge: Edge, task: Resource, referral_id: str) -> None:
        view = edge.referral(referral_id)
        reading.require_not_refused(view)
        if showing.taken_back(task, view):
            self._take_back(edge, task, referral_id)
            return
        self._name_consent(task, referral_id)
        if showing.hand_over(task, view):
            person = offers.local(task.get("for"), "Patient", "Task.for.reference")
            patient = checked(self._read(person, "Task.for"), "Patient")
            said = showing.parts_of(patient, view, edge.covered(referral_id))
            performing.say(edge, said, ids.derived(referral_id, "hand-over", "Task"))
            self._server.change(place(task), showing.handed_over)

    def _take_back(self, edge: Edge, task: Resource, referral_id: str) -> None:
        if edge.referral(referral_id).state in {"completed", "failed"}:
            raise Mistake(
                "wrong-state", "Task.status", "this referral has ended already; set the status back"
            )
        wire = "entered_in_error" if task["status"] == "entered-in-error" else "cancelled"
        edge.cancel(referral_id, wire, _command_id(task, "cancel"))  # type: ignore[arg-type]

    def _name_consent(self, task: Resource, referral_id: str) -> None:
        """The Consent carries the referral id too, so that its end is understood."""
        request = self._read(offers.focus_of(task), "Task.focus")
        named = offers.consent_of(request)
        self._server.change(named, lambda now: showing.consent_named(now, referral_id))

    def _read(self, where: str, element: str) -> Resource:
        try:
            return self._server.read(where)
        except NotTaken as error:
            if error.code in {"http-404", "http-410"}:
                raise Mistake(
                    "not-found", element, "this server holds no such resource; mend the link"
                ) from None
            raise

    def _show(self, task: Resource, mistake: Mistake) -> None:
        """Back onto the Task, where staff look. What the server will not take is counted and logged."""
        own = mapping.referral_of(task) is None and task.get("status") == "requested"
        changes = {"status": "on-hold", "businessStatus": showing.NOT_SENT} if own else {}
        self._mistakes += 1
        code = "no-place-for-it"
        try:
            if marks.markable(task):
                self._server.change(place(task), lambda now: marks.marked(now, mistake, **changes))
                return
        except NotTaken as error:
            code = error.code
        self._unshown += 1
        _LOG.warning("a mistake (%s at %s) was not taken: %s", mistake.code, mistake.where, code)


def _command_id(task: Resource, kind: str) -> str:
    return ids.derived(f"{place(task)}/_history/{version(task)}", kind, "exchange")


def _mended(now: Resource, read: Resource) -> Resource:
    return marks.unmarked(now) if version(now) == version(read) else now


def _do(refused: Refused) -> str:
    return f"{refused.detail} ({refused.law})" if refused.law else refused.detail


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _earlier(since: str) -> str:
    return instant(_at(since) - _OVERLAP) if since else ""
