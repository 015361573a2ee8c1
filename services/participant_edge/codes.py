"""Refuses codes that the exchange does not know: they would reach the other side as nothing. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from participant_edge.commands import OpenRecord
from participant_edge.errors import Refused
from participant_edge.saying import Saying
from referral_exchange import events, vocabulary

_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_DATED = re.compile(r"(?:.+_on|.*_?date|dated)$")
_HMIS_EVENTS = range(10, 17)
_LISTS: Mapping[type[OpenRecord], tuple[tuple[str, Callable[[], vocabulary.Codes], str], ...]] = {
    events.Needs: (
        ("services", vocabulary.service_categories, "service"),
        ("access", vocabulary.access_needs, "access need"),
    ),
    events.HotlineRequest: (("access", vocabulary.access_needs, "access need"),),
    events.Access: (("needs", vocabulary.access_needs, "access need"),),
    events.ResourceNeeded: (("services", vocabulary.service_categories, "service"),),
    events.RequestForAssistance: (("needs", vocabulary.service_categories, "service"),),
    events.Family: (("age_bands", vocabulary.age_bands, "age band"),),
}
"""Fields that hold codes of a list, by record."""


def require_codes(saying: Saying) -> None:
    """Raises Refused(unknown-code) for the first code that is not one of its list."""
    for name, value in saying.fields.items():
        if value == "unspecified":
            raise _unknown(name)
    for record in saying.parts:
        _require_known(record)
        _require_record(record, saying)
    if saying.kind == "ReferralAnswered" and saying.what not in {"accepted", "declined"}:
        raise _unknown("answer")
    if saying.kind == "ServiceStatusChanged":
        state, _, sub_state = saying.what.partition(":")
        if sub_state and _shown(sub_state) not in vocabulary.sub_states(_shown(state)):
            raise _unknown("sub-state")


def _require_known(record: OpenRecord) -> None:
    """What every record holds: enums that say something, dates that are dates."""
    for name, value in record.to_datum().items():
        if value == "unspecified":
            raise _unknown(name)
        if _DATED.match(name) and isinstance(value, str) and not _DATE.fullmatch(value):
            raise Refused("invalid", f"write {name} as YYYY-MM-DD")


def _require_record(record: OpenRecord, saying: Saying) -> None:
    for field, known, which in _LISTS.get(type(record), ()):
        _require_all(getattr(record, field), known(), which)
    if getattr(record, "household_size", 1) < 1:
        raise _unknown("household size")
    match record:
        case events.AnswerReason(code=code):
            wrong = saying.kind == "ReferralAnswered" and (code == "accepted") != (saying.what == "accepted")
            if wrong or code not in vocabulary.answer_reasons():
                raise _unknown("reason")
        case events.StatusDetail():
            _require_status(record, saying.what)
        case events.Needs() if not record.services or record.age_band not in vocabulary.age_bands():
            raise _unknown("service or age band")
        case events.HmisEvent(event=number) if number not in _HMIS_EVENTS:
            raise _unknown("event")
        case events.Tip(caller_agrees=False, caller_contact=str()):
            raise Refused("invalid", "leave out how to reach the caller, who did not agree to it")
        case _:
            return


def _require_status(detail: events.StatusDetail, what: str) -> None:
    """A handover is agreed where a time is set, and says how both are made known to each other."""
    state, _, sub_state = what.partition(":")
    _require_all(
        {detail.reason, detail.outcome} - {None},
        vocabulary.status_details(_shown(state)),
        "reason or outcome",
    )
    _require_all({detail.introduction} - {None}, vocabulary.handover_introductions(), "introduction")
    _require_all({detail.role} - {None}, vocabulary.handover_roles(), "role")
    handover = {detail.handover_at, detail.introduction, detail.role}
    if handover != {None} and (sub_state != "scheduled" or None in handover):
        raise Refused(
            "invalid", "give time, introduction and role of a handover together, where a time is set"
        )


def _require_all(given: Iterable[Any], known: Mapping[str, Any] | Collection[str], which: str) -> None:
    if not set(given) <= set(known):
        raise _unknown(which)


def _shown(code: str) -> str:
    return vocabulary.as_shown(code)


def _unknown(which: str) -> Refused:
    return Refused("unknown-code", f"this {which} is not a code of the exchange; choose one of its list")
