"""One HTTP request to an address that somebody typed in: never to a private one, never followed elsewhere."""

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from participant_edge.notices.outcomes import Delivered, Failed, Outcome

WITHIN_S = 10.0
"""From the look-up of the name to the last byte of the answer, in seconds."""

_READ_AT_MOST = 64 * 1024
_GATEWAY_CODES = frozenset({401, 403, 404, 405, 407, 408, 410, 425, 429})
"""Answers below 500 that the next message would get as well."""

Resolve = Callable[[str, int], list[str]]
"""Every address of a host, as text."""


class AddressRefused(ValueError):
    """This address is not called. The message says which kind would be."""


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """A request to be made. `body` and headers may hold a provider's secret: no repr."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Says nothing of it."""
        return "Call(...)"


def addresses_of(host: str, port: int) -> list[str]:
    """Asks the system's resolver. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def tls_context() -> ssl.SSLContext:
    """The certificates that this machine trusts."""
    return ssl.create_default_context()


def check_url(url: str, *, allow_private: bool = False) -> httpx.URL:
    """The parsed address. Raises AddressRefused where it is not https, or carries a name and password."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError):
        raise AddressRefused("give a whole address that begins with https://") from None
    if parsed.scheme != "https" and not (allow_private and parsed.scheme == "http"):
        raise AddressRefused("give an address that begins with https://")
    if not parsed.host or "%" in parsed.host or any(mark.isspace() for mark in url):
        raise AddressRefused("give an address with a host, and without spaces")
    if parsed.userinfo or parsed.fragment:
        raise AddressRefused("leave user, password and fragment out of the address")
    return parsed


def is_public(address: str) -> bool:
    """Whether the address is one of the open internet, also behind what wraps an IPv4 address in IPv6."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = _wrapped(parsed)
        if inner is not None:
            return is_public(str(inner))
    return parsed.is_global and not parsed.is_multicast


def send(
    call: Call,
    *,
    allow_private: bool = False,
    within_s: float = WITHIN_S,
    resolve: Resolve = addresses_of,
) -> Outcome:
    """Makes the request once, to the very address that was checked. Redirects are failures."""
    try:
        url = check_url(call.url, allow_private=allow_private)
        address = _checked(url, allow_private, within_s, resolve)
    except AddressRefused:
        return Failed("address-refused")
    except OSError:
        return Failed("no-such-host")
    return asyncio.run(_send(call, url, address, within_s))


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def _checked(url: httpx.URL, allow_private: bool, within_s: float, resolve: Resolve) -> str:
    """The address to connect to. One private address among them is enough to refuse all of them."""
    found = _in_time(lambda: resolve(url.host, url.port or 443), within_s)
    if not found:
        raise OSError
    if not allow_private and not all(is_public(address) for address in found):
        raise AddressRefused
    return found[0]


def _in_time(ask: Callable[[], list[str]], within_s: float) -> list[str]:
    """What `ask` answers within its time; a resolver cannot be told to hurry, only left behind."""
    answers: list[list[str]] = []

    def run() -> None:
        try:
            answers.append(ask())
        except (OSError, UnicodeError):
            answers.append([])

    asking = threading.Thread(target=run, name="resolver", daemon=True)
    asking.start()
    asking.join(within_s)
    return answers[0] if answers else []


async def _send(call: Call, url: httpx.URL, address: str, within_s: float) -> Outcome:
    try:
        async with asyncio.timeout(within_s):
            return await _exchange(call, url, address)
    except (TimeoutError, httpx.TimeoutException):
        return Failed("too-slow")
    except httpx.ConnectError:
        return Failed("no-connection")
    except (httpx.HTTPError, httpx.StreamError, ValueError):
        return Failed("broke-off")


async def _exchange(call: Call, url: httpx.URL, address: str) -> Outcome:
    headers = {"user-agent": "notices/1", **call.headers, "host": url.netloc.decode("ascii")}
    async with (
        # No proxy or certificate from the environment: it decides where this goes as little as the answer.
        httpx.AsyncClient(
            verify=tls_context(), trust_env=False, follow_redirects=False, timeout=None
        ) as client,
        client.stream(
            call.method,
            url.copy_with(host=address),
            headers=headers,
            content=call.body,
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        ) as answer,
    ):
        size = 0
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            if size > _READ_AT_MOST:
                break
        return _judged(answer)


def _judged(answer: httpx.Response) -> Outcome:
    status = answer.status_code
    if 200 <= status < 300:
        return Delivered()
    if 300 <= status < 400:
        return Failed("redirects")
    asked = _retry_after(answer.headers.get("retry-after"))
    if status >= 500 or status in _GATEWAY_CODES:
        return Failed(f"http-{status}", retry_after=asked)
    return Failed(f"http-{status}", gateway=False, lasting=True)


def _retry_after(told: str | None) -> timedelta | None:
    """Seconds or a date (RFC 9110); None where neither can be read."""
    if told is None:
        return None
    if told.strip().isdecimal():
        return timedelta(seconds=min(int(told.strip()[:9]), 10**6))
    try:
        moment = parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(zoned - datetime.now(UTC), timedelta())
