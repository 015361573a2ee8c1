"""Tokens in the bridge's database: issued, listed, revoked, and asked for at every call."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any, cast

from sqlalchemy import Row, insert, select, update

from ngo_bridge import tokens
from ngo_bridge.database import Database
from ngo_bridge.rules import Scope
from ngo_bridge.tables import token
from ngo_bridge.tokens import Secret, Token

_NOBODYS = tokens.fresh_secret("").digest


class ShownOnce(Exception):
    """This token was issued before, and its text shown. Revoke it and issue another."""


class TokenBook:
    """Every token ever issued. Digests only: who reads the database can call nothing with it."""

    def __init__(self, database: Database) -> None:
        """`database`: the bridge's own."""
        self._database = database

    def issue(self, issued: Token) -> Secret:
        """Writes a new token; what is returned is shown once and kept nowhere. Raises ShownOnce."""
        secret = tokens.fresh_secret(issued.token_id)
        row = {
            "token_id": issued.token_id,
            "name": issued.name,
            "scopes": " ".join(sorted(issued.scopes)),
            "digest": secret.digest,
            "issued_at": _text(issued.issued_at),
            "ends_at": _text(issued.ends_at) if issued.ends_at else None,
        }
        with self._database.transaction() as connection:
            there = select(token.c.token_id).where(token.c.token_id == issued.token_id)
            if connection.execute(there).first():
                raise ShownOnce
            connection.execute(insert(token).values(row))
        return secret

    def all(self) -> list[Token]:
        """Every token, those revoked too, in the order they were issued."""
        chosen = select(token).order_by(token.c.issued_at, token.c.token_id)
        with self._database.snapshot() as connection:
            return [_token(row) for row in connection.execute(chosen)]

    def revoke(self, token_id: str, now: datetime) -> Token | None:
        """Ends a token from the next call on. A second time changes nothing; None where there is none."""
        named = token.c.token_id == token_id
        with self._database.transaction() as connection:
            ended = update(token).where(named, token.c.revoked_at.is_(None))
            connection.execute(ended.values(revoked_at=_text(now)))
            row = connection.execute(select(token).where(named)).first()
        return _token(row) if row else None

    def find(self, secret: Secret, now: datetime) -> Token | None:
        """The token that `secret` is of, if it works now. Notes the day, no finer, of its last use."""
        chosen = select(token).where(token.c.token_id == secret.token_id)
        with self._database.snapshot() as connection:
            row = connection.execute(chosen).first()
        fits = secret.fits(bytes(row.digest) if row else _NOBODYS)
        found = _token(row) if row and fits else None
        if found is None or not found.works(now):
            return None
        self._note_use(found, now.astimezone(UTC).date())
        return found

    def works(self, token_id: str, now: datetime) -> bool:
        """Whether a token that was found before still works."""
        chosen = select(token).where(token.c.token_id == token_id)
        with self._database.snapshot() as connection:
            row = connection.execute(chosen).first()
        return row is not None and _token(row).works(now)

    def _note_use(self, used: Token, today: date) -> None:
        if used.last_used_on != today:
            changed = update(token).where(token.c.token_id == used.token_id)
            with self._database.transaction() as connection:
                connection.execute(changed.values(last_used_on=today.isoformat()))


def _token(row: Row[Any]) -> Token:
    return Token(
        token_id=row.token_id,
        name=row.name,
        scopes=frozenset(cast(Collection[Scope], row.scopes.split())),
        issued_at=datetime.fromisoformat(row.issued_at),
        ends_at=datetime.fromisoformat(row.ends_at) if row.ends_at else None,
        revoked_at=datetime.fromisoformat(row.revoked_at) if row.revoked_at else None,
        last_used_on=date.fromisoformat(row.last_used_on) if row.last_used_on else None,
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
