"""Says to the exchange what a mapping decided."""

from dataclasses import replace

from participant_edge.commands import OfferDraft, Receipt
from participant_edge.edge import Edge
from participant_edge.kit.acts import AnswerOffer, AnswerPurge, HandOver, MakeOffer, ReportStatus, Said
from participant_edge.kit.subject_tokens import SubjectTokens


def say(edge: Edge, said: Said, command_id: str) -> Receipt:
    """Says it. `command_id` derives from the id and version of what the agency system holds.

    Raises what `Edge` raises.
    """
    match said:
        case AnswerOffer():
            return edge.answer(said.referral_id, said.answer, said.reason, command_id)
        case ReportStatus():
            return edge.report_status(said.referral_id, said.state, said.sub_state, said.detail, command_id)
        case AnswerPurge():
            return edge.answer_purge(said.referral_id, said.purge, command_id)
        case HandOver():
            return edge.disclose(said.referral_id, said.parts, command_id)


def offer(edge: Edge, made: MakeOffer, tokens: SubjectTokens) -> str:
    """Consent first, then the offer; returns the referral id. Repeated with the same form it is the same one.

    An offer that went out before is not made again, whatever changed in the agency system since.
    """
    signed = replace(made.consent, subject_token=tokens.of(made.person))
    given = edge.give_consent(signed, f"consent:{made.consent_key}")
    if edge.referral(given.referral_id).state == "consented":
        draft = OfferDraft(
            consent_id=given.consent_id, urgency=made.urgency, answer_by=made.answer_by, needs=made.needs
        )
        edge.offer(draft, f"offer:{made.consent_key}")
    return given.referral_id
