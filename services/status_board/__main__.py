"""`python -m status_board --settings FILE`."""

import sys

from referral_exchange.beginning import importing

with importing():
    from status_board.app import main

sys.exit(main())
