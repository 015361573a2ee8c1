"""What every bench reports alike: a ratio's middle and spread, and how calm the machine was."""

import os
import platform
import statistics
from collections.abc import Sequence

CALM = 0.5
"""Load a core, over the last minute, up to which a figure may be believed."""


def spread(ratios: Sequence[float]) -> dict[str, float]:
    """Median, least and most."""
    return {"median": round(statistics.median(ratios), 3), "least": min(ratios), "most": max(ratios)}


def calm() -> dict[str, object]:
    """Cores, Python and load before the run; never the machine's name."""
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return {
        "cores": cores,
        "python": platform.python_version(),
        "load_before": round(load, 2),
        "calm": load / cores <= CALM,
    }


def percentile(times: Sequence[float], part: float) -> float:
    """The time below which `part` of `times` lie."""
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]
