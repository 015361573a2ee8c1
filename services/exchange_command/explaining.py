"""A question to the policy from plain values, and the answer in words that a person can check. Pure.

Plain values are nested names, as JSON and TOML write them: `consent.standing`, `discloser.role`. What is not
said is as a sound form has it: an adult signed it herself an hour ago, it is live for a month and covers the
class that is asked about. Times are RFC 3339, or relative to now: `-2h`, `30d`.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, get_type_hints

from referral_exchange.policy import Consent, Counts, Decision, Form, Ground, Programme, Question

Plain = Mapping[str, Any]

_SPAN = re.compile(r"([+-]?\d{1,5})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_REFERRAL = "the-referral"
_ALONE = frozenset(
    {"action", "asker", "data_class", "address_authorised", "accompanied", "accepted", "in_force"}
)
_NESTED = frozenset({"discloser", "recipient", "consent", "ground", "form", "counts"})


class NotAQuestion(Exception):
    """The values do not make a question; the message names the one at fault."""


def question_of(asked: Plain, now: datetime) -> Question:
    """The question. Raises NotAQuestion."""
    unknown = set(asked) - _ALONE - _NESTED
    if unknown:
        raise NotAQuestion(f"{sorted(unknown)[0]} is nothing that a question has")
    discloser = _programme(asked.get("discloser", {}), "the-discloser")
    recipient = _programme(asked.get("recipient", {}), "the-recipient")
    action = asked.get("action", "seal")
    if action not in ("give", "seal", "check", "open", "route", "count"):
        raise NotAQuestion(f"{action} is no action: give, seal, check, open, route, count")
    opens = action in ("seal", "open")
    data_class = asked.get("data_class", "identity") if opens else asked.get("data_class")
    consent, ground = _basis(asked, discloser, recipient, data_class, now)
    return Question(
        action=action,
        at=now,
        asker=_asker(asked, action, discloser, recipient),
        discloser=discloser,
        recipient=recipient,
        referral_id=_REFERRAL,
        consent=consent,
        ground=ground,
        data_class=data_class,
        address_authorised=asked.get("address_authorised", False),
        accompanied=asked.get("accompanied", False),
        accepted=asked.get("accepted"),
        form=_made(Form, asked["form"], {}, now) if "form" in asked else None,
        in_force=asked.get("in_force", action == "route"),
        counts=_made(Counts, asked["counts"], {}, now) if "counts" in asked else None,
    )


def in_words(question: Question, decision: Decision) -> dict[str, Any]:
    """What decided: verdict, each rule with what it cites and where it stands, the one to show first."""
    rules = [{"id": r.id, "law": r.law, "file": r.file} for r in decision.rules]
    return {
        "allowed": decision.allowed,
        "verdict": _verdict(decision),
        "rules": rules,
        "action": question.action,
        "discloser": question.discloser.programme_id,
        "recipient": question.recipient.programme_id,
        "data_class": question.data_class,
    }


def nested(pairs: Mapping[str, str]) -> dict[str, Any]:
    """`{"consent.standing": "withdrawn"}` as nested values; text becomes a flag, a number or a list later."""
    found: dict[str, Any] = {}
    for name, value in pairs.items():
        head, _, rest = name.partition(".")
        if not rest:
            if head in found:
                raise NotAQuestion(f"{head} is said twice")
            found[head] = _flag(value)
        elif not isinstance(found.setdefault(head, {}), dict):
            raise NotAQuestion(f"{head} is said twice")
        else:
            found[head][rest] = value
    return found


def _verdict(decision: Decision) -> str:
    if decision.allowed:
        return "permitted, and nothing forbids it"
    return "forbidden" if decision.rules else "denied: nothing forbids it, and nothing permits it"


def _asker(asked: Plain, action: str, discloser: Programme, recipient: Programme) -> str:
    opens = recipient if action == "open" else discloser
    named = {"discloser": discloser.programme_id, "recipient": recipient.programme_id}
    return str(named.get(asked.get("asker", ""), asked.get("asker", opens.programme_id)))


def _basis(
    asked: Plain, discloser: Programme, recipient: Programme, data_class: str | None, now: datetime
) -> tuple[Consent | None, Ground | None]:
    parties = {
        "referral_id": _REFERRAL,
        "discloser": discloser.programme_id,
        "recipient": recipient.programme_id,
        "data_classes": frozenset({data_class or "identity"}),
        "standing": "live",
    }
    ground = asked.get("ground")
    said = asked.get("consent", "none" if ground is not None else {})
    consent = None if said == "none" else _made(Consent, said, parties | _signed(discloser, now), now)
    return consent, None if ground is None else _made(Ground, ground, parties | _ground(), now)


def _signed(discloser: Programme, now: datetime) -> dict[str, Any]:
    return {
        "purpose": "services",
        "funding_streams": discloser.funding_streams,
        "written": True,
        "explained_at": now - timedelta(hours=2),
        "signed_at": now - timedelta(hours=1),
        "ends_at": now + timedelta(days=30),
        "signer": "self",
        "signer_is_abuser": False,
        "subject_is_minor": False,
        "minor_may_sign_alone": False,
        "minor_signed": False,
        "services_conditioned": False,
    }


def _ground() -> dict[str, Any]:
    return {"kind": "mandated_report", "statute": "", "jurisdiction": "", "ends_at": None}


def _programme(said: Plain, programme_id: str) -> Programme:
    usual = {
        "programme_id": programme_id,
        "kind": "ngo",
        "role": "assistance",
        "confidential": False,
        "standing": "enrolled",
    }
    made: Programme = _made(Programme, said, usual, None)
    return made


def _made(kind: type[Any], said: Any, usual: Plain, now: datetime | None) -> Any:
    if not isinstance(said, Mapping):
        raise NotAQuestion(f"{kind.__name__.lower()} takes names and values")
    named = {each.name for each in fields(kind)}
    if unknown := set(said) - named:
        raise NotAQuestion(f"{kind.__name__.lower()}.{sorted(unknown)[0]} is nothing that it has")
    hints = get_type_hints(kind)
    given = {name: _value(hints[name], name, value, now) for name, value in said.items()}
    try:
        return kind(**{**usual, **given})
    except TypeError:
        raise NotAQuestion(f"{kind.__name__.lower()} lacks a value") from None


def _value(hint: Any, name: str, value: Any, now: datetime | None) -> Any:
    wanted = str(hint)
    if "datetime" in wanted:
        return _time(name, value, now)
    if "frozenset" in wanted:
        listed = value.split(",") if isinstance(value, str) else value
        return frozenset(each for each in listed if each)
    if hint is bool:
        return _truth(name, value)
    if hint is int or "int" in wanted:
        return _number(name, value)
    return value


def _flag(value: str) -> Any:
    return {"true": True, "false": False}.get(value, value)


def _truth(name: str, value: Any) -> bool:
    told = _flag(value) if isinstance(value, str) else value
    if not isinstance(told, bool):
        raise NotAQuestion(f"{name} is true or false")
    return told


def _number(name: str, value: Any) -> int | None:
    if value in (None, "none"):
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise NotAQuestion(f"{name} is a number") from None


def _time(name: str, value: Any, now: datetime | None) -> datetime | None:
    if value in (None, "none"):
        return None
    if isinstance(value, datetime):
        return value
    span = _SPAN.fullmatch(str(value))
    if span and now is not None:
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise NotAQuestion(f"{name} is a time: RFC 3339, or like -2h and 30d") from None
    if at.tzinfo is None:
        raise NotAQuestion(f"{name} needs its time zone")
    return at
