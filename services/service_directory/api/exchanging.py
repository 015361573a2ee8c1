"""HSDS 3 in and out."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from referral_exchange import problems
from referral_exchange.problems import Problem
from service_directory import importing
from service_directory.api.answers import ImportReport
from service_directory.api.desk import Desk, DeskOf, operator_only
from service_directory.hsds import packing, writing
from service_directory.importing import TermsUnusable, Upload

router = APIRouter(tags=["hsds"])

KINDS = {"application/json": "upload.json", "text/csv": "upload.csv", "application/zip": "upload.zip"}
"""Media types that are taken, and the name under which their findings stand where none is given."""

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "HSDS 3: JSON, one CSV table, or a zip of CSV tables.",
        "content": {
            "application/json": {"schema": {}},
            "text/csv": {"schema": {"type": "string"}},
            "application/zip": {"schema": {"type": "string", "contentMediaType": "application/zip"}},
        },
    }
}
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of services as the HSDS API lists them, or all tables as CSV in a zip.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/zip": {"schema": {"type": "string", "contentMediaType": "application/zip"}},
        },
    }
}


@router.post(
    "/v1/imports",
    operation_id="importHsds",
    openapi_extra=_BODY,
    dependencies=[Depends(operator_only)],
)
async def take(
    request: Request,
    desk: DeskOf,
    file: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    only_valid: bool = False,
    dry_run: bool = False,
    term: Annotated[list[str], Query(max_length=200)] = [],  # noqa: B006 - FastAPI copies it
) -> ImportReport:
    """Judges every row and answers a report. With an error anywhere nothing is applied, unless `only_valid`.

    `file` names the table of a CSV. `term` maps what the publisher says to a category, as
    `taxonomy:term=Housing Services`. Places and contacts are dropped while reading and never stored.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in KINDS:
        raise Problem(415, "media-type", "This is not taken here", f"Send {', '.join(KINDS)}.")
    upload = Upload(
        name=_name(kind, file),
        content=await request.body(),
        only_valid=only_valid,
        dry_run=dry_run,
        terms=dict(_term(each) for each in term),
    )
    return await run_in_threadpool(_run, desk, upload)


@router.get("/v1/imports/{import_id}", operation_id="readImport")
def read_report(desk: DeskOf, import_id: str) -> ImportReport:
    """What came of an earlier import."""
    found = desk.book.report(import_id)
    if found is None:
        raise problems.unknown()
    return ImportReport.model_validate(found)


@router.get("/v1/hsds", operation_id="exportHsds", response_class=Response, responses=_ZIP)
def give(
    desk: DeskOf,
    format: Annotated[Literal["json", "csv"], Query()] = "json",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    per_page: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Everything that may be published, as HSDS 3. A confidential programme is its alias and its region."""
    view = desk.book.view
    out = writing.tables(view.directory, view.services.values(), view.organizations)
    if format == "csv":
        named = {"content-disposition": 'attachment; filename="hsds.zip"'}
        return Response(packing.archive(out), media_type="application/zip", headers=named)
    return Response(json.dumps(packing.page(out, page, per_page)), media_type="application/json")


def _run(desk: Desk, upload: Upload) -> ImportReport:
    try:
        report = importing.run(desk.book, upload, desk.terms, desk.clock)
    except TermsUnusable as error:
        detail = "Map each term to a code of service_categories."
        lines = [{"term": line, "nearest": list(near)} for line, near in sorted(error.nearest.items())]
        raise Problem(422, "unknown-code", "A term maps to no code", detail, more={"terms": lines}) from None
    desk.publisher.flush()
    return ImportReport.model_validate(report.as_json())


def _name(kind: str, file: str | None) -> str:
    ending = KINDS[kind].rsplit(".", 1)[-1]
    return file if file and file.lower().endswith(f".{ending}") else KINDS[kind]


def _term(said: str) -> tuple[str, str]:
    term, equals, category = said.partition("=")
    if not equals or ":" not in term:
        detail = "Write it as taxonomy:term=Housing Services; nothing behind = for a term that is no service."
        raise Problem(422, "bad-term", "A term cannot be read", detail)
    return term, category
