"""What a person may do by herself: with a code that was told her she sees who got what, and takes it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from consent_ledger import ending, rules, store, survivor_codes, survivor_rows
from consent_ledger.ending import Withdrawn
from consent_ledger.evidence import Act
from consent_ledger.ledger import KEY_VERSION, Ledger, Operation
from consent_ledger.locks import fresh_key
from consent_ledger.records import Consent, ConsentKey, Disclosure
from consent_ledger.refusals import (
    CodesFull,
    ConsentConflict,
    Denied,
    Refusal,
    TriesSpent,
    UnknownConsent,
    answer_or_raise,
)
from consent_ledger.survivor_rows import Code, Session
from referral_exchange.policy import Rule

PAGE = "survivor_page"
"""The programme whose page persons use; nobody else redeems a code."""

ASKS = Rule("only-the-survivor-page-asks", "exchange consent rule")

_MOST_ATTEMPTS = 20
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """A code, to be said and never kept."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """One consent as its person sees it, with what was opened under it."""

    consent: Consent
    opened: list[Disclosure]


def make_code(ledger: Ledger, asker: str, consent_id: str, request_id: str) -> Made:
    """A code for the person who gave `asker` this consent, ended or not. The same request: the same code.

    What was made for her before ends. Raises UnknownConsent, ConsentConflict, CodesFull.
    """
    try:
        return _done(ledger, lambda o: _make_code(ledger, o, asker, consent_id, request_id))
    except IntegrityError:
        # Two made the key of codes at once; now it is there.
        return _done(ledger, lambda o: _make_code(ledger, o, asker, consent_id, request_id))


def open_session(ledger: Ledger, code: str, session: bytes) -> datetime:
    """Uses the code up for `session`; until when it may look. The same two again: the same answer.

    One answer for a code that is wrong, over or used. Raises UnknownConsent, TriesSpent.
    """
    if ledger.tries.barred(PAGE):
        raise TriesSpent
    return _done(ledger, lambda o: _open_session(ledger, o, code, survivor_codes.digest_of(session)))


def view(ledger: Ledger, session: bytes) -> list[Shown]:
    """What the session's person agreed to at that programme, oldest first. Raises UnknownConsent."""
    return _done(ledger, lambda o: _view(ledger, o, survivor_codes.digest_of(session)))


def withdraw(ledger: Ledger, session: bytes, consent_id: str, traceparent: str | None = None) -> Withdrawn:
    """Ends a consent that the session was shown, as its discloser would. Raises UnknownConsent."""
    digest = survivor_codes.digest_of(session)
    done = _done(ledger, lambda o: _withdraw(ledger, o, digest, consent_id, traceparent))
    ledger.faults.reach("consent_ledger:withdraw-committed")
    return done


def end_session(ledger: Ledger, session: bytes) -> None:
    """She is done: nobody who comes to the same screen looks on."""
    with ledger.operation() as operation:
        digest = survivor_codes.digest_of(session)
        survivor_rows.end_session(operation.connection, digest, operation.now)


def deny(ledger: Ledger, asker: str) -> None:
    """Raises Denied, to anybody but the page; it is a leaf too."""
    with ledger.operation() as operation:
        if ledger.strangers.spend(asker):
            operation.acts.append(Act("survivor-page-denied", {"asked_by": asker}))
    raise Denied((ASKS,))


def forget_old(ledger: Ledger) -> None:
    """Drops codes and sessions that nothing can be done with any more."""
    with ledger.operation() as operation:
        survivor_rows.forget(operation.connection, operation.now)


def _done(ledger: Ledger, act: Callable[[Operation], _Answer | Refusal]) -> _Answer:
    with ledger.operation() as operation:
        result = act(operation)
    return answer_or_raise(result)


def _make_code(
    ledger: Ledger, operation: Operation, asker: str, consent_id: str, request_id: str
) -> Made | Refusal:
    now, connection = operation.now, operation.connection
    consent = store.hold(connection, {consent_id}).get(consent_id)
    if consent is None or consent.discloser != asker or consent.subject_token is None:
        operation.lines.append(rules.denial_to_stranger(consent_id, asker, now))
        return UnknownConsent()
    key = _key(ledger, operation)
    code, stood = _free(operation, key, asker, request_id)
    if stood is not None:
        over = stood.session is not None or stood.expires_at <= now
        return ConsentConflict() if over else Made(code, stood.expires_at)
    survivor_rows.replace_codes(connection, asker, consent.subject_token, now)
    if survivor_rows.live_codes(connection, asker, now) >= survivor_codes.LIVE_CODES:
        return CodesFull()
    until = now + survivor_codes.CODE_LASTS
    mark = survivor_codes.mark_of(key, code)
    survivor_rows.add_code(connection, Code(mark, request_id, asker, consent.subject_token, until))
    operation.acts.append(Act("survivor-code-made", {"request": request_id}))
    return Made(code, until)


def _free(operation: Operation, key: bytes, asker: str, request_id: str) -> tuple[str, Code | None]:
    """The request's code, and what stands for it; where somebody else's does, the next one."""
    for attempt in range(_MOST_ATTEMPTS):
        code = survivor_codes.code_of(key, asker, request_id, attempt)
        stood = survivor_rows.code_by_mark(operation.connection, survivor_codes.mark_of(key, code))
        if stood is None or (stood.discloser, stood.request_id) == (asker, request_id):
            return code, stood
    raise RuntimeError("no free code: the ledger's codes are not random")


def _open_session(ledger: Ledger, operation: Operation, code: str, digest: str) -> datetime | Refusal:
    now, connection = operation.now, operation.connection
    mark = survivor_codes.mark_of(_key(ledger, operation), code)
    found = survivor_rows.code_by_mark(connection, mark)
    if found is not None and found.session == digest:
        again = survivor_rows.session_of(connection, digest)
        return again.expires_at if again else UnknownConsent()
    taken = survivor_rows.session_of(connection, digest) is not None
    if found is None or taken or not survivor_rows.use_code(connection, mark, digest, now):
        ledger.tries.spend(PAGE)
        operation.acts.append(Act("survivor-code-wrong", {}))
        return UnknownConsent()
    operation.acts.append(Act("survivor-session-opened", {"request": found.request_id}))
    return survivor_rows.add_session(connection, found, digest, now).expires_at


def _view(ledger: Ledger, operation: Operation, digest: str) -> list[Shown] | Refusal:
    session = survivor_rows.session_of(operation.connection, digest)
    if session is None or session.expires_at <= operation.now:
        return _unknown_session(ledger, operation)
    held = store.of_subject(operation.connection, session.discloser, session.subject_token)
    signed = sorted((c for c in held.values() if not c.returns), key=lambda c: (c.given_at, c.consent_id))
    opened = store.noted(operation.connection, {c.consent_id for c in signed}, "opened")
    survivor_rows.viewed(operation.connection, digest, operation.now)
    return [Shown(c, [line for line in opened if line.consent_id == c.consent_id]) for c in signed]


def _withdraw(
    ledger: Ledger, operation: Operation, digest: str, consent_id: str, traceparent: str | None
) -> Withdrawn | Refusal:
    session = survivor_rows.session_of(operation.connection, digest)
    if session is None or operation.now >= session.opened_at + survivor_codes.WITHDRAWS_FOR:
        return _unknown_session(ledger, operation)
    pair = store.hold_pairs(operation.connection, {consent_id})
    signed = next((c for c in pair.values() if not c.returns), None)
    if signed is None or not _was_shown(session, signed):
        operation.lines.append(rules.denial_to_stranger(consent_id, PAGE, operation.now))
        return UnknownConsent()
    return ending.withdraw_pair(ledger, operation, PAGE, pair, traceparent)


def _was_shown(session: Session, consent: Consent) -> bool:
    hers = (consent.discloser, consent.subject_token) == (session.discloser, session.subject_token)
    return hers and session.viewed_at is not None and consent.given_at <= session.viewed_at


def _unknown_session(ledger: Ledger, operation: Operation) -> Refusal:
    if ledger.strangers.spend(PAGE):
        operation.acts.append(Act("survivor-session-unknown", {}))
    return UnknownConsent()


def _key(ledger: Ledger, operation: Operation) -> bytes:
    """The key of codes, made when it is first asked for; it stands wrapped beside those of consents."""
    held = ledger.unwrapped(operation, {survivor_codes.KEY_OF_CODES})
    if held:
        return held[survivor_codes.KEY_OF_CODES][1]
    key, epoch = fresh_key(), int(store.upkeep_row(operation.connection).epoch)
    named = survivor_codes.KEY_OF_CODES
    wrapped = ledger.epoch_keys.wrap(epoch, named, key)
    store.put_keys(operation.connection, [ConsentKey(named, KEY_VERSION, epoch, wrapped)])
    return key
