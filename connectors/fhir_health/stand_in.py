"""A strict stand-in of a provider's FHIR server, with faults that a test or a demonstration switches on.

It holds every resource to FHIR R4B, refuses a create without If-None-Exist and an update without If-Match,
and searches by nothing but identifier and time.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from fhir_health.elements import Resource, place
from fhir_health.stand_in_records import Answer, Records
from fhir_health.stand_in_rules import KINDS
from participant_edge.kit.mistakes import Mistake
from referral_exchange import ids
from referral_exchange.settings import from_arguments

_FHIR_JSON = "application/fhir+json"
_ISSUES = {"unknown-code": "code-invalid", "missing": "required", "not-found": "not-found"}
_BEFORE = {"down": 503, "409": 409, "412": 412, "429": 429, "500": 500}
FAULTS = (*_BEFORE, "slow", "late", "stored-500")
"""slow: waits, then does it. late: does it, then waits. stored-500: does it, then answers 500."""


@dataclass(slots=True)
class Fault:
    """After `skip` requests of `method` (empty: any) the next `times` go wrong this way."""

    kind: str
    times: int = 1
    method: str = ""
    seconds: float = 1.0
    skip: int = 0


@dataclass(slots=True, repr=False)
class StandIn:
    """The server. `asked`: method and address of every request, as an access log would have them."""

    records: Records = field(default_factory=Records)
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def fault(self, method: str) -> Fault | None:
        """The fault that this request meets."""
        for each in self.faults:
            if each.times > 0 and each.method in ("", method):
                if each.skip == 0:
                    each.times -= 1
                    return each
                each.skip -= 1
        return None

    def left(self, kind: str) -> int:
        """How many requests will still meet this fault."""
        return sum(each.times for each in self.faults if each.kind == kind)

    def answer(self, method: str, path: str, query: str, headers: Any, body: bytes) -> Response:
        """One request."""
        self.asked.append(f"{method} {path}?{query}")
        met = self.fault(method)
        if met is not None and met.kind in _BEFORE:
            wait = {"Retry-After": str(int(met.seconds))} if met.kind == "429" else {}
            return _outcome(Answer(_BEFORE[met.kind], "transient"), wait)
        if met is not None and met.kind == "slow":
            time.sleep(met.seconds)
        answered = self._served(method, path, query, headers, body)
        if met is not None and met.kind == "late":
            time.sleep(met.seconds)
        if met is not None and met.kind == "stored-500":
            return _outcome(Answer(500, "exception"))
        return answered

    def _served(self, method: str, path: str, query: str, headers: Any, body: bytes) -> Response:
        try:
            return self._do(method, path.split("/"), dict(parse_qsl(query)), headers, body)
        except Answer as answer:
            return _outcome(answer)
        except Mistake as mistake:
            issue = _ISSUES.get(mistake.code, "invariant")
            return _outcome(Answer(422, issue, mistake.where, mistake.do))

    def _do(
        self, method: str, steps: list[str], query: dict[str, str], headers: Any, body: bytes
    ) -> Response:
        match method, steps:
            case "GET", ["metadata"]:
                return _resource(_capabilities(), 200)
            case "POST", [kind] if kind in KINDS:
                return self._create(kind, headers, body)
            case "GET", [kind] if kind in KINDS:
                return _resource(self._bundle(kind, query), 200)
            case "GET", [kind, number]:
                return _resource(self.records.read(kind, number), 200)
            case "PUT", [kind, number]:
                version = headers.get("if-match", "")
                if not (version.startswith('W/"') and version.endswith('"')):
                    raise Answer(428, "required", "", 'send If-Match: W/"version"')
                resource = _body(headers, body)
                return _resource(self.records.update(kind, number, resource, version[3:-1]), 200)
        raise Answer(404, "not-supported")

    def _create(self, kind: str, headers: Any, body: bytes) -> Response:
        condition = dict(parse_qsl(headers.get("if-none-exist", "")))
        if set(condition) != {"identifier"} or "|" not in condition["identifier"]:
            raise Answer(428, "required", "", "send If-None-Exist: identifier=system|value")
        made, new = self.records.create(kind, _body(headers, body), condition)
        answered = _resource(made, 201 if new else 200)
        answered.headers["Location"] = f"/fhir/{place(made)}/_history/{made['meta']['versionId']}"
        if "return=minimal" in headers.get("prefer", ""):
            answered = Response(
                status_code=answered.status_code, headers={"Location": answered.headers["Location"]}
            )
        return answered

    def _bundle(self, kind: str, query: dict[str, str]) -> Resource:
        found = self.records.matching(kind, query)
        start, count = int(query.get("_offset", "0")), int(query.get("_count", "50"))
        page = found[start : start + count]
        bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
        if start + count < len(found):
            following = urlencode({**query, "_offset": str(start + count)})
            bundle["link"] = [{"relation": "next", "url": f"{kind}?{following}"}]
        bundle["entry"] = [{"search": {"mode": "match"}, "resource": each} for each in page]
        return bundle


def build(stand_in: StandIn) -> FastAPI:
    """Its FHIR API under `/fhir`, its faults under `/faults`."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/health/{which}")
    def health(which: str) -> dict[str, str]:
        return {which: "ok"}

    @app.put("/faults")
    def faults(wanted: list[Fault]) -> dict[str, int]:
        stand_in.faults[:] = wanted
        return {"faults": len(wanted)}

    @app.get("/asked")
    def asked() -> list[str]:
        return stand_in.asked

    @app.api_route("/fhir/{path:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def fhir(path: str, request: Request) -> Response:
        body = await request.body()
        query = request.url.query
        return await run_in_threadpool(stand_in.answer, request.method, path, query, request.headers, body)

    return app


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until stopped; everything it holds is gone then."""
    settings = from_arguments("fhir_health.stand_in", argv)
    uvicorn.run(
        build(StandIn(Records(life=f"{ids.fresh()[:8]}-"))),
        host=str(settings.need("host")),
        port=int(settings.need("port")),
        access_log=False,
        log_level="warning",
    )
    return 0


def _body(headers: Any, body: bytes) -> Any:
    if not headers.get("content-type", "").startswith(_FHIR_JSON):
        raise Answer(415, "not-supported", "", f"send {_FHIR_JSON}")
    try:
        return json.loads(body)
    except ValueError:
        raise Answer(400, "structure", "", "not JSON") from None


def _resource(resource: Resource, status: int) -> Response:
    version = resource.get("meta", {}).get("versionId")
    tag = {"ETag": f'W/"{version}"'} if version else {}
    return Response(json.dumps(resource), status, headers=tag, media_type=_FHIR_JSON)


def _outcome(answer: Answer, headers: dict[str, str] | None = None) -> Response:
    issue = {"severity": "error", "code": answer.code}
    told = issue | ({"expression": [answer.where]} if answer.where else {})
    told |= {"diagnostics": answer.do} if answer.do else {}
    body = {"resourceType": "OperationOutcome", "issue": [told]}
    return Response(json.dumps(body), answer.status, headers=headers, media_type=_FHIR_JSON)


def _capabilities() -> Resource:
    each = {"conditionalCreate": True, "versioning": "versioned-update"}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "kind": "instance",
        "fhirVersion": "4.3.0",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": [{"type": kind, **each} for kind in sorted(KINDS)]}],
    }


if __name__ == "__main__":
    sys.exit(main())
