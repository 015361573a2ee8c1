"""Which Idempotency-Keys were used, for what, and when first: random ids, keyed marks and times."""

from datetime import UTC, datetime

from sqlalchemy import delete, select, text

from ngo_bridge.database import Database
from ngo_bridge.tables import command

# Both databases know these words.
_CLAIM = text("INSERT INTO command VALUES (:command_id, :fingerprint, :first_at) ON CONFLICT DO NOTHING")


class KeyReused(Exception):
    """This key was used before for something else. Use a new key for a new request."""


class CommandBook:
    """Keys as derived ids and keyed fingerprints; no body, no key as it was sent."""

    def __init__(self, database: Database) -> None:
        """`database`: the bridge's own."""
        self._database = database

    def claim(self, command_id: str, fingerprint: bytes, now: datetime) -> tuple[datetime, bool]:
        """When this command was first asked, and whether that was before.

        Raises KeyReused where it was another request.
        """
        first = {"command_id": command_id, "fingerprint": fingerprint, "first_at": _text(now)}
        chosen = select(command.c.fingerprint, command.c.first_at).where(command.c.command_id == command_id)
        with self._database.transaction() as connection:
            added = connection.execute(_CLAIM, first).rowcount == 1
            known = connection.execute(chosen).one()
        if bytes(known.fingerprint) != fingerprint:
            raise KeyReused
        return datetime.fromisoformat(known.first_at), not added

    def forget_before(self, moment: datetime) -> None:
        """Drops commands first asked before `moment`."""
        with self._database.transaction() as connection:
            connection.execute(delete(command).where(command.c.first_at < _text(moment)))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
