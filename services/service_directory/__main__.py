"""`python -m service_directory --settings FILE`."""

import sys

from referral_exchange.beginning import importing

with importing():
    from service_directory.app import main

sys.exit(main())
