"""Certificates of a throw-away authority, for tests that need no broker."""

from pathlib import Path

from exchange_command.authority import authority_in
from referral_exchange.settings import Tls


def certificate(folder: Path, principal: str, authority: str = "authority") -> Tls:
    """The certificate of `principal`, issued by the authority of that name below `folder`."""
    own = folder / authority / principal
    authority_in(folder / authority / "its-own").issue(own, principal)
    return Tls(own / "authority.pem", own / "certificate.pem", own / "key.pem")
