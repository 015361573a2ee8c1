"""Whatever a server holds or answers: the connector goes on, nothing leaves, and no value is repeated."""

import copy
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from edge_kit import RECIPIENT
from fhir_cases import Day
from fhir_kit import refers
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_health.checking import checked
from fhir_health.connector import FhirHealth
from fhir_health.elements import place
from fhir_health.transport import FhirServer
from participant_edge.delivery import NotDelivered
from participant_edge.kit.mistakes import Mistake
from referral_exchange import ids

CANARY = "Canarina-Invented"
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.just(CANARY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KINDS = ("Task", "ServiceRequest", "Consent")


@pytest.fixture(scope="module")
def day() -> Day:
    """One provider for all examples: what one example broke must not stop the next."""
    return Day(Path(tempfile.mkdtemp()))


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(found for key, each in inner for found in places(each, (*at, key)))]


def spoilt(whole: Any, at: tuple[Any, ...], new: Any) -> Any:
    made = copy.deepcopy(whole)
    parent = made
    for step in at[:-1]:
        parent = parent[step]
    parent[at[-1]] = new
    return made


@settings(max_examples=60, deadline=None)
@given(data=st.data(), kind=st.sampled_from(KINDS), new=JSON)
def test_no_element_of_any_shape_stops_the_connector_or_is_repeated(
    day: Day, data: st.DataObject, kind: str, new: Any
) -> None:
    records = day.provider.stand_in.records
    records.held.clear()
    records.created.clear()
    records.life = ids.fresh()
    day.provider.cursor = ""
    task = refers(day.provider, RECIPIENT, day.network.clock.now())
    made = next(each for each in records.created if each.startswith(f"{kind}/"))
    whole = {name: v for name, v in records.held[made].items() if name not in ("id", "meta", "resourceType")}
    at = data.draw(st.sampled_from([p for p in places(whole) if p]))
    records.held[made] = {**records.held[made], **spoilt(whole, at, new)}
    day.provider.turn(day.sender)
    marks = records.held[place(task)].get("contained", [])
    outcomes = [e for e in marks if isinstance(e, dict) and e.get("id") == "exchange-problem"]
    assert CANARY not in json.dumps(outcomes)


def mistake_of(resource: Any, kind: str) -> Mistake | None:
    try:
        checked(resource, kind)
    except Mistake as mistake:
        return mistake
    return None


ELEMENTS = st.dictionaries(st.text(max_size=8), JSON, max_size=4)


@settings(max_examples=200, deadline=None)
@given(kind=st.sampled_from((*KINDS, "Patient")), elements=ELEMENTS)
def test_checking_names_a_place_and_never_a_value(kind: str, elements: dict[str, Any]) -> None:
    mistake = mistake_of({**elements, "resourceType": kind}, kind)
    if mistake is not None:
        assert CANARY not in str(mistake)
        assert mistake.where.startswith(kind)


def code_of(ask: Callable[[], Any]) -> str:
    try:
        ask()
    except NotDelivered as error:
        return str(error)
    return ""


@settings(max_examples=200, deadline=None)
@given(body=JSON | st.fixed_dictionaries({"resourceType": st.just("Bundle"), "entry": JSON, "link": JSON}))
def test_a_server_may_answer_anything(body: Any) -> None:
    http = httpx.Client(
        base_url="http://provider.invented/fhir/",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)),
    )
    server = FhirServer(http, lambda: 0.0)
    assert CANARY not in code_of(lambda: list(server.changed("Task", "")))
    assert CANARY not in code_of(lambda: server.find("Task", "system", "value"))
    assert CANARY not in code_of(lambda: server.read("Task/1"))


@pytest.mark.parametrize(
    "meta", [None, {}, [], {"lastUpdated": "2026"}, {"lastUpdated": "2026-01-01T00:00:00"}]
)
def test_a_server_without_times_is_not_followed_and_says_so(meta: Any) -> None:
    task = {"resourceType": "Task", "id": "1", "status": "requested", "meta": meta}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": task}]}
    http = httpx.Client(
        base_url="http://provider.invented/fhir/",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json=bundle)),
    )
    with pytest.raises(NotDelivered, match="no-last-updated"):
        FhirHealth(FhirServer(http), frozenset())._turn_kind(None, "Task", "")  # type: ignore[arg-type]
