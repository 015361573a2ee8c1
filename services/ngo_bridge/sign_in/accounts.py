"""What is done with accounts by hand: added, given new secrets, taken away; each is noted."""

from dataclasses import dataclass
from datetime import datetime

from ngo_bridge.sign_in import one_time_codes
from ngo_bridge.sign_in.audit import ADMINISTRATOR, Entry, Kind
from ngo_bridge.sign_in.caseworkers import Caseworker, Secrets
from ngo_bridge.sign_in.desk import Desk
from ngo_bridge.sign_in.passwords import fresh_password
from ngo_bridge.sign_in.rules import Role
from referral_exchange.ids import fresh


@dataclass(frozen=True, slots=True, repr=False)
class Handed:
    """What is handed to a person once: name, password, and the secret for an authenticator app."""

    account: Caseworker
    password: str
    codes: str


def add(desk: Desk, name: str, role: Role, now: datetime) -> Handed:
    """A new account with random secrets. Raises NameTaken."""
    account = Caseworker(caseworker_id=fresh(), name=name, role=role, added_at=now)
    handed = Handed(account, fresh_password(), one_time_codes.fresh_secret())
    desk.caseworkers.add(account, _kept(desk, handed))
    _note(desk, "account-added", account, now)
    return handed


def reset(desk: Desk, account: Caseworker, now: datetime, name: str | None = None) -> Handed:
    """New random secrets, and a new name where one is given; everything of before ends. Raises NameTaken."""
    handed = Handed(account, fresh_password(), one_time_codes.fresh_secret())
    desk.caseworkers.change(account.caseworker_id, _kept(desk, handed), name)
    desk.sessions.end_all(account.caseworker_id)
    desk.forget_tries(name or account.name)
    _note(desk, "account-reset", account, now)
    return handed


def revoke(desk: Desk, account: Caseworker, now: datetime) -> bool:
    """Takes the account away; False where it was before."""
    ended = desk.caseworkers.revoke(account.caseworker_id, now)
    desk.sessions.end_all(account.caseworker_id)
    if ended:
        _note(desk, "account-revoked", account, now)
    return ended


def _kept(desk: Desk, handed: Handed) -> Secrets:
    hashed = desk.passwords.made(handed.account.caseworker_id, handed.password)
    return Secrets(password=hashed, codes=handed.codes)


def _note(desk: Desk, kind: Kind, account: Caseworker, now: datetime) -> None:
    desk.audit.note(Entry(kind=kind, actor=ADMINISTRATOR, about=account.caseworker_id), now)
