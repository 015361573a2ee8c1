"""A provider and another participant, their edges in memory: once it receives, once it sends."""

from pathlib import Path

from edge_kit import RECIPIENT, SENDER, Network, offer_of
from fhir_kit import Provider, refers

from fhir_health.elements import Resource, place
from fhir_health.mapping import referral_of
from participant_edge.edge import Edge


class Night:
    """A sender, and a provider whose connector stands beside the recipient's edge."""

    def __init__(self, folder: Path) -> None:
        self.network = Network(folder)
        self.provider = Provider()
        self.sender = self.network.edge(SENDER)
        self.recipient = self.network.edge(RECIPIENT, self.provider.system)
        self.provider.meets(self.recipient, folder)

    def settle(self) -> None:
        """Until neither exchange nor staff's changes move anything any more."""
        self.network.settle(self.sender, self.recipient)
        self.provider.turn(self.recipient)
        self.network.settle(self.sender, self.recipient)

    def offered(self) -> tuple[str, Resource]:
        given = self.sender.give_consent(
            self.network.consent(data_classes=("identity", "needs", "safe-contact", "location")), "consent"
        )
        referral_id = self.sender.offer(offer_of(given.consent_id), "offer").referral_id
        self.settle()
        return referral_id, self.provider.task(referral_id)

    def accepted(self) -> tuple[str, Resource]:
        referral_id, task = self.offered()
        self.provider.writes(task, status="accepted")
        self.settle()
        return referral_id, self.provider.task(referral_id)

    def says(self, edge: Edge, referral_id: str) -> list[tuple[str, str]]:
        return [(step.kind, step.what) for step in edge.referral(referral_id).steps]


class Day:
    """A provider that refers, and a recipient."""

    def __init__(self, folder: Path) -> None:
        self.network = Network(folder)
        self.provider = Provider(own=frozenset({SENDER}))
        self.sender = self.network.edge(SENDER, self.provider.system)
        self.recipient = self.network.edge(RECIPIENT)
        self.provider.meets(self.sender, folder)

    def settle(self) -> None:
        self.network.settle(self.sender, self.recipient)
        self.provider.turn(self.sender)
        self.network.settle(self.sender, self.recipient)
        self.provider.turn(self.sender)

    def referred(self) -> tuple[str, Resource]:
        task = refers(self.provider, RECIPIENT, self.network.clock.now())
        self.settle()
        task = self.provider.staff.read(place(task))
        referral_id = referral_of(task)
        assert referral_id is not None, task
        return referral_id, task

    def task(self, task: Resource) -> Resource:
        return self.provider.staff.read(place(task))
