"""Each HTTP service's description is valid OpenAPI 3.1 by its own schema, and says how it refuses."""

import copy
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing.exceptions import PointerToNowhere

from consent_ledger import description

Node = dict[str, Any]
SERVICES = Path(__file__).resolve().parents[2] / "services"
FILES = sorted(SERVICES.glob("*/openapi.json"))
NAMES = [path.parent.name for path in FILES]
METHODS = {"get", "post", "put", "patch", "delete"}


def operations(described: Node) -> Iterator[tuple[str, Node]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield f"{method} {path}", operation


def faults(described: Node) -> list[str]:
    try:
        return [error.message for error in OpenAPIV31SpecValidator(described).iter_errors()]
    except PointerToNowhere as lost:
        return [f"nothing at {lost.ref}"]


def test_the_ledger_and_the_bridge_have_one() -> None:
    assert {"consent_ledger", "ngo_bridge"} <= set(NAMES)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_it_is_valid(path: Path) -> None:
    described = json.loads(path.read_text(encoding="utf-8"))
    assert described["openapi"].startswith("3.1.")
    assert faults(described) == []


def test_the_ledgers_is_current() -> None:
    """The others' are kept current by their own tests."""
    assert description.FILE.read_text(encoding="utf-8") == description.text(), "run: make generate"


def test_bytes_are_base64_and_as_long_as_that() -> None:
    schemas = description.describe()["components"]["schemas"]
    commitment = schemas["GiveBody"]["properties"]["form_commitment"]
    length = len(b64encode(bytes(32)))
    assert (commitment["minLength"], commitment["maxLength"]) == (length, length)
    assert commitment["contentEncoding"] == "base64"
    assert schemas["LockBody"]["properties"]["lock"]["maxLength"] == len(b64encode(bytes(2048)))


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_operation_says_how_it_refuses(path: Path) -> None:
    for name, operation in operations(json.loads(path.read_text(encoding="utf-8"))):
        refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert refusals, name
        assert all("application/problem+json" in answer["content"] for answer in refusals.values()), name


def _no_title(described: Node) -> None:
    del described["info"]["title"]


def _reference_to_nothing(described: Node) -> None:
    described["components"]["schemas"]["Lost"] = {"$ref": "#/components/schemas/Nothing"}
    _, operation = next(operations(described))
    operation["responses"]["200"] = {
        "description": "x",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Nothing"}}},
    }


def _unknown_place(described: Node) -> None:
    _, operation = next(operations(described))
    operation["parameters"] = [{"name": "x", "in": "body", "schema": {}}]


@pytest.mark.parametrize(
    "spoil", [_no_title, _reference_to_nothing, _unknown_place], ids=lambda f: f.__name__
)
def test_a_spoilt_one_is_refused(spoil: Callable[[Node], None]) -> None:
    spoilt = copy.deepcopy(description.describe())
    assert faults(spoilt) == []
    spoil(spoilt)
    assert faults(spoilt)


def test_the_ledgers_requests_are_signed() -> None:
    described = description.describe()
    assert described["security"] == [{"signature": []}]
    assert all(path.startswith("/v1/") for path in described["paths"])
    assert {"/v1/consents", "/v1/withdrawals", "/v1/seal", "/v1/open", "/v1/check"} <= set(described["paths"])
