"""A FHIR Consent as a consent of the exchange. Pure."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from fhir_health import codes
from fhir_health.elements import codes_in, extended, programme_in
from participant_edge.commands import ConsentDraft
from participant_edge.kit.mistakes import Mistake
from referral_exchange import vocabulary

_ROLES = ("self", "parent", "guardian")
_SIGNING = "Consent.extension.where(url.endsWith('consent-signing'))"
_COMMITMENT_BYTES = 32
_BACK = "Consent.provision.provision"


def draft_of(consent: Mapping[str, Any], sender: str, recipient: str) -> ConsentDraft:
    """The draft that this Consent signs for, from `sender` to `recipient`. Raises Mistake; guesses nothing.

    A Consent is one person's written yes to one programme: `provision` says what may go there and until
    when, `provision.provision` what may come back.
    """
    _require_standing(consent)
    provision = _need(consent, "provision", "Consent.provision")
    _require_recipient(provision, recipient)
    signing = extended(consent, codes.SIGNING)
    if signing is None:
        raise Mistake("missing", _SIGNING, "add who signed, when it was explained, and the form's commitment")
    return ConsentDraft(
        programme_from=sender,
        recipient=recipient,
        purpose=_purpose(provision),
        data_classes=_classes(provision.get("class", ()), "Consent.provision.class"),
        comes_back=_comes_back(provision),
        language=str(_need(consent, "language", "Consent.language")),
        signer_role=_one_of(signing, "signerRole", _ROLES),
        signer_is_abuser=_truth(signing, "signerIsAbuser"),
        subject_is_minor=_truth(signing, "subjectIsMinor"),
        minor_may_sign_alone=_truth(signing, "minorMaySignAlone"),
        minor_signed=_truth(signing, "minorSigned"),
        services_conditioned=_truth(signing, "servicesConditioned"),
        form_commitment=_commitment(signing),
        explained_at=_time(signing.get("explainedAt"), f"{_SIGNING}.extension.where(url='explainedAt')"),
        signed_at=_time(consent.get("dateTime"), "Consent.dateTime"),
        ends_at=_time(provision.get("period", {}).get("end"), "Consent.provision.period.end"),
        funding_streams=_streams(signing),
    )


def _require_standing(consent: Mapping[str, Any]) -> None:
    if consent.get("status") != "active":
        raise Mistake(
            "wrong-state", "Consent.status", "only an active consent is acted on; ask for a new one"
        )
    if "patient-privacy" not in codes_in(consent.get("scope"), codes.CONSENT_SCOPE):
        raise Mistake("unknown-code", "Consent.scope", "use patient-privacy of consentscope")
    categories = [code for each in consent.get("category", ()) for code in codes_in(each, codes.ACT_CODE)]
    if "IDSCL" not in categories:
        raise Mistake("unknown-code", "Consent.category", "one category must be IDSCL of v3-ActCode")


def _require_recipient(provision: Mapping[str, Any], recipient: str) -> None:
    if provision.get("type", "permit") != "permit":
        raise Mistake(
            "denied", "Consent.provision.type", "this consent denies; nothing can be offered under it"
        )
    named = [programme_in(actor.get("reference")) for actor in provision.get("actor", ())]
    if len(named) != 1:
        raise Mistake("missing", "Consent.provision.actor", "name exactly one recipient programme")
    if named != [recipient]:
        raise Mistake(
            "denied",
            "Consent.provision.actor.reference.identifier",
            "this consent is for another programme than Task.owner; ask the person for one of its own",
        )


def _purpose(provision: Mapping[str, Any]) -> str:
    where = "Consent.provision.purpose"
    given = provision.get("purpose", ())
    found = [each.get("code") for each in given if each.get("system") == codes.PURPOSE]
    acts = [each.get("code") for each in given if each.get("system") == codes.ACT_REASON]
    found += [codes.PURPOSE_OF_ACT.get(str(code)) for code in acts]
    if len(found) != 1:
        raise Mistake("missing", where, "give exactly one purpose")
    if found[0] not in vocabulary.purposes():
        raise Mistake("unknown-code", where, f"use one of {', '.join(vocabulary.purposes())}")
    return str(found[0])


def _comes_back(provision: Mapping[str, Any]) -> tuple[str, ...]:
    nested = provision.get("provision", ())
    if len(nested) != 1:
        raise Mistake("missing", _BACK, "say once what may come back, at least service-status")
    back = _classes(nested[0].get("class", ()), f"{_BACK}.class")
    if "service-status" not in back:
        raise Mistake("missing", f"{_BACK}.class", "the answer must be allowed to come back: service-status")
    return back


def _classes(given: Iterable[Mapping[str, Any]], where: str) -> tuple[str, ...]:
    named = [str(each.get("code")) for each in given if each.get("system") == codes.DATA_CLASS]
    if not named:
        raise Mistake("missing", where, "name the kinds of data; none is preselected")
    if not set(named) <= vocabulary.data_classes().keys():
        raise Mistake("unknown-code", where, f"use only {', '.join(vocabulary.data_classes())}")
    return tuple(dict.fromkeys(named))


def _streams(signing: Mapping[str, Any]) -> tuple[str, ...]:
    named = tuple(str(signing.get("fundingStreams") or "").split())
    if not set(named) <= vocabulary.funding_streams().keys():
        where = f"{_SIGNING}.extension.where(url='fundingStreams')"
        raise Mistake("unknown-code", where, f"use only {', '.join(vocabulary.funding_streams())}")
    return named


def _commitment(signing: Mapping[str, Any]) -> bytes:
    where = f"{_SIGNING}.extension.where(url='formCommitment')"
    try:
        raw = b64decode(str(signing.get("formCommitment", "")), validate=True)
    except (NotBase64, ValueError):
        raw = b""
    if len(raw) != _COMMITMENT_BYTES:
        raise Mistake("wrong-value", where, "give the 32 bytes of the salted commitment to the signed form")
    return raw


def _truth(signing: Mapping[str, Any], name: str) -> bool:
    value = signing.get(name)
    if not isinstance(value, bool):
        raise Mistake("missing", f"{_SIGNING}.extension.where(url='{name}')", "answer true or false")
    return value


def _one_of(signing: Mapping[str, Any], name: str, known: tuple[str, ...]) -> Any:
    value = signing.get(name)
    if value not in known:
        where = f"{_SIGNING}.extension.where(url='{name}')"
        raise Mistake("unknown-code", where, f"use one of {', '.join(known)}")
    return value


def _need(resource: Mapping[str, Any], name: str, where: str) -> Any:
    if not resource.get(name):
        raise Mistake("missing", where, "this is needed to ask another programme; add it")
    return resource[name]


def _time(value: Any, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise Mistake("missing", where, "give date and time with their zone") from None
    if at.tzinfo is None:
        raise Mistake("wrong-value", where, "give date and time with their zone")
    return at.astimezone(UTC)
