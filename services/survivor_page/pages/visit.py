"""One request of the page: a form whose every field is looked at before it is believed."""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from survivor_page.desk import Desk, NotHers
from survivor_page.rules import Shared

SESSION_BYTES = 32
_SESSION = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNTIL = re.compile(r"[0-9]{1,10}")


Sent = Mapping[str, object]
"""The fields of a form; the last where one came twice."""


class NoForm(Exception):
    """What was sent is no form of ours, or one that lost a field."""


@dataclass(frozen=True, slots=True, repr=False)
class Look:
    """A session, until when it looks, and what it was shown. It travels in forms only."""

    session: bytes
    until: datetime
    sealed: bytes = b""

    @property
    def fields(self) -> dict[str, str]:
        """As hidden fields of the next form."""
        sealed = urlsafe_b64encode(self.sealed).decode()
        return {"session": self.session.hex(), "until": str(int(self.until.timestamp())), "shown": sealed}


def fresh_session() -> bytes:
    """For one code that is tried."""
    return secrets.token_bytes(SESSION_BYTES)


def text_of(form: Sent, name: str, longest: int = 64) -> str:
    """What stands in `name`, cut off where nothing of ours is that long."""
    found = form.get(name, "")
    return found[:longest].strip() if isinstance(found, str) else ""


def look_of(form: Sent) -> Look:
    """The session that the form brings. Raises NoForm."""
    session, until = text_of(form, "session"), text_of(form, "until")
    if not _SESSION.fullmatch(session) or not _UNTIL.fullmatch(until):
        raise NoForm
    try:
        sealed = urlsafe_b64decode(text_of(form, "shown", 65536))
    except (NotBase64, ValueError):
        raise NoForm from None
    return Look(bytes.fromhex(session), datetime.fromtimestamp(int(until), UTC), sealed)


def shown_of(desk: Desk, look: Look) -> Sequence[Shared]:
    """What that session was shown. Raises NoForm."""
    try:
        return desk.unseal(look.session, look.sealed)
    except NotHers:
        raise NoForm from None


def key_of(form: Sent) -> str:
    """The form's own id: sent twice it does one thing. Raises NoForm."""
    key = text_of(form, "key")
    if not _ID.fullmatch(key):
        raise NoForm
    return key
