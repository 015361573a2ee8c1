"""`python -m participant_edge.kit --settings FILE`: the connector that `[service] connector` names."""

import sys
from collections.abc import Sequence

from referral_exchange.beginning import importing

with importing():
    from participant_edge.kit import runner
    from participant_edge.kit.manifest import ManifestError
    from referral_exchange.runtime import process
    from referral_exchange.runtime.lifecycle import Stop
    from referral_exchange.settings import SettingsError, from_arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Runs until told to stop by SIGTERM or SIGINT; 2 where settings or connector are wrong."""
    process.begin()
    try:
        runner.run(from_arguments("participant_edge.kit", argv), Stop().on_signals())
    except (SettingsError, ManifestError) as error:
        print(f"participant_edge.kit: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
