"""The program, as `dbopt` and as `python -m dbopt`."""

import sys

from dbopt.cli.interrupts import leave_at_once


def run() -> None:
    """The console script."""
    leave_at_once()
    from dbopt.cli.main import main  # which imports what all commands need

    sys.exit(main())


if __name__ == "__main__":
    run()
