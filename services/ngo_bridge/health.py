"""Whether the bridge lives, whether it can work, and whether what waits here reaches somebody."""

from typing import Any

from fastapi import APIRouter, Response

from ngo_bridge.bridge import BridgeOf
from referral_exchange import problems

router = APIRouter(prefix="/health", include_in_schema=False)


@router.get("/live")
def live() -> dict[str, str]:
    """It runs."""
    return {"status": "ok"}


@router.get("/ready")
def ready(bridge: BridgeOf) -> dict[str, str]:
    """It can work: directory read, inbox assigned, ledger answering."""
    if not bridge.edge.ready():
        raise problems.of_status(503)
    return {"status": "ok"}


@router.get("/notices")
def notices(bridge: BridgeOf, response: Response) -> dict[str, Any]:
    """Counts, and how each way out is. 503 while nobody has answered, or a way out does not work.

    Apart from `ready`: a bridge whose mail server is down must stay reachable, now more than ever.
    """
    if bridge.notices is None:
        return {"status": "nobody is told"}
    report = bridge.notices.report()
    response.status_code = 200 if report.well else 503
    return report.as_json()
