"""The ledger's own threads. One that fails takes the process down, loudly."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import uvicorn

from referral_exchange.http_guard import place_of

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Threads:
    """Runs beside `server` and ends it when one of them fails."""

    server: uvicorn.Server
    failed: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _running: list[threading.Thread] = field(default_factory=list)

    def start(self, name: str, run: Callable[[threading.Event], None]) -> None:
        """Runs `run` until the event it is given is set."""
        thread = threading.Thread(target=self._guarded, args=(name, run), name=name)
        self._running.append(thread)
        thread.start()

    def end(self) -> None:
        """Asks all to stop and waits for them."""
        self._stop.set()
        for thread in self._running:
            thread.join()

    def _guarded(self, name: str, run: Callable[[threading.Event], None]) -> None:
        try:
            run(self._stop)
        except Exception as error:  # noqa: BLE001 - the process's loud exit
            log.critical("%s failed: %s; the ledger stops", name, place_of(error))
            self.failed = True
            self.server.should_exit = True
