"""What an operator does that the ledger's log of evidence tells."""

from typing import Literal

Action = Literal[
    "enrol",
    "pause",
    "resume",
    "expel",
    "rotate",
    "quarantine-replay",
    "quarantine-drop",
    "evidence-export",
    "held",
]
"""The words that stand in the leaves."""
