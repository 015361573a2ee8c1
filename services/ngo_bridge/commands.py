"""Commands that a caller may repeat: the same key and request get the same id; another request is told."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ngo_bridge.local_secret import LocalSecret
from ngo_bridge.store import CommandBook
from referral_exchange.ids import derived

REMEMBERED = timedelta(days=90)
"""How long a key is known again."""

_SALT_BYTES = 16

Clock = Callable[[], datetime]
"""The time now, UTC."""


def utc_now() -> datetime:
    """The clock of a real bridge."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """`id`: by which the edge knows it. `first_at`: the same on every repeat. `again`: this is one."""

    id: str
    first_at: datetime
    again: bool = False


@dataclass(frozen=True, slots=True)
class Commands:
    """Hands out commands. `said` is the whole request in one fixed form; only its keyed mark is kept."""

    book: CommandBook
    secret: LocalSecret
    clock: Clock

    def claim(self, scope: str, key: str, said: str) -> Command:
        """The command of `key` within `scope` (one operation). Raises KeyReused."""
        command_id = derived(key, "command", scope)
        fingerprint = self.secret.mark("request", scope, said)
        first_at, again = self.book.claim(command_id, fingerprint, self.clock())
        return Command(command_id, first_at, again)

    def form_salt(self, command_id: str) -> bytes:
        """Random-looking salt for a written form, the same on every repeat; to be kept beside the form."""
        return self.secret.mark("form-salt", command_id)[:_SALT_BYTES]

    def forget_old(self) -> None:
        """Drops what is older than `REMEMBERED`."""
        self.book.forget_before(self.clock() - REMEMBERED)


def form_commitment(salt: bytes, form: str) -> bytes:
    """What a consent keeps of its written form: SHA-256 over salt and wording, 32 bytes."""
    return hashlib.sha256(salt + form.encode()).digest()


def shown_salt(salt: bytes) -> str:
    """A salt as it is printed on the form."""
    return base64.b32encode(salt).decode().rstrip("=")
