"""TLS between our processes: both sides show a certificate, and new files are taken without a restart."""

import ipaddress
import logging
import ssl
from functools import lru_cache
from typing import Any

from referral_exchange.runtime.file_stamp import Stamp, stamp_of
from referral_exchange.settings import SettingsError, Tls

_LOG = logging.getLogger(__name__)


class _Renewing(ssl.SSLContext):
    """Looks at its files before each connection; a half replaced pair waits for the next one."""

    _tls: Tls
    _stamp: Stamp = ()

    def follow(self, tls: Tls) -> None:
        """Loads the files of `tls` now and whenever they change. Raises OSError, ssl.SSLError."""
        self._tls = tls
        self._load(_stamp_of(tls))

    def wrap_socket(self, *args: Any, **named: Any) -> ssl.SSLSocket:
        """See ssl.SSLContext; http.server, Kafka's and httpx's synchronous clients come by here."""
        self._renew()
        return super().wrap_socket(*args, **named)

    def wrap_bio(self, *args: Any, **named: Any) -> ssl.SSLObject:
        """See ssl.SSLContext; asyncio comes by here."""
        self._renew()
        return super().wrap_bio(*args, **named)

    def _renew(self) -> None:
        try:
            if (stamp := _stamp_of(self._tls)) != self._stamp:
                self._load(stamp)
        except (OSError, ValueError) as error:
            _LOG.warning("new certificate files cannot be used yet (%s); the old stay", type(error).__name__)

    def _load(self, stamp: Stamp) -> None:
        self.load_cert_chain(self._tls.certificate, self._tls.key)
        self.load_verify_locations(self._tls.authority)
        self._stamp = stamp


def server_context(tls: Tls, *, ask: bool = True) -> ssl.SSLContext:
    """For a server. `ask`: whoever connects has to show a certificate; without, browsers may come.

    Raises SettingsError where the files cannot be used.
    """
    context = _following(ssl.PROTOCOL_TLS_SERVER, tls)
    context.verify_mode = ssl.CERT_REQUIRED if ask else ssl.CERT_NONE
    # A resumed session would bring back a certificate that was taken away since.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


@lru_cache(maxsize=64)
def client_context(tls: Tls) -> ssl.SSLContext:
    """For clients: checks the server's certificate and name, shows ours. Raises SettingsError."""
    return _following(ssl.PROTOCOL_TLS_CLIENT, tls)


def verifying(tls: Tls | None) -> ssl.SSLContext | bool:
    """What httpx takes as `verify`: our context, or its own where a process has no certificate."""
    return client_context(tls) if tls else True


def outward(host: str, tls: Tls | None) -> ssl.SSLContext | None:
    """For pages that people open: plain on loopback, else HTTPS without asking for a certificate.

    Raises SettingsError where `host` lies open to others and there is no `[tls]`.
    """
    if is_loopback(host):
        return None
    return server_context(_needed(host, tls), ask=False)


def between_machines(host: str, tls: Tls | None) -> ssl.SSLContext | None:
    """For what only machines ask: mutual TLS; None without `[tls]` on loopback, as unit tests run it.

    Raises SettingsError where `host` lies open to others and there is no `[tls]`.
    """
    if tls is None and is_loopback(host):
        return None
    return server_context(_needed(host, tls))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _needed(host: str, tls: Tls | None) -> Tls:
    if tls is None:
        raise SettingsError(f"[service] host {host} lies open to others: set [tls], or listen on 127.0.0.1")
    return tls


def _following(protocol: int, tls: Tls) -> ssl.SSLContext:
    context = _Renewing(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.follow(tls)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"[tls] {tls.certificate.parent.name}: its files cannot be used ({type(error).__name__}); "
            "`exchange up` issues them"
        ) from None
    return context


def _stamp_of(tls: Tls) -> Stamp:
    return stamp_of((tls.authority, tls.certificate, tls.key))
