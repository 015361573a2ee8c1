"""For pydantic models that hold a person's data or a secret: what they show of themselves is their name."""

from typing import Any


def no_fields(_held: object) -> tuple[tuple[str | None, Any], ...]:
    """Set as `__repr_args__`, from which pydantic makes `repr`, `str` and what rich prints."""
    return ()
