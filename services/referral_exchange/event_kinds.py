"""Kinds of events by what they do, for everyone who decides by kind. Record names, without version. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

OPENERS = frozenset(
    {
        "ReferralOffered",
        "DocumentSent",
        "EmergencyRequested",
        "ResourceRequested",
        "TipReported",
        "ScreeningCompleted",
        "WithdrawalAsked",
    }
)
"""What makes a referral of what was only consented, or stands on a ground: all alike, and so is all after."""

FIRST = OPENERS | {"ReferralDisclosed"}
"""With what a referral may first come to its recipient: under a ground a disclosure needs no opener."""

ADDING = frozenset({"DocumentSent", "ScreeningCompleted"})
"""Openers that may also be sent to a recipient that serves, and then move nothing."""

ONLY_ON_GROUNDS = frozenset({"TipReported", "WithdrawalAsked"})
"""Openers that no consent of the person concerned can stand behind: she was not asked, or is not here."""

ADDRESSEES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "CapacityReported": ("service_directory",),
        "CountsReported": ("plan_office",),
        "TrainingCompleted": ("plan_office",),
        "CommentReceived": ("plan_office",),
        "PlanActionReported": ("plan_office",),
        "FeedbackGiven": ("plan_office", "survivor_page"),
        "BadMessageReported": ("referral_router",),
        "ResyncAsked": ("referral_router",),
    }
)
"""The programmes that what concerns no person may be addressed to, the usual one first. All are of the
exchange itself: what would reach another participant without a referral would reach it without a consent."""

SAID_ONLY_BY: Mapping[str, str] = MappingProxyType({"QuestionAsked": "survivor_page"})
"""What one programme of the exchange alone may say, to any other. It names a referral that its addressee sent
and holds a code: what it carries, the addressee knows already.
"""
