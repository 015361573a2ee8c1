"""Plain pages that do the job without a script: sign in, inbox, offer, answer and status, withdraw."""

from starlette.routing import BaseRoute

from ngo_bridge.pages import (
    account_page,
    caseworkers_page,
    code_page,
    contact_page,
    elsewhere_page,
    inbox_page,
    notices_page,
    offer_page,
    printed_page,
    referral_page,
    services_page,
    sign_in_page,
    style,
    today_page,
    withdraw_page,
)

_PARTS = (
    sign_in_page,
    account_page,
    caseworkers_page,
    today_page,
    inbox_page,
    notices_page,
    offer_page,
    services_page,
    printed_page,
    code_page,
    contact_page,
    referral_page,
    elsewhere_page,
    withdraw_page,
    style,
)


def routes() -> list[BaseRoute]:
    """Every page."""
    return [route for part in _PARTS for route in part.router.routes]
