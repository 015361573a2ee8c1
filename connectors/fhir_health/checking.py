"""Holds a resource to FHIR R4B: every element known, of its type, present where required. Pure."""

from collections.abc import Iterable
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from fhir_health.elements import Resource
from participant_edge.kit.mistakes import Mistake

TASK_STATUS = frozenset(
    [
        "draft",
        "requested",
        "received",
        "accepted",
        "rejected",
        "ready",
        "cancelled",
        "in-progress",
        "on-hold",
        "failed",
        "completed",
        "entered-in-error",
    ]
)
"""http://hl7.org/fhir/task-status, which fhir.resources knows only in part."""

_DO = {
    "extra_forbidden": ("unknown-element", "FHIR R4B has no such element; leave it out"),
    "model_field_validation.missing": ("missing", "this element is required; add it"),
    "missing": ("missing", "this element is required; add it"),
}


def checked(resource: Any, kind: str) -> Resource:
    """The resource. Raises Mistake, which names the element as a FHIRPath and no value."""
    if not isinstance(resource, dict) or resource.get("resourceType") != kind:
        raise Mistake("wrong-type", kind, f"a {kind} is expected here")
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except ValidationError as error:
        raise _first(kind, error) from None
    _require_no_null(resource, kind)
    _require_codes(resource, kind)
    return resource


def path(kind: str, places: Iterable[int | str]) -> str:
    """A FHIRPath: `Task.input[0].type`."""
    steps = (f"[{place}]" if isinstance(place, int) else f".{_shown(place)}" for place in places)
    return kind + "".join(steps)


def _require_no_null(value: Any, at: str) -> None:
    # The library takes null for absence; who reads the element afterwards would not.
    if value is None:
        raise Mistake("wrong-value", at, "FHIR's JSON has no null here; leave the element out")
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        _require_no_null(each, f"{at}[{step}]" if isinstance(step, int) else f"{at}.{step}")


def _shown(name: str) -> str:
    # The library names what Python reserves otherwise, and the types of contained resources.
    return {"for_fhir": "for", "class_fhir": "class", "resource_type": "resourceType"}.get(name, name)


def _first(kind: str, error: ValidationError) -> Mistake:
    # Its own text quotes what was found; type and place are all that is taken from it.
    told = error.errors(include_url=False, include_context=False, include_input=False)[0]
    code, do = _DO.get(told["type"], ("wrong-value", "this is not a value that the element may hold"))
    return Mistake(code, path(kind, told["loc"]), do)


def _require_codes(resource: Resource, kind: str) -> None:
    fields = get_fhir_model_class(kind).model_fields
    for name, value in resource.items():
        known: Iterable[str] = ()
        if name in fields and isinstance(value, str):
            known = (fields[name].json_schema_extra or {}).get("enum_values", ())  # type: ignore[union-attr, assignment]
        if (kind, name) == ("Task", "status"):
            known = TASK_STATUS
        if known and value not in known:
            raise Mistake("unknown-code", f"{kind}.{name}", f"use one of {', '.join(sorted(known))}")
