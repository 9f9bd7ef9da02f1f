"""`python -m dbopt`."""

import sys

from dbopt.cli.main import main

sys.exit(main())
