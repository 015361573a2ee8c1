"""A JSON Schema as a person reads it: types in words, constraints beside them, links to named ones. Pure."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_LIMITS = {
    "minLength": "length {} or more",
    "maxLength": "length {} or less",
    "minItems": "{} or more of them",
    "maxItems": "{} of them or less",
    "minimum": "{} or more",
    "maximum": "{} or less",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "pattern": "pattern `{}`",
    "default": "default `{}`",
}


def cell(text: object) -> str:
    """Text that can stand in a cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def anchor(page: str, schema: str) -> str:
    """The target of a named schema."""
    return f"{page}-{schema}".lower().replace(".", "-").replace("_", "-")


def kind(schema: Schema, page: str) -> str:
    """What values it takes, in one line."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{anchor(page, name)})"
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(kind(each, page) for each in schema[choice]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    return _plain(schema, page)


def limits(schema: Schema) -> str:
    """What else must hold of a value, in one line."""
    told = [*(_limits_of(schema)), *(line for each in schema.get("anyOf", ()) for line in _limits_of(each))]
    return "; ".join(dict.fromkeys(told))


def described(schema: Schema, text: str = "") -> str:
    """What is said of a value, in a cell: `text` or its own description, then what must hold."""
    bounds = limits(schema)
    said = text or schema.get("description", "")
    return cell(f"{said} ({bounds})" if said and bounds else said or bounds)


def fields(schema: Schema, page: str) -> list[str]:
    """A table of an object's fields; a line where it is something else."""
    properties = schema.get("properties")
    if not properties:
        return [f"{cell(kind(schema, page))} {cell(limits(schema))}".rstrip(), ""]
    required = set(schema.get("required", ()))
    lines = ["| field | type | | |", "| --- | --- | --- | --- |"]
    for name, each in properties.items():
        need = "required" if name in required else ""
        lines.append(f"| `{name}` | {cell(kind(each, page))} | {need} | {described(each)} |")
    return [*lines, ""]


def _plain(schema: Schema, page: str) -> str:
    match schema.get("type"):
        case "array":
            return f"list of {kind(schema.get('items', {}), page)}"
        case "object" if isinstance(schema.get("additionalProperties"), Mapping):
            return f"object of {kind(schema['additionalProperties'], page)}"
        case list(several):
            return " or ".join(str(each) for each in several)
        case None:
            return "anything"
        case single:
            shown = schema.get("format") or schema.get("contentEncoding")
            return f"{single} ({shown})" if shown else str(single)


def _limits_of(schema: Schema) -> list[str]:
    return [text.format(schema[name]) for name, text in _LIMITS.items() if schema.get(name) is not None]
