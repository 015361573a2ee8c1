"""`python -m exchange_command.trace_relay`: Zipkin takes no OpenTelemetry, so this stands between."""

import signal
import sys
import threading
from collections.abc import Sequence

from exchange_command.relay_server import server
from exchange_command.span_forwarder import SpanForwarder, Zipkin
from referral_exchange.runtime import process
from referral_exchange.settings import from_arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Relays until it is told to end."""
    process.begin()
    settings = from_arguments("exchange_command.trace_relay", argv)
    asked_to_end = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: asked_to_end.set())
    with (
        SpanForwarder(Zipkin(settings.need("zipkin_url"))) as forwarder,
        server(settings.need("host"), settings.need("port"), forwarder.offer, settings.tls) as listening,
    ):
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        asked_to_end.wait()
        listening.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
