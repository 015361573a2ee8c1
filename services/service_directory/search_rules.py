"""Which programmes and services answer a question, in which order, and what of them is shown. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from referral_exchange.directory import Directory
from referral_exchange.events.directory import CapacityReported
from service_directory.capacity_rules import believed
from service_directory.publications import Service

UNKNOWN = "unknown"
"""Capacity where nothing was said, or what was said is out of date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A programme of the exchange, or a publisher's service that is not on it (`programme_id` None)."""

    key: str
    programme_id: str | None
    participant_id: str | None
    name: str
    confidential: bool
    services: tuple[str, ...]
    languages: tuple[str, ...]
    region: str
    age_bands: tuple[str, ...]
    access: tuple[str, ...]
    capacity: str
    report: CapacityReported | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Question:
    """What is looked for; None: anything."""

    service: str | None = None
    language: str | None = None
    region: str | None = None
    age_band: str | None = None
    access: str | None = None
    capacity: str | None = None


def searchable(directory: Directory, services: Iterable[Service], now: datetime) -> list[Match]:
    """Everything that helps, in the order of names: programmes listed for assistance, and other services.

    Who is paused or expelled is left out: nothing can be offered there.
    """
    found = [*_programmes(directory, now), *_others(services)]
    return sorted(found, key=lambda match: (match.name.casefold(), match.key))


def answers(match: Match, question: Question) -> bool:
    """Whether `match` is what `question` looks for. A language matches its variants: es finds es-MX."""
    return (
        question.service in (None, *match.services)
        and question.age_band in (None, *match.age_bands)
        and question.access in (None, *match.access)
        and question.capacity in (None, match.capacity)
        and (question.language is None or any(_speaks(tag, question.language) for tag in match.languages))
        and (question.region is None or _folded(question.region) in _regions(match.region))
    )


def place(match: Match) -> tuple[str, str]:
    """Where a match stands in the order."""
    return match.name.casefold(), match.key


def _programmes(directory: Directory, now: datetime) -> Iterator[Match]:
    for listed in directory.programmes.values():
        if listed.role != "assistance" or listed.sealing_key is None:
            continue
        if not directory.takes_part(listed.programme_id):
            continue
        said = believed(directory.capacities.get(listed.programme_id), now)
        yield Match(
            key=f"programme:{listed.programme_id}",
            programme_id=listed.programme_id,
            participant_id=None if listed.confidential else listed.participant_id,
            name=listed.name,
            confidential=listed.confidential,
            services=tuple(listed.services),
            languages=tuple(listed.languages),
            region=listed.region,
            age_bands=tuple(listed.age_bands),
            access=tuple(listed.access),
            capacity=said.capacity or UNKNOWN,
            report=said.report,
        )


def _others(services: Iterable[Service]) -> Iterator[Match]:
    for service in services:
        if service.programme_id is not None or not service.active:
            continue
        yield Match(
            key=f"service:{service.id}",
            programme_id=None,
            participant_id=None,
            name=service.name,
            confidential=service.confidential,
            services=service.services,
            languages=service.languages,
            region=service.region,
            age_bands=service.age_bands,
            access=service.access,
            capacity=UNKNOWN,
            report=None,
        )


def _speaks(tag: str, wanted: str) -> bool:
    have, want = tag.casefold(), wanted.casefold()
    return have == want or have.startswith(f"{want}-")


def _regions(region: str) -> set[str]:
    return {_folded(region), *(_folded(piece) for piece in region.split(","))}


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
