"""Which session a form was given to, or which browser before there is one: a token in the form fits it."""

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from ngo_bridge.bridge import Bridge, BridgeOf, concerns
from ngo_bridge.pages.form import Form
from ngo_bridge.sign_in.cookies import brought
from ngo_bridge.sign_in.door import by_itself, session_of
from ngo_bridge.sign_in.sessions import Session
from referral_exchange.problems import Problem

TOKEN_FIELD = "guard"
KEY_FIELD = "key"
_COOKIE_SHAPE = re.compile(r"[0-9a-f]{32}")
_KEY_SHAPE = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True, slots=True, repr=False)
class Visit:
    """One request of one browser. `session` None: nobody is signed in, so this is the sign-in page.

    `cookie` is random, says nothing, and ends with the sign-in; `known`: it came with the request.
    """

    request: Request
    bridge: Bridge
    session: Session | None
    cookie: str
    known: bool

    @property
    def token(self) -> str:
        """What every form carries that was given to this session, or before it to this browser."""
        if self.session is None:
            return self.bridge.secret.mark("sign-in form", self.cookie).hex()
        return self.bridge.secret.mark("form", self.session.digest).hex()

    @property
    def who(self) -> Session:
        """Who is signed in: behind `SignedInOnly`, always somebody. Raises Problem all the same."""
        if self.session is None:
            raise stale_form()
        return self.session

    @property
    def looks_again(self) -> bool:
        """Whether the page asks by itself, and nobody pressed anything."""
        return by_itself(self.request)

    def concerns(self, referral_id: str) -> None:
        """Tells the request's trace which referral it is about."""
        concerns(self.request, referral_id)


def fresh_key() -> str:
    """A key for one form as it is shown; a double click sends the same one twice."""
    return secrets.token_urlsafe(18)


def stale_form() -> Problem:
    """The form is not one that this browser was given, or it was given too long ago."""
    return Problem(
        403, "stale-form", "This form does not come from this browser", "Load the page anew and send it."
    )


def key_of(form: Form) -> str:
    """The form's own key. Raises Problem where it has none of ours."""
    return own_key(form)


def own_key(form: Form, field: str = KEY_FIELD) -> str:
    """The key of ours that `form` carries in `field`. Raises Problem where it is none."""
    if not _KEY_SHAPE.fullmatch(form.value(field)):
        raise stale_form()
    return form.value(field)


def _visit(request: Request, bridge: BridgeOf) -> Visit:
    session, found = session_of(request), brought(request, bridge.cookies.visit)
    known = session is not None or _COOKIE_SHAPE.fullmatch(found) is not None
    return Visit(request, bridge, session, found if known else secrets.token_hex(16), known)


VisitOf = Annotated[Visit, Depends(_visit)]
"""The visit, as a page asks for it."""


async def _submitted(visit: VisitOf) -> Form:
    form = Form(await visit.request.form(max_files=0, max_fields=300))
    if not visit.known or not hmac.compare_digest(visit.token, form.value(TOKEN_FIELD)):
        raise stale_form()
    return form


Submitted = Annotated[Form, Depends(_submitted)]
"""A form that this bridge gave to this session, or to this browser to sign in with."""
