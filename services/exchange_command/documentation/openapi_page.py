"""A page of an HTTP API from its committed OpenAPI description: nothing is fetched when it is read. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from exchange_command.documentation.json_schema import Schema, anchor, cell, described, fields, kind

_METHODS = ("get", "put", "post", "delete", "patch")


def page(document: Mapping[str, Any], name: str) -> str:
    """The reference in Markdown; `name` tells its targets from those of other pages."""
    info = document["info"]
    lines = [f"# {info['title']}: HTTP API", "", info.get("summary", ""), "", info.get("description", ""), ""]
    whole = f"[openapi.json](../services/{name}/openapi.json)"
    lines += [f"Version {info['version']}. The whole description, for programs: {whole}.", ""]
    for path, item in document["paths"].items():
        for method in (each for each in _METHODS if each in item):
            lines += _operation(method, path, item[method], name)
    lines += ["## Bodies", ""]
    for schema, told in sorted(document["components"]["schemas"].items()):
        lines += _schema(schema, told, name)
    return "\n".join(lines) + "\n"


def _operation(method: str, path: str, told: Mapping[str, Any], page: str) -> Iterator[str]:
    yield from (f"## {method.upper()} {path}", "", told.get("description") or told.get("summary", ""), "")
    parameters = told.get("parameters", [])
    if parameters:
        yield from ("| given in | name | type | |", "| --- | --- | --- | --- |")
        for each in parameters:
            schema = each.get("schema", {})
            need = "; required" if each.get("required") else ""
            said = described(schema, each.get("description", ""))
            yield f"| {each['in']}{need} | `{each['name']}` | {cell(kind(schema, page))} | {said} |"
        yield ""
    if "requestBody" in told:
        yield from (f"Body: {_content(told['requestBody'], page)}", "")
    yield from ("| answer | | body |", "| --- | --- | --- |")
    for status, answer in sorted(told["responses"].items()):
        yield f"| {status} | {cell(answer['description'])} | {_content(answer, page)} |"
    yield ""


def _content(told: Mapping[str, Any], page: str) -> str:
    kinds = [
        f"{cell(kind(media.get('schema', {}), page))} as `{media_type}`"
        for media_type, media in told.get("content", {}).items()
    ]
    return ", or ".join(kinds)


def _schema(name: str, told: Schema, page: str) -> Iterator[str]:
    yield from (f"({anchor(page, name)})=", f"### {name}", "")
    if told.get("description"):
        yield from (told["description"], "")
    yield from fields(told, page)
