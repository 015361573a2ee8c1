"""A provider without network: the strict stand-in, the connector before it, and the provider's own staff."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from fhir_health import codes
from fhir_health.connector import FhirHealth
from fhir_health.elements import Resource, coding, concept, extension, identifier, link, place, programme
from fhir_health.stand_in import Fault, StandIn
from fhir_health.transport import FhirServer
from participant_edge.edge import Edge
from participant_edge.kit.subject_tokens import SubjectTokens
from participant_edge.own_memory import open_memory

OWN = "https://provider.invented/sid/order"
NAME = "Ondine Invented"
PHONE = "+1 555 0143"
ADDRESS = "http://provider.invented/fhir/"


def served(stand_in: StandIn) -> httpx.MockTransport:
    """The stand-in behind httpx; what it answers late is a time-out, after it was done."""

    def handle(request: httpx.Request) -> httpx.Response:
        late = stand_in.left("late")
        path = request.url.path.removeprefix("/fhir/")
        query = request.url.query.decode()
        answer = stand_in.answer(request.method, path, query, request.headers, request.content)
        if stand_in.left("late") < late:
            raise httpx.ReadTimeout("late", request=request)
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=bytes(answer.body))

    return httpx.MockTransport(handle)


def server_of(stand_in: StandIn, **headers: str) -> FhirServer:
    """A client of the stand-in, as the connector has one."""
    named = {"Accept": "application/fhir+json", "Prefer": "return=representation", **headers}
    return FhirServer(httpx.Client(base_url=ADDRESS, transport=served(stand_in), headers=named))


@dataclass
class Provider:
    """One provider: its server, its connector, its staff."""

    own: frozenset[str] = frozenset({"harbor-shelter"})
    stand_in: StandIn = field(default_factory=StandIn)
    cursor: str = ""

    def __post_init__(self) -> None:
        self.staff = server_of(self.stand_in)
        self.system = self.connector()

    def connector(self) -> FhirHealth:
        return FhirHealth(server_of(self.stand_in), self.own)

    def meets(self, edge: Edge, folder: Path) -> None:
        memory = open_memory(folder / "keys", "the-provider")
        self.system.meet(edge, SubjectTokens(folder / "people", memory))

    def turn(self, edge: Edge) -> None:
        self.cursor = self.system.turn(edge, self.cursor)

    def fault(self, kind: str, **more: Any) -> None:
        self.stand_in.faults.append(Fault(kind, **more))

    def held(self, kind: str) -> list[Resource]:
        return [each for each in self.stand_in.records.held.values() if each["resourceType"] == kind]

    def task(self, referral_id: str) -> Resource:
        found = self.staff.find("Task", codes.REFERRALS, referral_id)
        assert found is not None
        return found

    def only(self, kind: str) -> Resource:
        (found,) = self.held(kind)
        return found

    def writes(self, task: Resource, **changes: Any) -> Resource:
        """Staff change a Task under If-Match, as their own system does."""
        return self.staff.change(place(task), lambda now: {**now, **changes})

    def adds(self, resource: Resource, name: str) -> Resource:
        """Staff make a resource."""
        own = identifier(OWN, name)
        several = resource["resourceType"] != "QuestionnaireResponse"
        return self.staff.create({**resource, "identifier": [own] if several else own}, OWN, name)


def because(code: str, words: str = "in words") -> Resource:
    """A reason as staff give it."""
    return concept((codes.REASON, code), text=words)


def outcome(code: str) -> list[Resource]:
    """An outcome as staff give it."""
    return [{"type": concept((codes.NEED, "outcome")), "valueCodeableConcept": concept((codes.REASON, code))}]


def patient() -> Resource:
    return {
        "resourceType": "Patient",
        "active": True,
        "name": [{"use": "usual", "text": NAME}],
        "telecom": [{"system": "sms", "value": PHONE, "use": "mobile"}],
        "extension": [
            extension(
                codes.SAFE_CONTACT,
                mayContact__valueBoolean=True,
                method__valueCode="text",
                voicemail__valueBoolean=False,
            )
        ],
    }


def a_consent(
    person: Resource,
    recipient: str,
    now: datetime,
    classes: Sequence[str] = ("needs", "identity", "safe-contact"),
    back: Sequence[str] = ("service-status",),
) -> Resource:
    """A Consent that is whole."""
    named = [coding(codes.DATA_CLASS, each) for each in classes]
    return {
        "resourceType": "Consent",
        "language": "es",
        "status": "active",
        "scope": concept((codes.CONSENT_SCOPE, "patient-privacy")),
        "category": [concept((codes.ACT_CODE, "IDSCL"))],
        "patient": link(person),
        "dateTime": (now - timedelta(minutes=5)).isoformat(),
        "policyRule": {"text": "invented"},
        "extension": [
            extension(
                codes.SIGNING,
                signerRole__valueCode="self",
                signerIsAbuser__valueBoolean=False,
                subjectIsMinor__valueBoolean=False,
                minorMaySignAlone__valueBoolean=False,
                minorSigned__valueBoolean=False,
                servicesConditioned__valueBoolean=False,
                explainedAt__valueInstant=(now - timedelta(minutes=10)).isoformat(),
                formCommitment__valueBase64Binary=b64encode(bytes(range(32))).decode(),
                fundingStreams__valueString="voca",
            )
        ],
        "provision": {
            "type": "permit",
            "period": {"end": (now + timedelta(days=30)).isoformat()},
            "actor": [{"role": concept((codes.PARTICIPATION, "IRCP")), "reference": programme(recipient)}],
            "purpose": [coding(codes.PURPOSE, "services")],
            "class": named,
            "provision": [{"type": "permit", "class": [coding(codes.DATA_CLASS, each) for each in back]}],
        },
    }


def a_request(person: Resource, consent: Resource) -> Resource:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "code": concept((codes.SERVICE, "Housing Services")),
        "subject": link(person),
        "supportingInfo": [link(consent)],
    }


def a_task(person: Resource, request: Resource, recipient: str) -> Resource:
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": concept((codes.TASK_CODE, "fulfill")),
        "focus": link(request),
        "for": link(person),
        "owner": programme(recipient),
        "input": [
            {"type": concept((codes.NEED, "language")), "valueCode": "es"},
            {"type": concept((codes.NEED, "region")), "valueString": "Wraithmoor Bay"},
            {
                "type": concept((codes.NEED, "age-band")),
                "valueCodeableConcept": concept((codes.AGE_BAND, "adult")),
            },
        ],
    }


def refers(
    provider: Provider,
    recipient: str,
    now: datetime | None = None,
    spoil: Callable[[str, Resource], Resource] = lambda _, made: made,
    name: str = "1",
) -> Resource:
    """Staff refer a patient of theirs; `spoil` makes any of the four resources another. The Task."""
    person = provider.adds(spoil("Patient", patient()), f"patient-{name}")
    made = spoil("Consent", a_consent(person, recipient, now or datetime.now(UTC)))
    consent = provider.adds(made, f"consent-{name}")
    request = provider.adds(spoil("ServiceRequest", a_request(person, consent)), f"request-{name}")
    return provider.adds(spoil("Task", a_task(person, request, recipient)), f"task-{name}")
