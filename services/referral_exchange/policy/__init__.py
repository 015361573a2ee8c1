"""The rules of confidentiality: one pure function over Cedar policies, asked in edge, ledger and router."""

from referral_exchange.policy.evaluation import Policy, PolicyUnusable
from referral_exchange.policy.question import (
    Action,
    CompelledBy,
    Consent,
    Counts,
    Decision,
    Form,
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
    "CompelledBy",
    "Consent",
    "Counts",
    "Decision",
    "Form",
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
