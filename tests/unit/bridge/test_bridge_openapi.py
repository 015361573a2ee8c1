"""The API description is OpenAPI 3.1, whole, and the one that is committed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from ngo_bridge.api import (
    asked,
    asked_consent,
    asked_document,
    asked_intake,
    capacity,
    document,
    tokens,
    webhooks,
)

METHODS = {"get", "post", "put", "delete"}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document.committed()


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in described["paths"].items()
        for method, operation in item.items()
    ]


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, list):
        for item in node:
            yield from nodes(item)


def test_the_committed_file_is_current() -> None:
    assert document.FILE.read_text(encoding="utf-8") == document.text(), "run: make generate"


def test_the_bridge_serves_it(http: TestClient, described: dict[str, Any]) -> None:
    assert http.get("/openapi.json").json() == described


def test_it_is_openapi_3_1_with_what_that_requires(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1.")
    assert set(described) <= {"openapi", "info", "paths", "components"}
    OpenAPIV31SpecValidator(described).validate()
    assert {"title", "version", "license"} <= set(described["info"])
    for path, method, operation in operations(described):
        assert path.startswith("/v1/")
        assert method in METHODS
        assert operation["responses"]
        assert operation["operationId"]
        assert operation["description"]
        declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path))
        assert all(p["required"] for p in operation.get("parameters", []) if p["in"] == "path")
        for answer in operation["responses"].values():
            assert answer["description"]


def test_every_reference_leads_somewhere_and_nothing_is_left_over(described: dict[str, Any]) -> None:
    wanted = {node["$ref"] for node in nodes(described) if isinstance(node.get("$ref"), str)}
    mapped = {ref for node in nodes(described) if "mapping" in node for ref in node["mapping"].values()}
    there = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert wanted | mapped == there
    assert not any("nullable" in node and node["nullable"] is True for node in nodes(described))


def test_operation_ids_are_unique(described: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(ids) == len(set(ids))


def test_every_error_is_a_problem(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert set(answer["content"]) == {"application/problem+json"}, (path, method, status)
        assert "422" in operation["responses"]


def test_every_command_takes_a_key_and_says_what_503_means(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        if method != "post" and not path.endswith("/capacity"):
            continue
        if path.endswith("/openings"):
            continue
        (key,) = [p for p in operation["parameters"] if p["name"] == "Idempotency-Key"]
        assert key["required"]
        assert "Retry-After" in operation["responses"]["503"]["headers"]
        if method != "post":
            continue
        taken = [answer for status, answer in operation["responses"].items() if int(status) < 300]
        assert all("Location" in answer["headers"] for answer in taken)


def test_everything_the_interface_was_to_have_is_there(described: dict[str, Any]) -> None:
    one = "/v1/referrals/{referral_id}"
    assert {(method, path) for path, method, _ in operations(described)} == {
        ("post", "/v1/consents"),
        ("post", "/v1/referrals"),
        ("get", "/v1/referrals"),
        ("get", one),
        ("get", "/v1/inbox"),
        ("post", f"{one}/answers"),
        ("post", f"{one}/disclosures"),
        ("post", f"{one}/service-status"),
        ("post", f"{one}/cancellations"),
        ("post", f"{one}/purge-answers"),
        ("post", f"{one}/openings"),
        ("post", "/v1/withdrawals"),
        ("get", "/v1/withdrawals/{consent_id}"),
        ("get", "/v1/programmes"),
        ("get", "/v1/disclosures"),
        ("post", f"{one}/picks"),
        ("post", f"{one}/safe-contact"),
        ("post", "/v1/documents"),
        ("post", "/v1/documents/answers"),
        ("post", "/v1/intake"),
        ("post", "/v1/grounds"),
        ("get", "/v1/events"),
        ("put", "/v1/programmes/{programme_id}/capacity"),
        ("get", "/v1/notices"),
        ("put", "/v1/notices/{number}/acknowledgement"),
        ("post", "/v1/webhooks"),
        ("get", "/v1/webhooks"),
        ("delete", "/v1/webhooks/{webhook_id}"),
        ("put", "/v1/webhooks/{webhook_id}/secret"),
        ("put", "/v1/webhooks/{webhook_id}/resumption"),
        ("post", "/v1/tokens"),
        ("get", "/v1/tokens"),
        ("delete", "/v1/tokens/{token_id}"),
    }


def test_bodies_take_no_other_fields(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    bodies = {
        node["$ref"].rsplit("/")[-1]
        for _, _, operation in operations(described)
        for node in nodes(operation.get("requestBody", {}))
        if "$ref" in node
    }
    assert bodies
    assert all(schemas[name]["additionalProperties"] is False for name in bodies)


@pytest.mark.parametrize(
    "model",
    [
        asked_consent.ConsentGivenByPerson,
        asked.ReferralOffer,
        asked.AnswerSent,
        asked.StatusReport,
        asked.Cancelling,
        asked.PurgeReport,
        asked.SafeContactChange,
        asked_document.DocumentGiven,
        asked_document.DocumentReply,
        asked_intake.GroundTold,
        capacity.CapacityTold,
        tokens.TokenAsked,
        webhooks.WebhookAsked,
    ],
)
def test_the_examples_are_taken(model: Any) -> None:
    examples = model.model_config["json_schema_extra"]["examples"]
    assert examples
    for example in examples:
        model.model_validate(example)
