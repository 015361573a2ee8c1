"""Pages made from OpenAPI, AsyncAPI and Avro: all that is described stands there, and links lead on."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from exchange_command.documentation import asyncapi_page, openapi_page
from exchange_command.documentation.json_schema import described, fields, kind, limits

ROOT = Path(__file__).resolve().parents[3]
OPENAPI = sorted(ROOT.glob("services/*/openapi.json"))
TARGET = re.compile(r"^\(([\w-]+)\)=$", re.MULTILINE)
LEADS = re.compile(r"\]\(#([\w-]+)\)")


def document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("path", OPENAPI, ids=lambda path: path.parent.name)
def test_a_page_shows_every_operation_and_body_of_a_description(path: Path) -> None:
    told = document(path)
    page = openapi_page.page(told, path.parent.name)
    for address, item in told["paths"].items():
        for method in item:
            assert f"## {method.upper()} {address}\n" in page
    for name in told["components"]["schemas"]:
        assert f"### {name}\n" in page
    leads_nowhere(page)


def leads_nowhere(page: str) -> None:
    assert set(LEADS.findall(page)) - set(TARGET.findall(page)) == set()


def test_the_page_of_events_shows_every_topic_event_and_field() -> None:
    told = document(ROOT / "schemas" / "asyncapi.json")
    avro = {each: document(ROOT / "schemas" / each) for each in asyncapi_page.schemas_of(told)}
    page = asyncapi_page.page(told, avro)
    for channel in told["channels"].values():
        assert f"| `{channel['address']}` |" in page
    for name in told["components"]["messages"]:
        assert f"### {name}\n" in page
    assert all(f"| `{field['name']}` |" in page for schema in avro.values() for field in schema["fields"])
    leads_nowhere(page)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "format": "uuid"}, "string (uuid)"),
        (
            {"type": "array", "items": {"$ref": "#/components/schemas/Line_v1.2"}},
            "list of [Line_v1.2](#p-line-v1-2)",
        ),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"enum": ["a", "b"]}, "`a`, `b`"),
        ({"const": "x"}, "`x`"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "object of string"),
        ({"type": ["string", "null"]}, "string or null"),
        ({}, "anything"),
    ],
)
def test_a_type_is_told_in_words(schema: dict[str, Any], said: str) -> None:
    assert kind(schema, "p") == said


def test_bounds_and_descriptions_stand_in_one_cell() -> None:
    schema = {"description": "A | B\nC", "minLength": 1, "anyOf": [{"maxLength": 9}, {"type": "null"}]}
    assert limits(schema) == "length 1 or more; length 9 or less"
    assert described(schema) == "A \\| B C (length 1 or more; length 9 or less)"


def test_what_is_no_object_is_one_line() -> None:
    assert fields({"type": "string", "maxLength": 3}, "p") == ["string length 3 or less", ""]
