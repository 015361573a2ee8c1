"""Search: by service, language, region, age, access and capacity, page by page."""

import base64
import difflib
import json
from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Query

from referral_exchange import vocabulary
from referral_exchange.problems import Problem
from referral_exchange.vocabulary import on_the_wire
from service_directory.api.answers import SearchPage, SearchQuery, shown
from service_directory.api.desk import DeskOf
from service_directory.search_rules import UNKNOWN, Question, answers, place, searchable

router = APIRouter(tags=["search"])

CAPACITIES = ("capacity", "no-capacity", "waitlist", "additional-assessment-required", UNKNOWN)
"""BSeR capacity codes as shown, and `unknown`."""


@router.get("/v1/services", operation_id="searchServices")
def search(desk: DeskOf, asked: Annotated[SearchQuery, Query()]) -> SearchPage:
    """Programmes for assistance and other services that answer every condition, by name."""
    question = Question(
        service=_known("service", asked.service, vocabulary.service_categories()),
        language=asked.language,
        region=asked.region,
        age_band=_known("age_band", asked.age_band, vocabulary.age_bands()),
        access=_known("access", asked.access, vocabulary.access_needs()),
        capacity=_capacity(asked.capacity),
    )
    after = _place(asked.cursor)
    view = desk.book.view
    ordered = searchable(view.directory, view.services.values(), desk.clock.now())
    found = [o for o in ordered if answers(o, question) and (after is None or place(o) > after)]
    more = len(found) > asked.limit
    return SearchPage(
        services=[shown(match) for match in found[: asked.limit]],
        next_cursor=_cursor(place(found[asked.limit - 1])) if more else None,
    )


def _known(name: str, code: str | None, codes: Collection[str]) -> str | None:
    """The code as the vocabulary writes it. Raises Problem, with the nearest codes, for one it has not."""
    if code is None:
        return None
    plain = {known.casefold(): known for known in codes}
    found = plain.get(code.casefold())
    if found is None:
        near = [plain[c] for c in difflib.get_close_matches(code.casefold(), plain, 3, 0.0)]
        detail = f"Use a code of the vocabulary for {name}; the nearest are {'; '.join(near)}."
        raise Problem(422, "unknown-code", "A condition names no code", detail, more={"nearest": near})
    return found


def _capacity(code: str | None) -> str | None:
    found = _known("capacity", code, CAPACITIES)
    return on_the_wire(found) if found else None


def _cursor(where: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(where).encode()).decode()


def _place(cursor: str | None) -> tuple[str, str] | None:
    if cursor is None:
        return None
    try:
        name, key = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        if not (isinstance(name, str) and isinstance(key, str)):
            raise TypeError
    except (ValueError, TypeError, RecursionError):
        detail = "Use the next_cursor of the page before, or none."
        raise Problem(422, "bad-cursor", "This cursor is not one of ours", detail) from None
    return name, key
