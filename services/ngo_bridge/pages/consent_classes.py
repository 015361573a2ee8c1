"""What a consent can cover beside the need, in the order of the page."""

USUAL = ("safe-contact", "identity", "location")
"""Asked first; safe contact goes before all."""

IMMIGRATION = ("immigration",)
"""Has a place and a tick of its own."""

MORE = (
    "contact",
    "access",
    "family",
    "health",
    "mental-health",
    "substance-use",
    "screening",
    "legal",
    "criminal-legal",
    "employment",
    "finances",
    "education",
    "orientation-gender",
    "tribal",
    "documents",
)
"""Only where this service needs it. Therapy notes are not here: the law wants a form for them alone."""

LATER_CLASSES = (*USUAL, *IMMIGRATION, *MORE)
"""Everything that may go out after an acceptance."""
