"""What the page is told: where it listens, under which addresses, where a quick way out leads."""

from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from referral_exchange.pages.help_lines import HelpLines
from referral_exchange.runtime.tls import is_loopback
from referral_exchange.settings import Settings, SettingsError, Tls

_NEUTRAL = "https://www.weather.gov/"


@dataclass(frozen=True, slots=True)
class PageConfig:
    """Settings of the page. `origins`: scheme, host and port under which a browser may reach it."""

    host: str
    port: int
    origins: tuple[str, ...]
    leave_to: str = _NEUTRAL
    """Where the quick way out leads: a page that anybody might look at."""
    help_lines: HelpLines = field(default_factory=HelpLines)
    timezone: ZoneInfo | None = None
    """In which times are shown; None: this machine's."""
    wrong_codes: int = 10
    """So many wrong codes from one network within ten minutes; 0: behind a proxy, where all look alike."""
    tls: Tls | None = None
    """What a browser is shown. Never the exchange's own certificate: its name says what this is."""


def from_settings(settings: Settings) -> PageConfig:
    """The page that `[service]` describes. Raises SettingsError, which names the setting."""
    service, host, port = settings.service, str(settings.need("host")), int(settings.need("port"))
    return PageConfig(
        host=host,
        port=port,
        origins=tuple(service.get("origins", _own_origins(host, port))),
        leave_to=str(service.get("leave_to", _NEUTRAL)),
        help_lines=HelpLines.of(service.get("help", {})),
        timezone=_zone(service.get("timezone")),
        wrong_codes=int(service.get("wrong_codes", 10)),
        tls=_tls(settings, host),
    )


def _own_origins(host: str, port: int) -> list[str]:
    scheme = "http" if is_loopback(host) else "https"
    return [f"{scheme}://{name}:{port}" for name in dict.fromkeys((host, "127.0.0.1", "localhost"))]


def _tls(settings: Settings, host: str) -> Tls | None:
    service = settings.service
    if "page_certificate" in service and "page_key" in service and settings.tls is not None:
        files = (Path(str(service[name])) for name in ("page_certificate", "page_key"))
        return Tls(settings.tls.authority, *files)
    if not is_loopback(host):
        raise SettingsError(
            "[service] page_certificate and page_key must name a certificate of its own for browsers, or "
            "host must be loopback, behind a proxy that has one"
        )
    return None


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError("[service] timezone must be a name such as America/Chicago") from None
