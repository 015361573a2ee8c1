"""Whether the bridge lives, and whether it can work."""

from fastapi import APIRouter

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
