"""`python -m ngo_bridge --settings FILE`: the bridge of one NGO; `tokens ...`: who may call it."""

import logging
import sys
from collections.abc import Sequence
from dataclasses import replace

from ngo_bridge import config, token_command
from ngo_bridge.app import build
from ngo_bridge.database import StoreUnavailable
from ngo_bridge.server import server
from participant_edge.assembly import assemble
from participant_edge.notices.assembly import notices_of
from referral_exchange import tracing
from referral_exchange.registry import RegistryRefused
from referral_exchange.settings import Settings, SettingsError, from_arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until told to stop by SIGTERM or SIGINT; 2 where settings are wrong, 1 without the registry."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == [token_command.WORD]:
        return token_command.main(words[1:])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("httpx", "httpx2"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        serve(from_arguments("ngo_bridge", words))
    except (SettingsError, StoreUnavailable) as error:
        print(f"ngo_bridge: {error}", file=sys.stderr)
        return 2
    except RegistryRefused as error:
        print(f"ngo_bridge: {error}", file=sys.stderr)
        return 1
    return 0


def serve(settings: Settings) -> None:
    """Runs until stopped. Raises SettingsError."""
    told = config.from_settings(settings)
    spans = tracing.configure(f"ngo_bridge.{told.participant}", settings.otlp_endpoint, settings.tls)
    try:
        edge = assemble(settings)
        app = build(edge, told, notices=notices_of(edge, _with_notices(settings)))
        server(app, told.host, told.port, settings.tls).run()
    finally:
        spans.stop()


def _with_notices(settings: Settings) -> Settings:
    """Without a section `[notices]` nobody is told, but webhooks can be added."""
    return replace(settings, notices=settings.notices or {})


if __name__ == "__main__":
    sys.exit(main())
