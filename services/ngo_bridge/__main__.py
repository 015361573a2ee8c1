"""`python -m ngo_bridge --settings FILE`: the bridge of one NGO; `tokens`, `caseworkers`: who may use it."""

import sys
from collections.abc import Sequence
from dataclasses import replace

from referral_exchange.beginning import importing

with importing():
    from ngo_bridge import caseworker_command, config, token_command
    from ngo_bridge.app import build
    from ngo_bridge.database import StoreUnavailable
    from ngo_bridge.server import server
    from participant_edge.assembly import assemble
    from participant_edge.notices.assembly import notices_of
    from referral_exchange import tracing
    from referral_exchange.registry import RegistryRefused
    from referral_exchange.runtime import process
    from referral_exchange.settings import Settings, SettingsError, from_arguments

_BY_HAND = {token_command.WORD: token_command.main, caseworker_command.WORD: caseworker_command.main}


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until told to stop by SIGTERM or SIGINT; 2 where settings are wrong, 1 without the registry."""
    words = list(sys.argv[1:] if argv is None else argv)
    by_hand = _BY_HAND.get(words[0]) if words else None
    if by_hand is not None:
        return by_hand(words[1:])
    process.begin()
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
