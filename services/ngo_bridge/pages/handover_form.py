"""A warm handover: a time, how both are made known to each other, and what the one does who takes over."""

from datetime import UTC, datetime, timedelta, tzinfo

from ngo_bridge.pages.form import Form
from ngo_bridge.pages.page_command import PageCommand
from ngo_bridge.pages.words import words
from participant_edge.views import ReferralView
from referral_exchange import vocabulary
from referral_exchange.events import StatusDetail

LONGEST = timedelta(days=92)
"""How far ahead a handover can be agreed."""


def read_handover(
    form: Form, view: ReferralView, *, zone: tzinfo | None, now: datetime
) -> PageCommand | None:
    """The time is as people at this desk write it, in their own `zone`; None: this machine's."""
    t = words()["handover"]
    at = _moment(form, zone, now)
    introduction = form.choice("introduction", list(vocabulary.handover_introductions()), t["introduction"])
    role = form.choice("role", list(vocabulary.handover_roles()), t["role"])
    if form.faults or at is None:
        return None
    detail = StatusDetail(handover_at=at, introduction=introduction, role=role)
    said = "|".join((at.isoformat(), introduction, role))
    return PageCommand(
        said, lambda edge, i: edge.report_status(view.referral_id, "in_progress", "scheduled", detail, i)
    )


def _moment(form: Form, zone: tzinfo | None, now: datetime) -> datetime | None:
    try:
        said = datetime.fromisoformat(f"{form.value('day')}T{form.value('hour')}")
    except ValueError:
        form.blame("day", "handover_when")
        return None
    at = (said.replace(tzinfo=zone) if zone else said).astimezone(UTC)
    if not now - timedelta(minutes=1) <= at <= now + LONGEST:
        form.blame("day", "handover_past")
        return None
    return at
