"""Hides small counts, and as many others as it takes that nobody can work them out. Pure.

A CMS-style choice: 11 and more are shown. What is hidden could be had from a total that stands elsewhere, so
two cells at least are hidden together, and they stand for 11 people at least.
"""

from collections.abc import Mapping

SMALLEST = 11
"""The smallest count that is shown; none is smaller, zero neither."""


def suppressed(counts: Mapping[str, int]) -> dict[str, int | None]:
    """`counts` by code, None where one is hidden; of those that need not be, the smallest goes first."""
    hidden = {code for code, count in counts.items() if count < SMALLEST}
    rest = sorted(counts.keys() - hidden, key=lambda code: (counts[code], code))
    for code in rest:
        # One that is small is less than that by itself, so another always goes with it.
        if not hidden or sum(counts[each] for each in hidden) >= SMALLEST:
            break
        hidden.add(code)
    return {code: None if code in hidden else count for code, count in counts.items()}
