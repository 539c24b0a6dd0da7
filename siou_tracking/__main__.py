"""`python -m siou_tracking` is the command line."""

import sys

from siou_tracking.cli.main import main

sys.exit(main())
