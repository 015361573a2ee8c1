"""Zipkin, the page on which operators follow a referral."""

from exchange_command import probes
from exchange_command.artefacts import pinned
from exchange_command.jvm import java
from exchange_command.places import LOOPBACK, Places
from exchange_command.process_control import ProcessSpec

NAME = "zipkin"
_HEAP = 384
_DAY = 24 * 3600 * 1000


def spec(places: Places) -> ProcessSpec:
    """The trace page's process. Spans are kept in memory: what the page shows ends with the process."""
    return ProcessSpec(
        name=NAME,
        command=java(_HEAP, "-jar", str(places.jars / pinned(NAME)[0].file_name)),
        port=places.port(NAME),
        ready=lambda: probes.answers_ok(f"{places.address(NAME)}/health"),
        environment={
            "ARMERIA_PORTS_0_IP": LOOPBACK,
            "ARMERIA_PORTS_0_PORT": str(places.port(NAME)),
            "ARMERIA_PORTS_0_PROTOCOLS_0": "http",
            # A journey takes days, and the page looks back a quarter of an hour unless told otherwise.
            "QUERY_LOOKBACK": str(90 * _DAY),
            "ZIPKIN_UI_DEFAULTLOOKBACK": str(7 * _DAY),
            "ZIPKIN_UI_QUERYLIMIT": "100",
            # What a span takes, times this, stays well inside the heap.
            "MEM_MAX_SPANS": "100000",
        },
    )
