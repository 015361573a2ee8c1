"""What a rule of law asks of a part or a form before it is sealed, and what must go with it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from participant_edge.commands import FormRecord, OpenRecord
from referral_exchange import events
from referral_exchange.policy import Consent, Counts, Form, Ground

NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""The notice of 42 CFR 2.32(a)(2), word by word."""

INTERMEDIARY = "Referral exchange"
"""As the consent form names it."""

PART_2 = "part2"

_FORMS = FormRecord.__args__


def form_of(record: OpenRecord) -> Form | None:
    """What a rule looks at in a form; None where `record` is none."""
    match record:
        case events.RequestForCertification():
            return Form(code="RequestForCertification", rests_on=record.ground)
        case events.InterimAssistanceLetter():
            days = _days(record.starts_on, record.ends_on)
            return Form(code="InterimAssistanceLetter", days=days, extended=record.extended)
        case _:
            return Form(code=type(record).__name__) if isinstance(record, _FORMS) else None


def with_what_must_go_along(
    records: Sequence[OpenRecord], basis: Consent | Ground, streams: Iterable[str]
) -> list[OpenRecord]:
    """`records`, those of 42 CFR Part 2 with the notice and a copy of the consent, whatever they said of it.

    `streams`: the law profile of the programme that sends them.
    """
    bound = PART_2 in streams and isinstance(basis, Consent)
    return [_accompanied(r, basis) if bound else r for r in records]  # type: ignore[arg-type]


def is_accompanied(record: OpenRecord) -> bool:
    """Whether the notice and a copy of the consent are in it."""
    return isinstance(record, events.SubstanceUse) and bool(record.notice and record.consent_discloser)


def counted(report: events.CountsReported) -> Counts:
    """What a rule looks at in a table of counts."""
    shown = [cell.count for cell in report.cells if cell.count is not None]
    return Counts(
        shown=len(shown), hidden=len(report.cells) - len(shown), fewest_shown=min(shown) if shown else None
    )


def _accompanied(record: OpenRecord, consent: Consent) -> OpenRecord:
    if not isinstance(record, events.SubstanceUse):
        return record
    return replace(
        record,
        redisclosure_notice=True,
        notice=NOTICE,
        consent_discloser=consent.discloser,
        consent_recipient=consent.recipient,
        consent_intermediary=INTERMEDIARY if consent.intermediary_named else None,
        consent_purpose=consent.purpose,
        consent_data_classes=sorted(consent.data_classes),
        consent_signed_at=consent.signed_at.date().isoformat(),
        consent_ends_at=consent.ends_at.date().isoformat(),
    )


def _days(starts_on: str, ends_on: str) -> int:
    """0 where the dates say nothing that can be judged: that is denied."""
    try:
        return (date.fromisoformat(ends_on) - date.fromisoformat(starts_on)).days
    except ValueError:
        return 0
