"""A question as Cedar takes it: request and entities."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from referral_exchange import vocabulary
from referral_exchange.policy.question import Consent, Counts, Ground, Programme, Question


def request_of(question: Question) -> dict[str, Any]:
    """Principal, action, resource and context."""
    return {
        "principal": _uid(question.asker),
        "action": {"type": "Action", "id": question.action},
        "resource": _uid(question.recipient.programme_id),
        "context": _context(question),
    }


def _context(question: Question) -> dict[str, Any]:
    match question.action:
        case "route":
            return _route(question)
        case "count":
            return _count(question)
        case _:
            return _disclose(question)


def _disclose(question: Question) -> dict[str, Any]:
    context: dict[str, Any] = {
        "at": _millis(question.at),
        "discloser": _reference(question.discloser.programme_id),
        "referral": question.referral_id,
        "classes_known": _classes(question) <= vocabulary.data_classes().keys(),
        "purpose_known": question.consent is None or question.consent.purpose in vocabulary.purposes(),
        "streams_known": _streams(question) <= vocabulary.funding_streams().keys(),
        "address_authorised": question.address_authorised,
        "accompanied": question.accompanied,
    }
    if question.consent is not None:
        context["consent"] = _consent(question.consent)
    if question.ground is not None:
        context["ground"] = _ground(question.ground)
    if question.data_class is not None:
        context["data_class"] = question.data_class
    if question.accepted is not None:
        context["accepted"] = question.accepted
    if question.form is not None:
        context["form"] = asdict(question.form)
    return context


def _route(question: Question) -> dict[str, Any]:
    # No time and no id: what depends on either could not be remembered.
    return {
        "discloser": _reference(question.discloser.programme_id),
        "streams_known": _streams(question) <= vocabulary.funding_streams().keys(),
        "in_force": question.in_force,
    }


def _count(question: Question) -> dict[str, Any]:
    counts = question.counts or Counts(shown=0, hidden=0, fewest_shown=None)
    table = {"at": _millis(question.at), "shown": counts.shown, "hidden": counts.hidden}
    return table if counts.fewest_shown is None else {**table, "fewest_shown": counts.fewest_shown}


def entities_of(question: Question) -> list[dict[str, Any]]:
    """The programmes that the question is about."""
    programmes = {p.programme_id: p for p in (question.discloser, question.recipient)}
    return [_entity(programme) for programme in programmes.values()]


def _classes(question: Question) -> frozenset[str]:
    bases = (question.consent, question.ground)
    named = frozenset().union(*(basis.data_classes for basis in bases if basis is not None))
    return named | {question.data_class} if question.data_class is not None else named


def _streams(question: Question) -> frozenset[str]:
    named = question.consent.funding_streams if question.consent else frozenset()
    return named | question.discloser.funding_streams | question.recipient.funding_streams


def _consent(consent: Consent) -> dict[str, Any]:
    return {
        "referral": consent.referral_id,
        "discloser": _reference(consent.discloser),
        "recipient": _reference(consent.recipient),
        "purpose": consent.purpose,
        "classes": sorted(consent.data_classes),
        "streams": sorted(consent.funding_streams),
        "standing": consent.standing,
        "returns": consent.returns,
        "written": consent.written,
        "explained_at": _millis(consent.explained_at),
        "signed_at": _millis(consent.signed_at),
        "ends_at": _millis(consent.ends_at),
        "signer": consent.signer,
        "signer_is_abuser": consent.signer_is_abuser,
        "subject_is_minor": consent.subject_is_minor,
        "minor_may_sign_alone": consent.minor_may_sign_alone,
        "minor_signed": consent.minor_signed,
        "services_conditioned": consent.services_conditioned,
        "intermediary_named": consent.intermediary_named,
        "exception_1367": consent.exception_1367,
        "official_class": consent.official_class,
    }


def _ground(ground: Ground) -> dict[str, Any]:
    named = {
        "kind": ground.kind,
        "referral": ground.referral_id,
        "discloser": _reference(ground.discloser),
        "recipient": _reference(ground.recipient),
        "statute": ground.statute,
        "jurisdiction": ground.jurisdiction,
        "classes": sorted(ground.data_classes),
        "standing": ground.standing,
        "returns": ground.returns,
        "compelled_by": ground.compelled_by,
        "notice_attempted": ground.notice_attempted,
    }
    return named if ground.ends_at is None else {**named, "ends_at": _millis(ground.ends_at)}


def _entity(programme: Programme) -> dict[str, Any]:
    return {
        "uid": _uid(programme.programme_id),
        "attrs": {
            "kind": programme.kind,
            "role": programme.role,
            "streams": sorted(programme.funding_streams),
            "confidential": programme.confidential,
            "standing": programme.standing,
        },
        "parents": [],
    }


def _uid(programme_id: str) -> dict[str, str]:
    return {"type": "Programme", "id": programme_id}


def _reference(programme_id: str) -> dict[str, Any]:
    return {"__entity": _uid(programme_id)}


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)
