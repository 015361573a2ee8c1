"""`python -m status_board --settings FILE`."""

import sys

from status_board.app import main

sys.exit(main())
