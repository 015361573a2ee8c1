"""`python -m consent_ledger --settings FILE`."""

import sys

from consent_ledger.app import main

sys.exit(main())
