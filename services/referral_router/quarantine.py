"""What was set aside and still is."""

from collections.abc import Iterable

from referral_exchange.events import MessageQuarantined, QuarantineClosed
from referral_exchange.runtime.tail import Partition


def still_open(told: Iterable[MessageQuarantined | QuarantineClosed]) -> set[tuple[Partition, int]]:
    """The messages that somebody still has to look at. `told`: what `quarantine` says, in its order.

    A closing closes what was set aside before it; the same message may be set aside again after it.
    """
    pointers: set[tuple[Partition, int]] = set()
    for event in told:
        pointer = Partition(event.topic, event.partition), event.offset
        if isinstance(event, QuarantineClosed):
            pointers.discard(pointer)
        else:
            pointers.add(pointer)
    return pointers
