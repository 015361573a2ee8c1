"""Who takes no part now is not offered to, and where it is already a party the page says so."""

from dataclasses import replace
from typing import Any

import pytest
from bridge_kit import OURS, THEIRS, StandInEdge, a_view
from fastapi.testclient import TestClient
from page_kit import Browser, words_of

NEEDS: dict[str, Any] = {
    "services": ["Housing Services"],
    "languages": ["es"],
    "region": "South Fields",
    "age_band": "adult",
    "household": "1",
    "urgency": "urgent",
    "answer_by": "4",
    "programme_from": OURS,
}


def stand(edge: StandInEdge, standing: Any) -> None:
    edge.participants_listed = [
        replace(each, standing=standing) if each.participant_id == "meadow-collective" else each
        for each in edge.participants_listed
    ]


def whom(browser: Browser) -> set[str]:
    browser.go("/offer")
    browser.press("It is safe. Go on.")
    page = browser.press("Go on", **NEEDS)
    return {box["value"] for box in page.all("input", name="to")}


@pytest.mark.parametrize("standing", ["paused", "expelled", "unspecified"])
def test_who_takes_no_part_cannot_be_chosen(browser: Browser, edge: StandInEdge, standing: str) -> None:
    assert THEIRS in whom(browser)
    stand(edge, standing)
    left = whom(browser)
    assert left != set()
    assert not {THEIRS, "meadow-farmworker-legal"} & left


@pytest.mark.parametrize(("standing", "said"), [("paused", "taking a break"), ("expelled", "no longer part")])
def test_a_page_of_a_referral_says_that_the_other_is_away(
    browser: Browser, edge: StandInEdge, standing: str, said: str
) -> None:
    view = a_view()
    edge.show(view)
    page = f"/referrals/{view.referral_id}"
    assert said not in words_of(browser.go(page))
    stand(edge, standing)
    assert said in words_of(browser.go(page))


def test_the_api_tells_how_each_stands(http: TestClient, edge: StandInEdge) -> None:
    stand(edge, "paused")
    told = {p["programme_id"]: p["standing"] for p in http.get("/v1/programmes").json()["items"]}
    assert (told[THEIRS], told[OURS]) == ("paused", "enrolled")
