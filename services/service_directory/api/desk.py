"""What every route needs, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from referral_exchange import problems
from referral_exchange.problems import Problem
from referral_exchange.runtime.lifecycle import Clock
from service_directory.book import Book
from service_directory.taxonomy import Terms

OPERATOR = "operator"
"""Common name of the certificate of whoever runs the exchange."""


class Flushing(Protocol):
    """Sends what waits. `publisher.Publisher` is one."""

    def flush(self) -> int:
        """Returns once the broker has it all. Raises OutcomeUnknown, ProduceRefused, StoreUnavailable."""


class Readiness(Protocol):
    """Asked by the health page."""

    def __call__(self) -> Mapping[str, bool]:
        """What must hold for the service to work, by name."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The service behind the routes, put together in `app.py`."""

    book: Book
    publisher: Flushing
    terms: Terms
    clock: Clock
    ready: Readiness
    asks_peer: bool = False
    """Whether whoever changes something must show the operator's certificate."""


def _of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def directory_read(request: Request) -> None:
    """Passes once the topic was read. Raises Problem before: what is not known must not look absent."""
    if not _of(request).ready().get("directory_read", False):
        raise problems.of_status(503)


def operator_only(request: Request) -> None:
    """Passes the operator, where certificates tell who asks. Raises Problem for anybody else."""
    if _of(request).asks_peer and _peer_of(request) != OPERATOR:
        detail = "Ask with the operator's certificate; `exchange` does."
        raise Problem(403, "operator-only", "Only the operator may change the directory", detail)


def _peer_of(request: Request) -> str | None:
    told: Mapping[str, str] = request.scope.get("extensions", {}).get("tls_peer", {})
    return told.get("common_name")


DeskOf = Annotated[Desk, Depends(_of)]
"""The service, as a route asks for it."""
