"""What the stand-in refuses beyond FHIR's structure: unknown codes, dangling references. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fhir_health import codes
from fhir_health.checking import checked
from fhir_health.elements import Resource
from participant_edge.kit.mistakes import Mistake
from referral_exchange import vocabulary

KINDS = frozenset({"Task", "ServiceRequest", "Patient", "Consent", "QuestionnaireResponse"})
Place = tuple[int | str, ...]

# Written out, so that a wrong code in the connector's own tables is found here.
_KNOWN: Mapping[str, frozenset[str]] = {
    codes.BSER: frozenset(["2.0", "3.0", "4.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.2", "6.0", "7.0"]),
    codes.TASK_CODE: frozenset(
        [
            "approve",
            "fulfill",
            "abort",
            "replace",
            "change",
            "suspend",
            "resume",
        ]
    ),
    codes.IDENTIFIER_TYPE: frozenset({"PLAC", "FILL"}),
    codes.SDOHCC: frozenset(
        [
            "sdoh-category-unspecified",
            "material-hardship",
            "educational-attainment",
            "employment-status",
            "housing-instability",
            "language-access",
            "contacting-subject-prohibited",
            "additional-content",
        ]
    ),
    codes.SERVICE: frozenset(vocabulary.service_categories()),
    codes.ACCESS: frozenset(vocabulary.access_needs()),
    codes.AGE_BAND: frozenset(vocabulary.age_bands()),
    codes.DATA_CLASS: frozenset(vocabulary.data_classes()),
    codes.NEED: frozenset({*codes.NEEDS, *codes.OUTPUTS}),
    codes.BUSINESS: frozenset(codes.OWN_BUSINESS_STATUS),
    codes.CONSENT_SCOPE: frozenset(["adr", "research", "patient-privacy", "treatment"]),
}


def acceptable(resource: Any, kind: str, held: Callable[[str], bool]) -> Resource:
    """The resource. `held`: whether `Patient/1` is there. Raises Mistake."""
    whole = checked(resource, kind)
    inside = {f"#{each['id']}" for each in whole.get("contained", ()) if "id" in each}
    named: set[str] = set()
    for place, element in _elements(whole):
        _require_code(kind, place, element)
        reference = element.get("reference")
        if isinstance(reference, str):
            named.add(reference)
            if not (reference in inside or held(reference.partition("/_history/")[0])):
                raise Mistake("not-found", _path(kind, (*place, "reference")), "no such resource is here")
    if not inside <= named:
        # FHIR's dom-3.
        raise Mistake("wrong-value", f"{kind}.contained", "what is contained must be referred to")
    if kind == "Task":
        _require_task(whole)
    return whole


def _require_task(task: Resource) -> None:
    if "code" not in task:
        raise Mistake("missing", "Task.code", "both guides require it")
    if "reference" in task.get("requester", {}).get("identifier", {}):
        raise Mistake("wrong-type", "Task.requester.identifier", "an identifier is no reference")
    if "statusReason" in task and not task["statusReason"].get("text"):
        # SDOH Clinical Care and BSeR: a reason is told in words too.
        raise Mistake("missing", "Task.statusReason.text", "say the reason in words too")


def _require_code(kind: str, place: Place, element: Mapping[str, Any]) -> None:
    system, code = element.get("system"), element.get("code")
    if isinstance(system, str) and isinstance(code, str) and code not in _KNOWN.get(system, {code}):
        raise Mistake("unknown-code", _path(kind, (*place, "code")), "the system has no such code")


def _elements(value: Any, place: Place = ()) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    if isinstance(value, dict):
        yield place, value
        for name, inner in value.items():
            yield from _elements(inner, (*place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _elements(inner, (*place, number))


def _path(kind: str, place: Place) -> str:
    return kind + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
