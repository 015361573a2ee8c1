"""Four plain pages that do the job without a script: offer, inbox, answer and status, withdraw."""

from fastapi import APIRouter

from ngo_bridge.pages import inbox_page, offer_page, referral_page, style, withdraw_page


def router() -> APIRouter:
    """Every page."""
    whole = APIRouter()
    for part in (inbox_page, offer_page, referral_page, withdraw_page, style):
        whole.include_router(part.router)
    return whole
