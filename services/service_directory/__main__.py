"""`python -m service_directory --settings FILE`."""

import sys

from service_directory.app import main

sys.exit(main())
