"""What the terms on a service say: categories, ages, access, programme, whether it is confidential. Pure."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from service_directory.findings import Finding
from service_directory.hsds.tables import Row
from service_directory.publications import EXCHANGE
from service_directory.taxonomy import NEAREST, Taxonomy


@dataclass(slots=True)
class Said:
    """What was said about one service. `at`: the row that named its programme."""

    categories: set[str] = field(default_factory=set)
    age_bands: set[str] = field(default_factory=set)
    access: set[str] = field(default_factory=set)
    confidential: bool = False
    programme_id: str | None = None
    programme_row: Row | None = None


@dataclass(frozen=True, slots=True)
class Codes:
    """What may be said: NIEM categories with others' words for them, and this exchange's own codes."""

    taxonomy: Taxonomy
    age_bands: frozenset[str]
    access: frozenset[str]

    @property
    def own_terms(self) -> list[str]:
        """Terms of the taxonomy `referral-exchange`, a programme's apart."""
        return [
            "confidential",
            *(f"age:{band}" for band in sorted(self.age_bands)),
            *(f"access:{need}" for need in sorted(self.access)),
        ]


def take(said: Said, row: Row, term: Row, taxonomies: Mapping[str, str], codes: Codes) -> Finding | None:
    """Adds what an attribute `row` with its `term` says to `said`; a finding where nobody knows the term."""
    taxonomy = taxonomies.get(term["taxonomy_id"]) or term["taxonomy"]
    if taxonomy.casefold() == EXCHANGE:
        return _own(said, row, term["code"] or term["name"], codes)
    category = codes.taxonomy.category(taxonomy, term["code"], term["name"])
    if category is None:
        near = codes.taxonomy.nearest(term["name"] or term["code"])
        mend = f"use one of the nearest codes ({'; '.join(near)}), or map the term to one when importing"
        return row.place.error("taxonomy_term_id", "unknown-term", "nobody knows this taxonomy term", mend)
    if category:
        said.categories.add(category)
    return None


def _own(said: Said, row: Row, code: str, codes: Codes) -> Finding | None:
    kind, _, value = code.partition(":")
    match kind:
        case "confidential" if not value:
            said.confidential = True
        case "age" if value in codes.age_bands:
            said.age_bands.add(value)
        case "access" if value in codes.access:
            said.access.add(value)
        case "programme" if said.programme_id not in (None, value):
            wrong = "two programmes are named for one service"
            return row.place.error("taxonomy_term_id", "contradiction", wrong, "name one")
        case "programme" if value:
            said.programme_id, said.programme_row = value, row
        case _:
            near = difflib.get_close_matches(code[:100], codes.own_terms, NEAREST, 0.0)
            mend = f"use programme:<id> or one of the nearest codes ({'; '.join(near)})"
            wrong = f"the taxonomy {EXCHANGE} has no such term"
            return row.place.error("taxonomy_term_id", "unknown-term", wrong, mend)
    return None
