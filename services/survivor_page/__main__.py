"""`python -m survivor_page --settings FILE`."""

import sys

from referral_exchange.beginning import importing

with importing():
    from survivor_page.app import main

sys.exit(main())
