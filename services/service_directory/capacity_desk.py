"""Where reports of capacity arrive: the delivery of this service's own edge."""

import logging
from collections.abc import Callable

from participant_edge.delivery import Effect, Guard, NotDelivered
from referral_exchange.events import CapacityReported
from service_directory.book import Book
from service_directory.database import StoreUnavailable

log = logging.getLogger(__name__)


class CapacityDesk:
    """Lists what programmes say of their room. A repeat makes the same listing: nothing new."""

    guard: Guard = "put-by-id"
    opens = False

    def __init__(self, book: Book, knows: Callable[[], bool], hurry: Callable[[], None]) -> None:
        """`knows`: whether the directory was read; `hurry` tells the publisher that something waits."""
        self._book = book
        self._knows = knows
        self._hurry = hurry

    def deliver(self, effect: Effect) -> None:
        """Returns once the report is stored and queued, or refused for good. Raises NotDelivered."""
        report = effect.event
        if not isinstance(report, CapacityReported):
            log.warning("%s has nothing to do here; left", type(report).__name__)
            return
        if not self._knows():
            # Nobody is listed yet: every programme would look unknown.
            raise NotDelivered("directory-unread")
        try:
            refused = self._book.report_capacity(report)
        except StoreUnavailable:
            raise NotDelivered("store-unavailable") from None
        if refused:
            log.warning("a report of capacity (event %s) is not taken: %s", report.event_id, refused)
        else:
            self._hurry()
