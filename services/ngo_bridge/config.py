"""What one bridge is told: whose it is, where it listens, who may talk to it, which help it names."""

from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ngo_bridge.database import file_url
from ngo_bridge.sign_in.passwords import USUAL_COST, Cost
from referral_exchange.pages.help_lines import HelpLines as HelpLines
from referral_exchange.runtime.tls import is_loopback
from referral_exchange.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class BridgeConfig:
    """Settings of one bridge. `origins`: scheme, host and port under which a browser may reach it."""

    participant: str
    programmes: tuple[str, ...]
    data: Path
    host: str
    port: int
    origins: tuple[str, ...]
    help_lines: HelpLines = field(default_factory=HelpLines)
    must_report: tuple[str, ...] = ()
    """What a caseworker here must report by law, in plain sentences, for the first question."""
    timezone: ZoneInfo | None = None
    """In which times are shown; None: this machine's."""
    password_cost: Cost = USUAL_COST
    """What one look at a password costs; no setting of a file makes it less."""
    own_page: str = ""
    """Where persons look for themselves, as it is said aloud; empty: nobody says it here."""
    database: str | None = None
    """Where the bridge keeps what it keeps, as SQLAlchemy writes it; None: a file in `data`."""

    @property
    def database_url(self) -> str | URL:
        """Where the bridge keeps used keys, tokens, accounts and sessions."""
        return self.database or file_url(self.data / "bridge.db")

    @property
    def secret_file(self) -> Path:
        """Where the bridge keeps its own random secret, apart from its database."""
        return self.data / "bridge.secret"

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by TLS only."""
        return all(origin.startswith("https://") for origin in self.origins)


def from_settings(settings: Settings) -> BridgeConfig:
    """The bridge that `[service]` describes. Raises SettingsError, which names the setting."""
    host, port = settings.need("host"), settings.need("port")
    service = settings.service
    return BridgeConfig(
        participant=settings.need("participant"),
        programmes=tuple(settings.need("programmes")),
        data=Path(settings.need("data")),
        host=host,
        port=port,
        origins=tuple(service.get("origins", _own_origins(host, port))),
        help_lines=HelpLines.of(service.get("help", {})),
        must_report=tuple(service.get("must_report", ())),
        timezone=_zone(service.get("timezone")),
        own_page=str(service.get("own_page", "")),
        database=_database(service.get("database")),
    )


def _own_origins(host: str, port: int) -> list[str]:
    scheme = "http" if is_loopback(host) else "https"
    return [f"{scheme}://{name}:{port}" for name in dict.fromkeys((host, "127.0.0.1", "localhost"))]


def _database(url: str | None) -> str | None:
    try:
        return str(url) if url is not None and make_url(url) else None
    except (ArgumentError, TypeError):
        raise SettingsError("[service] database must be a URL such as postgresql+psycopg://...") from None


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError("[service] timezone must be a name such as America/Chicago") from None
