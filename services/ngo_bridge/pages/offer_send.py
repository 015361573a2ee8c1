"""Gives the consents and sends the offers of one sitting, each once however often the button is pressed."""

from dataclasses import dataclass
from datetime import timedelta

from ngo_bridge.bridge import Bridge
from ngo_bridge.commands import form_commitment
from ngo_bridge.pages.names import Names
from ngo_bridge.pages.offer_consent import Signed, Yes, comes_back, wording
from ngo_bridge.pages.offer_needs import Asked
from ngo_bridge.pages.told import Told, told_about
from ngo_bridge.store import KeyReused
from participant_edge.commands import ConsentDraft, OfferDraft
from participant_edge.errors import EdgeError


@dataclass(slots=True)
class Outcome:
    """`sent`: referral id by recipient; `stopped`: what to say, by recipient; the rest was not tried."""

    sent: dict[str, str]
    stopped: dict[str, Told]


@dataclass(frozen=True, slots=True)
class Sitting:
    """All that one consent page said. `key` is the page's own."""

    asked: Asked
    signed: Signed
    key: str


def send(bridge: Bridge, sitting: Sitting, yeses: list[Yes], names: Names) -> Outcome:
    """Sends every yes. The first person's token serves them all; one that stops does not stop the others."""
    outcome = Outcome({}, {})
    token: str | None = None
    for yes in yeses:
        try:
            token, outcome.sent[yes.recipient] = _send_one(bridge, sitting, yes, token, names)
        except (EdgeError, KeyReused) as error:
            outcome.stopped[yes.recipient] = told_about(error)
    return outcome


def _send_one(bridge: Bridge, sitting: Sitting, yes: Yes, token: str | None, names: Names) -> tuple[str, str]:
    said, key = wording(sitting.asked, sitting.signed, yes), f"{sitting.key}/{yes.recipient}"
    consenting = bridge.commands.claim("page consent", key, said)
    offering = bridge.commands.claim("page offer", key, said)
    # The salt is the sitting's, so that one printed code serves the one paper.
    commitment = form_commitment(bridge.commands.form_salt(sitting.key), said)
    listed = names.programmes.get(sitting.asked.programme_from)
    given = bridge.edge.give_consent(
        ConsentDraft(
            programme_from=sitting.asked.programme_from,
            recipient=yes.recipient,
            purpose="services",
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
            funding_streams=tuple(listed.funding_streams) if listed else (),
            subject_token=token,
        ),
        consenting.id,
    )
    wait = sitting.asked.wait
    draft = OfferDraft(
        consent_id=given.consent_id,
        urgency=sitting.asked.urgency,
        answer_by=offering.first_at + wait if wait else None,
        needs=sitting.asked.needs,
    )
    return given.subject_token, bridge.edge.offer(draft, offering.id).referral_id
