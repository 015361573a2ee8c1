"""One HTTP request to a FHIR server, bounded in time and size, and its answer."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from fhir_health.elements import Resource
from participant_edge.delivery import NotDelivered

FHIR_JSON = "application/fhir+json"
LARGEST = 16 * 1024 * 1024
"""Bytes of the largest answer that is read."""

_LONGEST_WAIT_S = 300.0
_EXPRESSION = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]]{0,99}")
_UNNAMED = "an element it does not name"


class NotTaken(NotDelivered):
    """The server answered that it will not take this as it is: 400, 401, 403, 404, 410, 415, 422, 428."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def retry_after_s(self) -> float:
        """How long the server asks to be left alone; at most 5 minutes are granted."""
        told = self.headers.get("Retry-After", "")
        return min(float(told), _LONGEST_WAIT_S) if told.isdecimal() else 0.0

    def expression(self) -> str:
        """Where the server says that it is wrong: a plain path, or nothing of what it wrote."""
        try:
            told = json.loads(self.content)["issue"][0]["expression"][0]
        except (ValueError, KeyError, IndexError, TypeError):
            return _UNNAMED
        return told if isinstance(told, str) and _EXPRESSION.fullmatch(told) else _UNNAMED

    def resource(self) -> Resource | None:
        """The resource in it; None where there is none, or what was to be told and nothing else."""
        if not self.content:
            return None
        try:
            found: Any = json.loads(self.content)
        except (ValueError, RecursionError):
            raise NotDelivered("not-json") from None
        if not isinstance(found, dict) or "resourceType" not in found:
            raise NotDelivered("no-resource")
        # Prefer: return=OperationOutcome may be all that a server knows.
        return None if found["resourceType"] == "OperationOutcome" else found


def written(body: Resource | None) -> bytes | None:
    """The body as bytes. Raises NotTaken for what JSON cannot hold: a number, or half a character."""
    try:
        return None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise NotTaken("not-json") from None


def ask(http: httpx.Client, request: httpx.Request, clock: Callable[[], float], within_s: float) -> Answer:
    """The answer. Raises NotDelivered; a server that sends a byte now and then is not waited for."""
    deadline = clock() + within_s
    chunks: list[bytes] = []
    size = 0
    try:
        answer = http.send(request, stream=True)
        try:
            for chunk in answer.iter_bytes():
                chunks.append(chunk)
                size += len(chunk)
                if size > LARGEST:
                    raise NotDelivered("too-large")
                if clock() > deadline:
                    raise NotDelivered("timed-out")
        finally:
            answer.close()
    except httpx.TimeoutException:
        raise NotDelivered("timed-out") from None
    except httpx.HTTPError:
        raise NotDelivered("unreachable") from None
    return Answer(answer.status_code, answer.headers, b"".join(chunks))
