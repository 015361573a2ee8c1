"""The three cookies of a browser: none says anything, no script sees one, no other site sends one."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import Response

from ngo_bridge.config import BridgeConfig
from ngo_bridge.sign_in import rules


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names and rules of the cookies. `secure`: browsers reach the bridge by TLS only.

    Over TLS the names begin with `__Host-`: a browser takes such a cookie only if it is Secure, for this
    host alone and for every path, so nobody near can plant one. On loopback without TLS many browsers would
    keep no Secure cookie, so the names carry the port there: a browser sends the cookies of one bridge to
    every other port of the same machine, and two bridges must not overwrite each other's.
    """

    secure: bool
    port: int

    @property
    def session(self) -> str:
        """Of who is signed in; gone when the browser closes."""
        return self._name("session")

    @property
    def visit(self) -> str:
        """Of who is not: ties the sign-in form to the browser it was given to."""
        return self._name("visit")

    @property
    def browser(self) -> str:
        """By which a browser is known that signed in before."""
        return self._name("known")

    def give_session(self, answer: Response, value: str) -> None:
        """Signed in: the cookie of before is of no more use."""
        answer.set_cookie(self.session, value, **self._kept())
        answer.delete_cookie(self.visit, **self._kept())

    def give_visit(self, answer: Response, value: str) -> None:
        """Not signed in yet."""
        answer.set_cookie(self.visit, value, **self._kept())

    def give_browser(self, answer: Response, value: str) -> None:
        """Known from now on."""
        longest = int(rules.BROWSER_KNOWN.total_seconds())
        answer.set_cookie(self.browser, value, max_age=longest, **self._kept())

    def take_session(self, answer: Response) -> None:
        """Signed out."""
        answer.delete_cookie(self.session, **self._kept())

    def _name(self, what: str) -> str:
        return f"__Host-bridge_{what}" if self.secure else f"bridge_{what}_{self.port}"

    def _kept(self) -> dict[str, Any]:
        return {"path": "/", "secure": self.secure, "httponly": True, "samesite": "strict"}


def cookies_of(config: BridgeConfig) -> Cookies:
    """The cookies of the bridge that `config` describes."""
    return Cookies(config.secure, config.port)


def brought(request: HTTPConnection, name: str) -> str:
    """The cookie that came with a request; empty where none did."""
    return request.cookies.get(name, "")
