"""`python -m referral_router --settings FILE.toml`."""

import sys

from referral_exchange.beginning import importing

with importing():
    from referral_router.app import main

sys.exit(main())
