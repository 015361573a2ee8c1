"""The desk where people sign in: one answer for every kind of wrong, and an account of what happened."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from ngo_bridge.database import Database
from ngo_bridge.local_secret import LocalSecret
from ngo_bridge.sign_in import one_time_codes
from ngo_bridge.sign_in.audit import AuditBook, Entry
from ngo_bridge.sign_in.caseworkers import Caseworker, CaseworkerBook, Secrets
from ngo_bridge.sign_in.known_browsers import KnownBrowsers
from ngo_bridge.sign_in.passwords import Busy, Cost, Passwords
from ngo_bridge.sign_in.rules import tidy_name
from ngo_bridge.sign_in.sessions import SessionBook
from ngo_bridge.sign_in.waits import Counter, WaitBook, counters

log = logging.getLogger(__name__)

_NOBODY = Secrets(password="", codes=one_time_codes.fresh_secret())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Attempt:
    """What somebody typed, and where. `browser`: the cookie by which a browser is known, or nothing."""

    name: str
    password: str
    code: str
    source: str
    browser: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class SignedIn:
    """It was right. `cookie` and `browser` go into the browser."""

    cookie: str
    browser: str


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    """It was not right, in whatever way; or, where there is a `wait`, nobody looked."""

    wait: timedelta = timedelta()


class Desk:
    """Signs people in and out. Thread-safe."""

    def __init__(self, database: Database, secret: LocalSecret, cost: Cost) -> None:
        """`database` and `secret`: the bridge's own. `cost`: of one look at a password."""
        self.caseworkers = CaseworkerBook(database, secret)
        self.sessions = SessionBook(database)
        self.audit = AuditBook(database)
        self.waits = WaitBook(database)
        self.passwords = Passwords(secret, cost)
        self._secret = secret
        self._browsers = KnownBrowsers(secret)

    def sign_in(self, attempt: Attempt, now: datetime) -> SignedIn | NotSignedIn:
        """A new session, where everything is right. Raises Busy."""
        found = self._recognised(attempt, now)
        return found if isinstance(found, NotSignedIn) else self._signed_in(*found, attempt, now)

    def change_password(self, attempt: Attempt, password: str, now: datetime) -> bool:
        """Another password, where everything is right; ends every session of the account. Raises Busy."""
        found = self._recognised(attempt, now)
        if isinstance(found, NotSignedIn):
            return False
        account_id = found[0].caseworker_id
        self.caseworkers.change_password(account_id, self.passwords.made(account_id, password))
        self.sessions.end_all(account_id)
        self.audit.note(Entry(kind="password-changed", actor=account_id), now)
        return True

    def forget_tries(self, name: str) -> None:
        """Drops what strangers tried at `name`."""
        self.waits.forget(self._secret, name)

    def _recognised(self, attempt: Attempt, now: datetime) -> tuple[Caseworker, Secrets] | NotSignedIn:
        name = tidy_name(attempt.name)
        found = self.caseworkers.named(name)
        account, kept = found or (None, _NOBODY)
        account_id = account.caseworker_id if account else ""
        browser = self._browsers.known_as(attempt.browser, account_id, kept.password)
        tried_by = counters(self._secret, name, attempt.source, browser)
        charged = self.waits.charge(tried_by, now)
        if charged.wait:
            return NotSignedIn(charged.wait)
        if not self._right(account, kept, attempt, tried_by, now):
            self._note_wrong(account, charged.starts, now)
            return NotSignedIn()
        assert account is not None
        self.waits.forgive(tried_by, now)
        return account, kept

    def _right(
        self,
        account: Caseworker | None,
        kept: Secrets,
        attempt: Attempt,
        tried_by: list[Counter],
        now: datetime,
    ) -> bool:
        """Everything is looked at whatever is wrong, so that the time tells nothing."""
        account_id = account.caseworker_id if account else ""
        known = tried_by[0].kind == "known-browser"
        try:
            fits = self.passwords.fits(kept.password or None, account_id, attempt.password, known=known)
        except Busy:
            self.waits.forgive(tried_by, now)
            raise
        step = one_time_codes.step_of(kept.codes, attempt.code, now)
        # A code is used up by a right password only; one that comes a second time is a wrong one.
        right = account is not None and fits and step is not None
        return self.caseworkers.use(account_id if right else "", step or 0, now.date()) and right

    def _signed_in(self, account: Caseworker, kept: Secrets, attempt: Attempt, now: datetime) -> SignedIn:
        account_id, password = account.caseworker_id, kept.password
        if self.passwords.outdated(password):
            password = self.passwords.made(account_id, attempt.password)
            self.caseworkers.change_password(account_id, password)
        cookie = self.sessions.begin(account_id, now)
        self.audit.note(Entry(kind="signed-in", actor=account_id), now)
        log.info("a caseworker signed in")
        return SignedIn(cookie, self._browsers.with_account(attempt.browser, account_id, password))

    def _note_wrong(self, account: Caseworker | None, starts_wait: bool, now: datetime) -> None:
        about = account.caseworker_id if account else None
        self.audit.note(Entry(kind="locked" if starts_wait else "refused", about=about), now)
        log.warning("a sign-in was not right%s", "; the next one waits" if starts_wait else "")
