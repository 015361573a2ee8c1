"""Small pieces of FHIR JSON, made and read. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from fhir_health import codes

Resource = dict[str, Any]
"""A FHIR resource as JSON has it."""

SECURITY = [
    {"system": codes.CONFIDENTIALITY, "code": "R", "display": "restricted"},
    {"system": codes.ACT_CODE, "code": "NORDSCLCD", "display": "no redisclosure without consent directive"},
]
"""On everything that the exchange creates."""


def coding(system: str, code: str) -> dict[str, str]:
    """One coding, with its display where we know it."""
    shown = codes.display(system, code)
    return {"system": system, "code": code} | ({"display": shown} if shown else {})


def concept(*pairs: tuple[str, str], text: str | None = None) -> Resource:
    """A CodeableConcept of (system, code) pairs."""
    made: Resource = {"coding": [coding(*pair) for pair in pairs]}
    return made | ({"text": text} if text else {})


def codes_in(concept_or_none: Mapping[str, Any] | None, system: str) -> list[str]:
    """The codes of `system` in a CodeableConcept."""
    found = (concept_or_none or {}).get("coding", ())
    return [each["code"] for each in found if each.get("system") == system and "code" in each]


def identifier(system: str, value: str, kind: str | None = None) -> Resource:
    """An Identifier; `kind`: PLAC or FILL."""
    made: Resource = {"system": system, "value": value}
    return ({"type": concept((codes.IDENTIFIER_TYPE, kind))} if kind else {}) | made


def value_in(resource: Mapping[str, Any], system: str) -> str | None:
    """The value of the resource's first identifier of `system`; the resource may be anything that is JSON."""
    found = resource.get("identifier", ())
    several = found if isinstance(found, list) else [found]
    named = (each for each in several if isinstance(each, dict) and each.get("system") == system)
    return next((each["value"] for each in named if isinstance(each.get("value"), str)), None)


def programme(name: str) -> Resource:
    """A Reference to a programme of the exchange, by its identifier: no server need hold it."""
    return {"type": "Organization", "identifier": identifier(codes.PROGRAMMES, name)}


def programme_in(reference: Mapping[str, Any] | None) -> str | None:
    """The programme that a Reference names by identifier."""
    named = (reference or {}).get("identifier", {})
    return named.get("value") if named.get("system") == codes.PROGRAMMES else None


def link(resource: Mapping[str, Any]) -> Resource:
    """A Reference to a resource that the server holds."""
    return {"reference": place(resource)}


def place(resource: Mapping[str, Any]) -> str:
    """`Task/1`."""
    return f"{resource['resourceType']}/{resource['id']}"


def last_updated(resource: Mapping[str, Any]) -> str | None:
    """When the server last wrote it, as an instant with its zone; None where it does not say so."""
    meta = resource.get("meta")
    text = meta.get("lastUpdated") if isinstance(meta, dict) else None
    try:
        return text if isinstance(text, str) and datetime.fromisoformat(text).tzinfo else None
    except ValueError:
        return None


def version(resource: Mapping[str, Any]) -> str:
    """Its version id, as the server counts."""
    return str(resource.get("meta", {}).get("versionId", "0"))


def inputs(task: Mapping[str, Any], kind: str, system: str = codes.NEED) -> Iterator[Mapping[str, Any]]:
    """The inputs of a Task whose type is `kind`."""
    return (each for each in task.get("input", ()) if kind in codes_in(each.get("type"), system))


def without(resource: Mapping[str, Any], *names: str) -> Resource:
    """The resource less some elements."""
    return {name: value for name, value in resource.items() if name not in names}


def filled(resource: Mapping[str, Any]) -> Resource:
    """The resource less elements that are None or empty: FHIR's JSON has no empty ones."""
    return {name: value for name, value in resource.items() if value not in (None, [], {}, "")}


def instant(at: datetime) -> str:
    """A time as FHIR writes it, to the millisecond."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def extension(url: str, **parts: Any) -> Resource:
    """A complex extension; each part is named as FHIR names its value: `valueCode`, by `name__valueCode`."""
    inner = []
    for key, value in parts.items():
        name, _, kind = key.partition("__")
        if value is not None:
            inner.append({"url": name, kind: value})
    return {"url": url, "extension": inner}


def extended(resource: Mapping[str, Any], url: str) -> Mapping[str, Any] | None:
    """The parts of a complex extension by name, whatever their type; None where it is absent."""
    for each in resource.get("extension", ()):
        if each.get("url") == url:
            return {part["url"]: _value(part) for part in each.get("extension", ())}
    return None


def _value(part: Mapping[str, Any]) -> Any:
    return next((value for name, value in part.items() if name.startswith("value")), None)


def replaced(items: Sequence[Any], url: str, new: Any) -> list[Any]:
    """The extensions with that of `url` replaced by `new`."""
    return [each for each in items if each.get("url") != url] + [new]
