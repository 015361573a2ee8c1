"""Gives the consents and sends the offers of one sitting, each once however often the button is pressed."""

import json
from dataclasses import dataclass
from datetime import timedelta

from ngo_bridge.bridge import Bridge
from ngo_bridge.commands import Command, form_commitment
from ngo_bridge.pages.names import Names
from ngo_bridge.pages.offer_consent import Signed, Yes, comes_back, wording
from ngo_bridge.pages.offer_needs import Asked
from ngo_bridge.pages.told import Told, told_about
from ngo_bridge.store import KeyReused
from participant_edge.commands import ConsentDraft, GivenConsent, OfferDraft, Receipt
from participant_edge.errors import EdgeError


@dataclass(slots=True)
class Outcome:
    """`sent`: referral id by recipient; `stopped`: what to say, by recipient; the rest was not tried."""

    sent: dict[str, str]
    stopped: dict[str, Told]


@dataclass(frozen=True, slots=True, repr=False)
class Sitting:
    """All that one consent page said. `key` is the page's own, `paper` that of the form on paper."""

    asked: Asked
    signed: Signed
    key: str
    paper: str


def send(bridge: Bridge, sitting: Sitting, yeses: list[Yes], names: Names) -> Outcome:
    """Sends every yes. The first person's token serves them all; one that stops does not stop the others.

    Several are one choice: the person picks among those that accept.
    """
    outcome = Outcome({}, {})
    given: dict[str, GivenConsent] = {}
    token: str | None = None
    for yes in yeses:
        try:
            given[yes.recipient] = _give(bridge, sitting, yes, token, names)
            token = given[yes.recipient].subject_token
        except (EdgeError, KeyReused) as error:
            outcome.stopped[yes.recipient] = told = told_about(error)
            if told.again:
                # The rest hangs on this one's token: the same button settles all of it.
                outcome.stopped |= {each.recipient: told for each in yeses}
                return outcome
    if given:
        _offer(bridge, sitting, given, outcome)
    return outcome


def _offer(bridge: Bridge, sitting: Sitting, given: dict[str, GivenConsent], outcome: Outcome) -> None:
    asked, recipients = sitting.asked, sorted(given)
    said = json.dumps([asked.needs.to_datum(), asked.urgency, str(asked.wait), recipients])
    try:
        command = bridge.commands.claim("page offer", "/".join((sitting.key, *recipients)), said)
        drafts = [_draft(sitting, each, command) for each in given.values()]
        if len(drafts) == 1:
            receipts: tuple[Receipt, ...] = (bridge.edge.offer(drafts[0], command.id),)
        else:
            receipts = bridge.edge.offer_together(drafts, command.id)
    except (EdgeError, KeyReused) as error:
        outcome.stopped |= dict.fromkeys(given, told_about(error))
        return
    outcome.sent |= {to: receipt.referral_id for to, receipt in zip(given, receipts, strict=True)}


def _draft(sitting: Sitting, given: GivenConsent, command: Command) -> OfferDraft:
    wait = sitting.asked.wait
    return OfferDraft(
        consent_id=given.consent_id,
        urgency=sitting.asked.urgency,
        answer_by=command.first_at + wait if wait else None,
        needs=sitting.asked.needs,
    )


def _give(bridge: Bridge, sitting: Sitting, yes: Yes, token: str | None, names: Names) -> GivenConsent:
    said, key = wording(sitting.asked, sitting.signed, yes), f"{sitting.key}/{yes.recipient}"
    consenting = bridge.commands.claim("page consent", key, said)
    # The salt is the sitting's, so that one printed code serves the one paper.
    commitment = form_commitment(bridge.commands.form_salt(sitting.paper), said)
    return bridge.edge.give_consent(
        ConsentDraft(
            programme_from=sitting.asked.programme_from,
            recipient=yes.recipient,
            purpose=sitting.asked.purpose,
            data_classes=("needs", *yes.later),
            comes_back=tuple(comes_back(yes)),
            language=sitting.signed.language,
            signer_role=sitting.signed.signer,
            signer_is_abuser=False,
            subject_is_minor=sitting.signed.minor,
            minor_may_sign_alone=sitting.signed.minor_alone,
            minor_signed=sitting.signed.minor,
            services_conditioned=False,
            form_commitment=commitment,
            explained_at=sitting.signed.explained_at,
            signed_at=consenting.first_at,
            ends_at=consenting.first_at + timedelta(days=sitting.signed.days),
            funding_streams=names.streams(sitting.asked.programme_from),
            intermediary_named=sitting.signed.intermediary,
            exception_1367=yes.exception,
            official_class=yes.official,
            subject_token=token,
        ),
        consenting.id,
    )
