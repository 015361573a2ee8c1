"""How many wrong codes one network may try. In memory only: who looked from where is written nowhere."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable

from referral_exchange.callers import network_of

WITHIN_S = 600.0
_MOST_NETWORKS = 4096


class WrongCodes:
    """Thread-safe. The ledger bounds all tries of all networks; this keeps one from using those up."""

    def __init__(self, most: int, steady: Callable[[], float]) -> None:
        """`most` within ten minutes, 0: no bound. `steady`: seconds that only go forward."""
        self._most, self._steady = most, steady
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def barred(self, source: str) -> bool:
        """Whether that network must wait before its next code is looked at."""
        with self._lock:
            times = self._times.get(network_of(source))
            return bool(self._most and times and len(self._fresh(times)) >= self._most)

    def wrong(self, source: str) -> None:
        """It tried one."""
        with self._lock:
            network = network_of(source)
            self._times.setdefault(network, deque(maxlen=max(1, self._most))).append(self._steady())
            self._times.move_to_end(network)
            if len(self._times) > _MOST_NETWORKS:
                self._times.popitem(last=False)

    def _fresh(self, times: deque[float]) -> deque[float]:
        while times and times[0] <= self._steady() - WITHIN_S:
            times.popleft()
        return times
