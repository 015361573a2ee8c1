"""How a mistake is written onto a provider's Task, and taken off again. Pure."""

from collections.abc import Mapping
from typing import Any

from fhir_health import codes
from fhir_health.elements import Resource, codes_in, concept, filled
from participant_edge.kit.mistakes import Mistake

_ID = "exchange-problem"
_ISSUE = {
    "missing": "required",
    "unknown-element": "structure",
    "wrong-type": "structure",
    "wrong-value": "value",
    "unknown-code": "code-invalid",
    "other-patient": "business-rule",
    "not-found": "not-found",
    "denied": "forbidden",
    "wrong-state": "business-rule",
}
"""FHIR IssueType by our code; all else is `processing`."""


def markable(task: Mapping[str, Any]) -> bool:
    """Whether what a server holds has at least the shape of a Task where the mark goes."""
    lists = [task.get("contained", []), task.get("output", [])]
    reason = task.get("statusReason", {})
    return (
        all(isinstance(found, list) and all(isinstance(each, dict) for each in found) for found in lists)
        and isinstance(reason, dict)
        and isinstance(reason.get("coding", []), list)
        and all(isinstance(each, dict) for each in reason.get("coding", []))
        and all(isinstance(each.get("valueReference", {}), dict) for each in lists[1])
    )


def marked(task: Mapping[str, Any], mistake: Mistake, **changes: Any) -> Resource:
    """The Task with the mistake on it: coded in `statusReason`, and as an OperationOutcome it contains.

    What staff wrote stays; `changes` are further elements to set. Marked twice it is the same Task.
    """
    bare = unmarked(task)
    reason = bare.get("statusReason", {})
    own = {"system": codes.PROBLEM, "code": mistake.code, "display": mistake.do}
    outcome = {
        "resourceType": "OperationOutcome",
        "id": _ID,
        "issue": [
            {
                "severity": "error",
                "code": _ISSUE.get(mistake.code, "processing"),
                "details": {"coding": [own]},
                "diagnostics": mistake.do,
                "expression": [mistake.where],
            }
        ],
    }
    output = {"type": concept((codes.NEED, "problem")), "valueReference": {"reference": f"#{_ID}"}}
    return {
        **bare,
        "contained": [*bare.get("contained", ()), outcome],
        "output": [*bare.get("output", ()), output],
        "statusReason": {
            **reason,
            "coding": [*reason.get("coding", ()), own],
            "text": reason.get("text", f"{mistake.where}: {mistake.do}"),
        },
        **changes,
    }


def unmarked(task: Mapping[str, Any]) -> Resource:
    """The Task without any mistake of ours on it."""
    kept = [each for each in task.get("contained", ()) if each.get("id") != _ID]
    outputs = [each for each in task.get("output", ()) if not _ours(each)]
    clean = {**task, "contained": kept, "output": outputs}
    reason = task.get("statusReason")
    if reason is not None and codes_in(reason, codes.PROBLEM):
        clean["statusReason"] = _reason_without(reason)
    return filled(clean)


def problem_on(task: Mapping[str, Any]) -> tuple[str, str] | None:
    """Code and FHIRPath of the mistake on a Task; None where it has none."""
    for each in task.get("contained", ()):
        if each.get("id") == _ID:
            issue = each["issue"][0]
            return issue["details"]["coding"][0]["code"], issue["expression"][0]
    return None


def _ours(output: Mapping[str, Any]) -> bool:
    return bool(output.get("valueReference", {}).get("reference") == f"#{_ID}")


def _reason_without(reason: Mapping[str, Any]) -> Resource:
    own = [each for each in reason["coding"] if each.get("system") == codes.PROBLEM]
    kept = [each for each in reason["coding"] if each.get("system") != codes.PROBLEM]
    text = reason.get("text")
    ours = any(str(text).endswith(f": {each.get('display')}") for each in own)
    return filled({**reason, "coding": kept, "text": None if ours else text})
