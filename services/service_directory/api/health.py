"""Whether the service lives, and whether it can work."""

from fastapi import APIRouter
from starlette.responses import JSONResponse

from service_directory.api.desk import DeskOf

router = APIRouter(prefix="/health", include_in_schema=False)


@router.get("/live")
def live() -> dict[str, str]:
    """It runs."""
    return {"status": "ok"}


@router.get("/ready")
def ready(desk: DeskOf) -> JSONResponse:
    """It can work; else 503, and what is missing."""
    found = dict(desk.ready())
    status = "ok" if all(found.values()) else "unavailable"
    return JSONResponse({"status": status, **found}, 200 if status == "ok" else 503)
