"""The rules of confidentiality: one pure function over Cedar policies, asked in edge and ledger."""

from referral_exchange.policy.evaluation import Policy, PolicyUnusable
from referral_exchange.policy.question import (
    Action,
    Consent,
    Decision,
    Ground,
    GroundKind,
    Programme,
    Question,
    Rule,
    Signer,
    Standing,
    listed_programme,
)

__all__ = [
    "Action",
    "Consent",
    "Decision",
    "Ground",
    "GroundKind",
    "Policy",
    "PolicyUnusable",
    "Programme",
    "Question",
    "Rule",
    "Signer",
    "Standing",
    "listed_programme",
]
