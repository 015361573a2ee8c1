"""Asks the agency system what changed: bounded back-off, and a cursor that follows success only."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from participant_edge.delivery import NotDelivered
from participant_edge.edge import Edge
from participant_edge.errors import OutcomeUnknown
from participant_edge.kit.cursors import CursorFile
from participant_edge.kit.seam import AgencySystem
from referral_exchange.http_guard import place_of

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Poller:
    """One thread. `every_s`: between turns that went well; after others twice as long, up to `longest_s`."""

    system: AgencySystem
    edge: Edge
    cursors: CursorFile
    every_s: float
    longest_s: float
    on_failure: Callable[[], None]
    failures: int = 0
    code: str | None = None
    """Of the last turn that did not go well; None once one did."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def turn(self) -> bool:
        """One turn; whether it went well. The cursor moves only then."""
        before = self.cursors.read()
        try:
            after = self.system.turn(self.edge, before)
        except NotDelivered as error:
            return self._failed(error.code)
        except OutcomeUnknown:
            return self._failed("outcome-unknown")
        if after != before:
            self.cursors.write(after)
        self.failures, self.code = 0, None
        return True

    def wait_s(self) -> float:
        """How long to wait before the next turn."""
        return min(self.longest_s, self.every_s * 2.0 ** min(self.failures, 30))

    def start(self) -> None:
        """Begins."""
        self._thread = threading.Thread(target=self._run, name="connector-polls", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the turn under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.turn()
                self._stop.wait(self.wait_s())
        except Exception as error:  # noqa: BLE001 - the process's loud exit; the text may quote data
            _LOG.critical("the connector cannot go on: %s", place_of(error))
            self.on_failure()

    def _failed(self, code: str) -> bool:
        self.failures, self.code = self.failures + 1, code
        _LOG.warning("the agency system was not read (%s); again in %.0f s", code, self.wait_s())
        return False
