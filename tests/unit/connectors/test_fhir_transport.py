"""What the client of a FHIR server does with every answer that a server can give."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fhir_kit import OWN, Provider, patient, server_of

from fhir_health import codes
from fhir_health.elements import identifier, place
from fhir_health.stand_in import StandIn
from fhir_health.transport import FhirServer, Moved, NotTaken
from participant_edge.delivery import NotDelivered

Answering = Callable[[httpx.Request], httpx.Response]
CAPABLE = {"rest": [{"resource": [{"type": "Patient", "conditionalCreate": True}]}]}


def server(answering: Answering, clock: Callable[[], float] = lambda: 0.0) -> FhirServer:
    """A client before anything."""
    http = httpx.Client(base_url="http://provider.invented/fhir/", transport=httpx.MockTransport(answering))
    return FhirServer(http, clock)


def always(status: int, body: Any = None, **headers: str) -> Answering:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/metadata"):
            return httpx.Response(200, json={"resourceType": "CapabilityStatement", **CAPABLE})
        return httpx.Response(status, json=body, headers=headers)

    return answer


def named(name: str = "1") -> dict[str, Any]:
    return {**patient(), "identifier": [identifier(OWN, name)]}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 415, 422, 428])
def test_what_the_server_will_not_take_is_told_by_its_status(status: int) -> None:
    with pytest.raises(NotTaken) as told:
        server(always(status)).read("Task/1")
    assert told.value.code == f"http-{status}"


@pytest.mark.parametrize("status", [301, 408, 429, 500, 502, 503, 504])
def test_what_may_go_later_is_tried_again_by_the_edge(status: int) -> None:
    with pytest.raises(NotDelivered) as told:
        server(always(status)).read("Task/1")
    assert not isinstance(told.value, NotTaken | Moved)
    assert told.value.code == f"http-{status}"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.ConnectError("Ondine refused"), "unreachable"),
        (httpx.ReadTimeout("Ondine late"), "timed-out"),
        (httpx.RemoteProtocolError("Ondine half"), "unreachable"),
    ],
)
def test_a_server_that_does_not_answer_has_a_code_and_no_text(error: Exception, code: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(NotDelivered) as told:
        server(fail).read("Task/1")
    assert str(told.value) == code
    assert told.value.__cause__ is None


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"<html>", "not-json"), (b"[]", "no-resource"), (b"{}", "no-resource"), (b"", "no-resource")],
)
def test_an_answer_that_is_no_resource_is_no_success(content: bytes, code: str) -> None:
    with pytest.raises(NotDelivered) as told:
        server(lambda _: httpx.Response(200, content=content)).read("Task/1")
    assert told.value.code == code


def test_asked_to_wait_it_asks_nothing_until_then() -> None:
    now, asked = [0.0], []

    def busy(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(429, headers={"Retry-After": "120"})

    fhir = server(busy, lambda: now[0])
    for code in ("http-429", "asked-to-wait", "asked-to-wait"):
        with pytest.raises(NotDelivered, match=code):
            fhir.read("Task/1")
    assert len(asked) == 1
    now[0] = 121.0
    with pytest.raises(NotDelivered, match="http-429"):
        fhir.read("Task/1")


def test_a_server_that_asks_for_days_is_asked_again_in_five_minutes() -> None:
    now = [0.0]
    fhir = server(always(503, None, **{"Retry-After": "999999"}), lambda: now[0])
    with pytest.raises(NotDelivered, match="http-503"):
        fhir.read("Task/1")
    now[0] = 301.0
    with pytest.raises(NotDelivered, match="http-503"):
        fhir.read("Task/1")


@pytest.mark.parametrize(
    ("drop", "code"), [(b" ", "timed-out"), (b" " * (1 << 20), "too-large")], ids=["drips", "floods"]
)
def test_a_server_that_never_ends_its_answer_is_left(drop: bytes, code: str) -> None:
    now = [0.0]

    def endless() -> Iterator[bytes]:
        while True:
            now[0] += 1.0
            yield drop

    fhir = server(lambda _: httpx.Response(200, content=endless()), lambda: now[0])
    with pytest.raises(NotDelivered) as told:
        fhir.read("Task/1")
    assert told.value.code == code


def test_a_server_that_does_not_promise_conditional_create_gets_nothing() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return httpx.Response(200, json={"resourceType": "CapabilityStatement", "rest": [{"resource": []}]})

    with pytest.raises(NotDelivered, match="no-conditional-create"):
        server(answer).create(named(), OWN, "1")
    assert "POST" not in asked


def test_two_matches_are_nobodys_to_choose_from() -> None:
    with pytest.raises(NotDelivered, match="more-than-one-match"):
        server(always(412)).create(named(), OWN, "1")
    provider = Provider()
    for name in ("1", "2"):
        held = provider.staff.create(named(name), OWN, name)
        provider.stand_in.records.held[place(held)] = {**held, "identifier": [identifier(OWN, "same")]}
    with pytest.raises(NotDelivered, match="more-than-one-match"):
        provider.staff.find("Patient", OWN, "same")
    with pytest.raises(NotDelivered, match="more-than-one-match"):
        provider.staff.create(named("same"), OWN, "same")


def test_a_server_that_answers_with_a_place_only_is_read() -> None:
    stand_in = StandIn()
    fhir = server_of(stand_in, Prefer="return=minimal")
    made = fhir.create(named(), OWN, "1")
    assert (made["resourceType"], made["meta"]["versionId"]) == ("Patient", "1")
    assert fhir.create(named(), OWN, "1") == made
    assert len(stand_in.records.created) == 1


def test_who_wrote_in_between_is_not_overwritten() -> None:
    provider = Provider()
    held = provider.staff.create(named(), OWN, "1")
    hits: Iterator[int] = iter(range(3))

    def change(now: dict[str, Any]) -> dict[str, Any]:
        if next(hits) == 0:
            provider.staff.change(place(held), lambda other: {**other, "birthDate": "1990-01-01"})
        return {**now, "active": False}

    after = provider.staff.change(place(held), change)
    assert (after["active"], after["birthDate"], after["meta"]["versionId"]) == (False, "1990-01-01", "3")


def test_a_resource_that_always_changes_is_left_for_later() -> None:
    provider = Provider()
    held = provider.staff.create(named(), OWN, "1")
    provider.fault("409", method="PUT", times=100)
    with pytest.raises(NotDelivered, match="always-changing"):
        provider.staff.change(place(held), lambda now: {**now, "active": False})
    assert provider.staff.read(place(held))["active"] is True


def test_pages_are_followed_and_none_is_missed() -> None:
    provider = Provider()
    for number in range(120):
        provider.staff.create(named(str(number)), OWN, str(number))
    found = list(provider.staff.changed("Patient", ""))
    assert len({each["id"] for each in found}) == 120
    since = found[100]["meta"]["lastUpdated"]
    assert len(list(provider.staff.changed("Patient", since))) == 20


def test_a_next_page_on_another_server_is_not_followed() -> None:
    link = [{"relation": "next", "url": "http://elsewhere.invented/fhir/Task?page=2"}]
    bundle = {"resourceType": "Bundle", "type": "searchset", "link": link}
    with pytest.raises(NotDelivered, match="page-elsewhere"):
        list(server(always(200, bundle)).changed("Task", ""))


def test_a_server_whose_pages_never_end_is_given_up() -> None:
    link = [{"relation": "next", "url": "Task?page=again"}]
    with pytest.raises(NotDelivered, match="too-many-pages"):
        list(server(always(200, {"resourceType": "Bundle", "link": link})).changed("Task", ""))


def test_the_log_names_an_element_and_never_a_value(caplog: pytest.LogCaptureFixture) -> None:
    for expression, heard in (("Patient.name[0]", True), ("Patient named Ondine", False)):
        caplog.clear()
        body = {"issue": [{"expression": [expression], "diagnostics": "Ondine is wrong"}]}
        with pytest.raises(NotTaken):
            server(always(422, body)).read("Patient/1")
        assert (expression in caplog.text) is heard
        assert "Ondine" not in caplog.text


def test_a_search_that_the_server_does_not_know_is_an_error_and_not_everything() -> None:
    provider = Provider()
    provider.staff.create(named(), OWN, "1")
    with pytest.raises(NotTaken, match="http-400"):
        provider.staff._bundle("Patient?name=Ondine")
    assert provider.staff.find("Patient", codes.EFFECTS, "nobody") is None
