"""GET /style.css and /enhance.js: the pages' only other files."""

from fastapi import APIRouter
from starlette.responses import Response

from referral_exchange.pages import assets

router = APIRouter(include_in_schema=False)


@router.get("/style.css")
def style() -> Response:
    """The style sheet."""
    return Response(assets.style(), media_type="text/css")


@router.get("/enhance.js")
def script() -> Response:
    """The script, which no page needs."""
    return Response(assets.script(), media_type="text/javascript")
