"""`python -m consent_ledger --settings FILE`, or `backup`, `restore`, `step-back` before it."""

import sys

from referral_exchange.beginning import importing

with importing():
    from consent_ledger import app, offline

sys.exit(offline.main(sys.argv[1:]) if sys.argv[1:2] and sys.argv[1] in offline.COMMANDS else app.main())
