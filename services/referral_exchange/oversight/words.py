"""How times, ages and what a stranger wrote are shown on a terminal."""

from datetime import UTC, datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_LONGEST = 200


def moment(at: datetime | None) -> str:
    """A time in UTC, to the second; empty for none."""
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def iso(at: datetime | None) -> str | None:
    """A time as JSON shows it, to the millisecond."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def age(span: timedelta | None) -> str:
    """A span as one number of its largest whole unit; empty for none."""
    if span is None:
        return ""
    seconds = max(0.0, span.total_seconds())
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def from_ms(ms: int) -> datetime:
    """Milliseconds since 1970 as a time."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def plain(text: str) -> str:
    """`text` without what could steer a terminal, and not endless: a stranger's outbox may hold anything."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
