"""What every route needs, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from referral_exchange import problems
from referral_exchange.runtime.lifecycle import Clock
from service_directory.book import Book
from service_directory.taxonomy import Terms


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


def _of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def directory_read(request: Request) -> None:
    """Passes once the topic was read. Raises Problem before: what is not known must not look absent."""
    if not _of(request).ready().get("directory_read", False):
        raise problems.of_status(503)


DeskOf = Annotated[Desk, Depends(_of)]
"""The service, as a route asks for it."""
