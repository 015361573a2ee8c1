"""Makes an account and a token in the database of a bridge of this machine, which may run beside."""

from datetime import UTC, datetime
from pathlib import Path

from exchange_command.sign_in_secret import SignIn
from ngo_bridge import config, local_secret
from ngo_bridge.database import Database
from ngo_bridge.sign_in import accounts
from ngo_bridge.sign_in.desk import Desk
from ngo_bridge.token_book import TokenBook
from ngo_bridge.tokens import SCOPES, Token
from referral_exchange.ids import fresh
from referral_exchange.settings import load


def let_in(settings: Path, name: str, program: str) -> SignIn:
    """Fresh secrets for the account `name`, made where it is absent, and a new token of every scope."""
    told, now = config.from_settings(load(settings)), datetime.now(UTC)
    database = Database(told.database_url)
    try:
        desk = Desk(database, local_secret.load(told.secret_file), told.password_cost)
        found = desk.caseworkers.named(name)
        made = accounts.reset(desk, found[0], now) if found else accounts.add(desk, name, "supervisor", now)
        token = Token(token_id=fresh(), name=program, scopes=frozenset(SCOPES), issued_at=now, ends_at=None)
        secret = TokenBook(database).issue(token)
        return SignIn(name=name, password=made.password, codes=made.codes, token=secret.text)
    finally:
        database.close()
