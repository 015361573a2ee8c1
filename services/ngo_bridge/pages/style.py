"""GET /style.css: the pages' only other file."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

router = APIRouter(include_in_schema=False)
_FILE = Path(__file__).resolve().parents[1] / "static" / "style.css"


@cache
def text() -> str:
    """The style sheet, read once."""
    return _FILE.read_text(encoding="utf-8")


@router.get("/style.css")
def style() -> Response:
    """The style sheet."""
    return Response(text(), media_type="text/css")
