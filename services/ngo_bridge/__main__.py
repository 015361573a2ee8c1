"""`python -m ngo_bridge --settings FILE`: the bridge of one NGO."""

import logging
import sys
from collections.abc import Sequence

import uvicorn

from ngo_bridge import config
from ngo_bridge.app import build
from participant_edge.assembly import assemble
from referral_exchange import tracing
from referral_exchange.settings import Settings, SettingsError, from_arguments

GRACE_S = 10
"""Seconds that open requests get when the bridge is told to stop."""

KEEP_ALIVE_S = 60


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until told to stop by SIGTERM or SIGINT; 2 where the settings are wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("httpx", "httpx2"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        serve(from_arguments("ngo_bridge", argv))
    except SettingsError as error:
        print(f"ngo_bridge: {error}", file=sys.stderr)
        return 2
    return 0


def serve(settings: Settings) -> None:
    """Runs until stopped. Raises SettingsError."""
    told = config.from_settings(settings)
    spans = tracing.configure(f"ngo_bridge.{told.participant}", settings.otlp_endpoint)
    try:
        uvicorn.run(
            build(assemble(settings), told),
            host=told.host,
            port=told.port,
            access_log=False,
            server_header=False,
            log_config=None,
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
    finally:
        spans.stop()


if __name__ == "__main__":
    sys.exit(main())
