"""From the edge's views to the API's answers, with links to what can be done next."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from ngo_bridge import rules
from ngo_bridge.api import answered
from ngo_bridge.api.parts import fields_of
from participant_edge.commands import GivenConsent, Receipt
from participant_edge.views import Change, Disclosure, InboxEntry, OpenedPart, ReferralView, Withdrawal
from referral_exchange.events import ProgrammeListed
from referral_exchange.vocabulary import as_shown

_DOORS: dict[rules.Action, str] = {
    "open": "openings",
    "answer": "answers",
    "disclose": "disclosures",
    "report-status": "service-status",
    "answer-purge": "purge-answers",
    "cancel": "cancellations",
    "pick": "picks",
    "change-contact": "safe-contact",
}


def referral_path(referral_id: str) -> str:
    """Where a referral stands."""
    return f"/v1/referrals/{referral_id}"


def withdrawal_path(consent_id: str) -> str:
    """Where a withdrawal stands."""
    return f"/v1/withdrawals/{consent_id}"


def consent(given: GivenConsent, form_salt: str | None) -> answered.ConsentAnswer:
    """A given consent."""
    return answered.ConsentAnswer(
        consent_id=given.consent_id,
        return_consent_id=given.return_consent_id,
        referral_id=given.referral_id,
        subject_token=given.subject_token,
        ends_at=given.ends_at,
        form_salt=form_salt,
        links={"offer": "/v1/referrals", "withdraw": "/v1/withdrawals"},
    )


def accepted(receipt: Receipt) -> answered.Accepted:
    """An event that the broker has."""
    path = referral_path(receipt.referral_id)
    return answered.Accepted(
        event_id=receipt.event_id, referral_id=receipt.referral_id, links={"referral": path}
    )


def taken(receipt: Receipt, response: Response) -> answered.Accepted:
    """An event that the broker has, with its place in `Location`."""
    response.headers["location"] = referral_path(receipt.referral_id)
    return accepted(receipt)


def change(learnt: Change) -> dict[str, Any]:
    """One change, as a stream tells it."""
    links = {"referral": referral_path(learnt.referral_id)} if learnt.referral_id else {}
    told = answered.ChangeAnswer(
        number=learnt.number,
        event_id=learnt.event_id,
        event=learnt.kind,
        what=as_shown(learnt.what),
        direction=learnt.direction,
        referral_id=learnt.referral_id,
        at=learnt.at,
        links=links,
    )
    return told.model_dump(mode="json")


def referral(view: ReferralView) -> answered.ReferralAnswer:
    """A referral in a list."""
    return answered.ReferralAnswer(**_fields(view))


def referral_in_full(
    view: ReferralView, reason: str | None, together: Sequence[str]
) -> answered.ReferralInFull:
    """A referral with its steps. `together`: the referrals of the same choice."""
    steps = [
        answered.StepAnswer(
            event_id=step.event_id,
            event=step.kind,
            what=as_shown(step.what),
            programme=step.programme,
            at=step.at,
            refused=step.refused,
        )
        for step in view.steps
    ]
    refusals = [answered.RefusalAnswer(**asdict(refusal)) for refusal in view.refusals]
    fields = _fields(view, several=len(together) > 1)
    return answered.ReferralInFull(
        **fields, reason=reason, together=list(together), steps=steps, refusals=refusals
    )


def _fields(view: ReferralView, *, several: bool = False) -> dict[str, Any]:
    return {
        "referral_id": view.referral_id,
        "direction": view.direction,
        "programme_from": view.programme_from,
        "programme_to": view.programme_to,
        "consent_id": view.consent_id,
        "return_consent_id": view.return_consent_id,
        "state": as_shown(view.state),
        "sub_state": as_shown(view.sub_state) if view.sub_state else None,
        "urgency": view.urgency,
        "answer_by": view.answer_by,
        "standing": view.standing,
        "purge": as_shown(view.purge) if view.purge else None,
        "overdue": list(view.overdue),
        "updated_at": view.updated_at,
        "links": _links(view, several=several),
    }


def _links(view: ReferralView, *, several: bool) -> answered.Links:
    path, allowed = referral_path(view.referral_id), rules.actions(view, several=several)
    links = {"self": path, **{door: f"{path}/{door}" for act, door in _DOORS.items() if act in allowed}}
    if view.direction == "sent":
        links["disclosed"] = f"/v1/disclosures?referral_id={view.referral_id}"
        links |= {"withdraw": "/v1/withdrawals"} if "withdraw" in allowed else {}
        links |= (
            {"withdrawal": withdrawal_path(view.consent_id)} if view.standing.startswith("withdr") else {}
        )
    return links


def inbox_item(entry: InboxEntry) -> answered.InboxItem:
    """One message."""
    fields = asdict(entry)
    return answered.InboxItem(
        event=fields.pop("kind"),
        what=as_shown(fields.pop("what")),
        **fields,
        links={"referral": referral_path(entry.referral_id)} if entry.referral_id else {},
    )


def opened(parts: list[OpenedPart]) -> answered.Opened:
    """Opened parts."""
    return answered.Opened(
        parts=[
            answered.OpenedAnswer(
                event_id=p.event_id,
                data_class=p.data_class,
                record=type(p.record).__name__,
                fields=fields_of(p.record),
            )
            for p in parts
        ]
    )


def withdrawal(found: Withdrawal) -> answered.WithdrawalAnswer:
    """How far a withdrawal is."""
    return answered.WithdrawalAnswer(
        consent_id=found.consent_id,
        referral_id=found.referral_id,
        state=found.state,
        asked_at=found.asked_at,
        in_force_at=found.in_force_at,
        opened_before=[
            answered.OpeningBefore(data_class=o.data_class, recipient=o.recipient, at=o.at)
            for o in found.opened_before
        ],
        purge_answers=[
            answered.PurgeAnswerShown(programme=a.programme, purge=as_shown(a.purge), at=a.at)
            for a in found.purge_answers
        ],
        links={"self": withdrawal_path(found.consent_id), "referral": referral_path(found.referral_id)},
    )


def programme(listed: ProgrammeListed, standing: str) -> answered.ProgrammeAnswer:
    """One programme; its keys are for edges, not for people. `standing`: its participant's."""
    return answered.ProgrammeAnswer(
        programme_id=listed.programme_id,
        participant_id=listed.participant_id,
        name=listed.name,
        standing=standing,
        confidential=listed.confidential,
        role=as_shown(listed.role),
        funding_streams=listed.funding_streams,
        services=listed.services,
        languages=listed.languages,
        region=listed.region,
        age_bands=listed.age_bands,
        links={"list": "/v1/programmes"},
    )


def disclosures(found: list[Disclosure]) -> answered.Disclosures:
    """The ledger's evidence."""
    return answered.Disclosures(disclosures=[answered.DisclosureAnswer(**asdict(d)) for d in found])
