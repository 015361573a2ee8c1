"""Edges in this process on the real broker, registry, ledger and router."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from exchange_command.platform import Platform
from participant_edge.assembly import assemble
from participant_edge.commands import ConsentDraft
from participant_edge.delivery import Delivery
from participant_edge.edge import Edge
from participant_edge.errors import UnknownThing
from referral_exchange.settings import Settings

SENDER, RECIPIENT = "lantern-case-management", "harbor-shelter"
T = TypeVar("T")


def real_edge(
    platform: Platform,
    participant: str,
    folder: Path,
    delivery: Delivery | None = None,
    on_failure: Callable[[], None] | None = None,
) -> Edge:
    """The edge of a participant of `platform`, started and ready, its data in `folder`."""
    programmes = next(p.programmes for p in platform.network.with_mailboxes if p.id == participant)
    service = {
        "participant": participant,
        "programmes": [programme.id for programme in programmes],
        "keys": str(platform.places.keys),
        "data": str(folder / participant),
        "ledger_url": platform.places.address("consent_ledger"),
    }
    places = platform.places
    kafka, tls = places.kafka(participant), places.tls(participant)
    edge = assemble(Settings(kafka, places.registry_url, service=service, tls=tls), delivery, on_failure)
    edge.start()
    until(edge.ready, "the edge is ready", 30)
    return edge


class Offices:
    """Edges that run from when a test first asks for them, and go on for the tests behind it."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self._platform, self._folder = platform, folder
        self._running: dict[str, Edge] = {}

    def __call__(self, participant: str) -> Edge:
        """Its edge; started again, on the disk that it had, where it was stopped."""
        if participant not in self._running:
            self._running[participant] = real_edge(self._platform, participant, self._folder)
        return self._running[participant]

    def stop(self, participant: str) -> Path:
        """Ends its edge; where its disk is."""
        self._running.pop(participant).stop()
        return self._folder / participant

    def end(self) -> None:
        """Ends every one."""
        for participant in list(self._running):
            self.stop(participant)


def until(condition: Callable[[], T], what: str, seconds: float = 20) -> T:
    """The first true answer of `condition`; what is not known yet counts as no."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if answer := condition():
                return answer
        except UnknownThing:
            answer = None
        time.sleep(0.02)
    raise AssertionError(f"it did not happen within {seconds} s: {what}")


def reaches(edge: Edge, referral_id: str, state: str, seconds: float = 20) -> None:
    """Returns once the edge sees the referral in `state`."""
    until(lambda: edge.referral(referral_id).state == state, f"{state} at the edge", seconds)


def a_consent(*classes: str) -> ConsentDraft:
    """A good form of today, from the sender to the recipient."""
    now = datetime.now(UTC)
    return ConsentDraft(
        programme_from=SENDER,
        recipient=RECIPIENT,
        purpose="services",
        data_classes=classes or ("identity", "needs"),
        comes_back=("service-status",),
        language="es",
        signer_role="self",
        signer_is_abuser=False,
        subject_is_minor=False,
        minor_may_sign_alone=False,
        minor_signed=False,
        services_conditioned=False,
        form_commitment=bytes(range(32)),
        explained_at=now - timedelta(minutes=10),
        signed_at=now - timedelta(minutes=5),
        ends_at=now + timedelta(days=30),
        funding_streams=("voca",),
    )
