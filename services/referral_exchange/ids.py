"""Random ids, and ids that derive from what caused them so that a repeat makes the same one."""

import uuid

_NAMESPACE = uuid.UUID("6f0e2f0a-3c39-4c5e-9f5b-0c2b6f0d9d11")


def fresh() -> str:
    """A random id; never derived from a person."""
    return str(uuid.uuid4())


def derived(source: str, kind: str, recipient: str) -> str:
    """The id of what `source` (an event id or a pointer) makes of `kind` for `recipient`."""
    return str(uuid.uuid5(_NAMESPACE, f"{source}\n{kind}\n{recipient}"))
