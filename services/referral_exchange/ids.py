"""Random ids, and ids that derive from what caused them so that a repeat makes the same one."""

import uuid
from hashlib import sha1

_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
_SALT = uuid.UUID("6f0e2f0a-3c39-4c5e-9f5b-0c2b6f0d9d11").bytes


def fresh() -> str:
    """A random id; never derived from a person."""
    return str(uuid.uuid4())


def derived(source: str, kind: str, recipient: str) -> str:
    """The id of what `source` (an event id or a pointer) makes of `kind` for `recipient`."""
    # Version 5 as in RFC 9562, without a UUID object on the way: the router makes one for every event.
    text = sha1(_SALT + f"{source}\n{kind}\n{recipient}".encode(), usedforsecurity=False).hexdigest()
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"
