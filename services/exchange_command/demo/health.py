"""A day with a health provider: a referral into its FHIR server and one out of it, with faults on the way."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from exchange_command import sign_in_seed
from exchange_command.demo.clinic import PATIENT, Clinic, reason
from exchange_command.demo.ngo import Ngo
from exchange_command.demo.stage import Stage
from exchange_command.demo.stories import Story, load_stories
from exchange_command.demo.waiting import until
from exchange_command.platform import Platform
from exchange_command.python_services import CONNECTOR, STAND_IN
from fhir_health import codes
from fhir_health.elements import Resource, concept
from fhir_health.transport import FhirServer

CONNECTOR_NAME = "fhir_health"
CLINIC, SHELTER = "cedar-grove-clinic", "harbor-shelter"
PROCESSES = (
    "kafka",
    "registry",
    "trace_relay",
    "consent_ledger",
    "referral_router",
    "ngo_bridge.lantern-outreach",
    "ngo_bridge.harbor-house",
    f"{STAND_IN}.{CONNECTOR_NAME}",
    f"{CONNECTOR}.{CONNECTOR_NAME}",
)
"""What the day needs."""

_TIMEOUT_S = 30.0
_FAULTS = (
    {"kind": "stored-500", "method": "POST"},
    {"kind": "429", "method": "PUT", "times": 2, "seconds": 1},
    {"kind": "down", "method": "PUT"},
)
"""For what only the connector does just then: staff look on, and do not write."""


@dataclass(slots=True)
class Day:
    """Lantern asks the clinic; the clinic asks Harbor House. `seen`: what came to pass, for `--json`."""

    stage: Stage
    lantern: Ngo
    harbor: Ngo
    clinic: Clinic
    story: Story
    seen: dict[str, Any] = field(default_factory=dict)

    def play(self) -> dict[str, Any]:
        """The whole day."""
        referral_id, task = self.asked()
        task = self.disclosed_through_faults(referral_id, task)
        self.reaches_an_outcome(referral_id, task)
        self.asks()
        self.forgets_the_consent()
        self.withdrawn()
        return self.seen

    def asked(self) -> tuple[str, Resource]:
        """An offer becomes a Task: needs, and nobody."""
        self.stage.act("1  A referral becomes a Task in the clinic's own server, without a name")
        referral_id = self._offered()
        task = self.clinic.task(referral_id)
        needs = ", ".join(each["type"]["coding"][0]["code"] for each in task["input"])
        self.stage.say("recipient", f"Task {task['id']}: {needs}")
        self._no_name(task)
        self.stage.say("recipient", "no name, no number; for: somebody")
        self.clinic.writes(task, status="accepted")
        self.lantern.arrived(referral_id, "accepted", seconds=40)
        self.stage.say(
            "sender", "the clinic's staff set the Task to accepted: so it stands here too", strong=True
        )
        return referral_id, task

    def disclosed_through_faults(self, referral_id: str, task: Resource) -> Resource:
        """The server fails in the worst way while the name comes: it arrives once."""
        self.stage.act("2  Who it is arrives once, although the clinic's server fails while it does")
        before = self.clinic.count("Patient")
        self.clinic.goes_wrong(*_FAULTS)
        self.stage.say("operator", "the clinic's server: stores, then answers 500; 429; down", strong=True)
        self.lantern.disclose(self.story, referral_id)
        task = until(lambda: self._with_focus(task), 60, "the ServiceRequest at the clinic")
        patients = self.clinic.count("Patient") - before
        if patients != 1:
            raise AssertionError(f"{patients} patients for one person")
        self.seen["patients"] = patients
        name = self.clinic.server.read(task["for"]["reference"])["name"][0]["text"]
        self.stage.say(
            "recipient", f"{task['focus']['reference']}, {task['for']['reference']}: {name}", strong=True
        )
        return task

    def reaches_an_outcome(self, referral_id: str, task: Resource) -> None:
        """Status by BSeR's codes, back to the sender."""
        self.stage.act("3  Staff work in their Task; the sender sees it, until an outcome")
        self.clinic.writes(task, status="in-progress", businessStatus=concept((codes.BSER, "5.1.1")))
        self.lantern.arrived(referral_id, "in-progress", seconds=40)
        self.stage.say("sender", "in-progress, scheduled (BSeR 5.1.1)")
        outcome = {
            "type": concept((codes.NEED, "outcome")),
            "valueCodeableConcept": reason("service-provided"),
        }
        self.clinic.writes(task, status="completed", output=[outcome])
        self.seen["inward"] = self.lantern.arrived(referral_id, "completed", seconds=40)
        opened = self.lantern.open(referral_id)
        self.stage.say("sender", f"outcome, sealed for us: {opened['service-status'].get('outcome')}")

    def asks(self) -> None:
        """The clinic's own order goes out under the consent it refers to, and is declined."""
        self.stage.act("4  The clinic refers: its ServiceRequest and Consent become an offer")
        task = self.clinic.refers(SHELTER)
        referral_id = self.clinic.sent(task)
        self.harbor.arrived(referral_id, "received", seconds=40)
        needs = self.harbor.open(referral_id)["needs"]
        self.stage.say(
            "sender", f"{SHELTER} sees: {', '.join(needs['services'])}; {needs['region']}; no name"
        )
        body = {"answer": "declined", "reason": "no-room"}
        self.harbor.post(f"/v1/referrals/{referral_id}/answers", body)
        after = self.clinic.declined(task)
        self.seen["outward"] = after["status"]
        self.stage.say(
            "recipient", f"Task {task['id']}: {after['status']}; {after['statusReason']['text']}", strong=True
        )
        if any(PATIENT in text for text in self.harbor.seen):
            raise AssertionError("an offer told a name")

    def forgets_the_consent(self) -> None:
        """Without a consent nothing leaves, and staff are told where."""
        self.stage.act("5  An order without a consent: nothing leaves, and staff read why")
        code, where = self.clinic.problem(self.clinic.refers(SHELTER, with_consent=False))
        self.seen["mistake"] = {"code": code, "where": where}
        self.stage.say("recipient", f"on their own Task: {code} at {where}", strong=True)

    def withdrawn(self) -> None:
        """A withdrawal reaches the clinic's Task, and its staff answer."""
        self.stage.act("6  Taken back: the Task is cancelled, staff answer what became of the data")
        referral_id = self._offered()
        task = self.clinic.task(referral_id)
        answer = self.lantern.post("/v1/withdrawals", {"referral_id": referral_id})
        self.stage.say("survivor", f"withdrawn: {answer['state']}", strong=True)
        task = self.clinic.awaits(task, "the Task is cancelled", status="cancelled")
        self.clinic.writes(task, businessStatus=concept((codes.BUSINESS, "purged")))
        told = until(lambda: self._purged(answer["consent_id"]), 40, "the purge answer at the sender")
        self.seen["purge"] = told
        self.stage.say("sender", f"the clinic answers: {told}")

    def _offered(self) -> str:
        consent = self.lantern.consent(self.story, CLINIC)
        offer = self.lantern.offer(self.story, consent["consent_id"])
        self.stage.say("sender", f"asked {CLINIC}: {', '.join(self.story.needs['services'])}")
        return str(offer["referral_id"])

    def _with_focus(self, task: Resource) -> Resource | None:
        now = self.clinic.task(
            str(next(e["value"] for e in task["identifier"] if e["system"] == codes.REFERRALS))
        )
        return now if "focus" in now else None

    def _no_name(self, task: Resource) -> None:
        if self.story.disclosed["identity"]["chosen_name"] in str(task):
            raise AssertionError("an offer told a name")

    def _purged(self, consent_id: str) -> str | None:
        answers = self.lantern.get(f"/v1/withdrawals/{consent_id}")["purge_answers"]
        return str(answers[0]["purge"]) if answers else None


@contextmanager
def assembled(platform: Platform, stage: Stage) -> Iterator[Day]:
    """Everyone in place; all connections are closed behind."""
    places = platform.places
    stand_in = places.address(f"{STAND_IN}.{CONNECTOR_NAME}")
    with ExitStack() as stack:
        server = FhirServer.at(f"{stand_in}/fhir", timeout_s=_TIMEOUT_S)
        stack.callback(server.close)
        faults = stack.enter_context(httpx.Client(base_url=stand_in, timeout=_TIMEOUT_S, trust_env=False))
        lantern = Ngo("lantern-outreach", stack.enter_context(_bridge(platform, "lantern-outreach")))
        harbor = Ngo("harbor-house", stack.enter_context(_bridge(platform, "harbor-house")))
        yield Day(stage, lantern, harbor, Clinic(server, faults), _story())


def _bridge(platform: Platform, participant: str) -> httpx.Client:
    index = [each.id for each in platform.network.with_bridges].index(participant)
    address = platform.places.bridge_address(index)
    allowed = sign_in_seed.bearer(platform.places, participant)
    return httpx.Client(base_url=address, timeout=_TIMEOUT_S, trust_env=False, headers=allowed)


def _story() -> Story:
    story = load_stories()["farm"]
    needs = {**story.needs, "services": ["Medical and Dental Services"]}
    return replace(story, recipient=CLINIC, needs=needs)
