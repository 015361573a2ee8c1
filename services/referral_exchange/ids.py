"""Random ids, and ids that derive from what caused them so that a repeat makes the same one."""

import uuid
from hashlib import sha1

_SALT = uuid.UUID("6f0e2f0a-3c39-4c5e-9f5b-0c2b6f0d9d11").bytes


def fresh() -> str:
    """A random id; never derived from a person."""
    return str(uuid.uuid4())


def derived(source: str, kind: str, recipient: str) -> str:
    """The id of what `source` (an event id or a pointer) makes of `kind` for `recipient`."""
    # Version 5 as in RFC 9562, without a UUID object on the way: the router makes one for every event.
    digest = bytearray(
        sha1(_SALT + f"{source}\n{kind}\n{recipient}".encode(), usedforsecurity=False).digest()
    )
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"
