"""`python -m survivor_page --settings FILE`."""

import sys

from survivor_page.app import main

sys.exit(main())
