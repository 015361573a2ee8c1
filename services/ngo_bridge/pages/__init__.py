"""Plain pages that do the job without a script: sign in, inbox, offer, answer and status, withdraw."""

from fastapi import APIRouter

from ngo_bridge.pages import (
    account_page,
    caseworkers_page,
    inbox_page,
    offer_page,
    referral_page,
    sign_in_page,
    style,
    withdraw_page,
)

_PARTS = (
    sign_in_page,
    account_page,
    caseworkers_page,
    inbox_page,
    offer_page,
    referral_page,
    withdraw_page,
    style,
)


def router() -> APIRouter:
    """Every page."""
    whole = APIRouter()
    for part in _PARTS:
        whole.include_router(part.router)
    return whole
