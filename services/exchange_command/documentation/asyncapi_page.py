"""A page of topics and events from the committed AsyncAPI description and its Avro schemas. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from exchange_command.documentation.json_schema import anchor, cell

_PAGE = "events"
Avro = Mapping[str, Mapping[str, Any]]
"""Schemas by the address that the description gives them."""


def schemas_of(document: Mapping[str, Any]) -> list[str]:
    """Addresses of the Avro schemas that `page` needs."""
    return [message["payload"]["schema"]["$ref"] for message in document["components"]["messages"].values()]


def page(document: Mapping[str, Any], avro: Avro) -> str:
    """The reference in Markdown."""
    lines = [f"# {document['info']['title']}: topics and events", "", document["info"]["description"], ""]
    lines += ["The whole description, for programs: [asyncapi.json](../schemas/asyncapi.json).", ""]
    lines += ["## Topics", "", "| topic | events | |", "| --- | --- | --- |"]
    for channel in document["channels"].values():
        events = ", ".join(_link(name) for name in channel["messages"])
        lines.append(f"| `{channel['address']}` | {events} | {cell(channel['description'])} |")
    lines += ["", "## Headers", "", "| header | |", "| --- | --- |"]
    for name, header in document["components"]["messageTraits"]["signed"]["headers"]["properties"].items():
        lines.append(f"| `{name}` | {cell(header['description'])} |")
    lines += ["", "## Events", ""]
    for name, message in document["components"]["messages"].items():
        lines += _message(name, message, avro[message["payload"]["schema"]["$ref"]])
    return "\n".join(lines) + "\n"


def _link(name: str) -> str:
    return f"[{name}](#{anchor(_PAGE, name)})"


def _message(name: str, message: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    key = message["bindings"]["kafka"]["key"]["description"]
    yield from (f"({anchor(_PAGE, name)})=", f"### {name}", "", message["summary"], "", f"Key: {key}", "")
    yield from ("| field | type | seen as | |", "| --- | --- | --- | --- |")
    for field in schema["fields"]:
        said = cell(field.get("doc", ""))
        yield f"| `{field['name']}` | {cell(_kind(field['type']))} | {field.get('tag', '')} | {said} |"
    yield ""
    for example in message.get("examples", [])[:1]:
        yield from ("An example, invented:", "", "```json")
        yield json.dumps(example["payload"], indent=2, ensure_ascii=False)
        yield from ("```", "")


def _kind(avro: Any) -> str:
    if isinstance(avro, list):
        return " or ".join(_kind(each) for each in avro)
    if isinstance(avro, str):
        return avro.rpartition(".")[2]
    match avro["type"]:
        case "array":
            return f"list of {_kind(avro['items'])}"
        case "enum":
            return ", ".join(f"`{symbol}`" for symbol in avro["symbols"])
        case "record":
            return str(avro["name"])
        case plain:
            return str(avro.get("logicalType") or _kind(plain))
