"""The gate's corpus: changes that make statements slower and changes that do not, on TPC-H and the demo's shop.

A case is some lines in a file of `regressions/` or `harmless/`: statements before and after, and the SQL that changes
the database between. What they are called was settled by running them: `python -m tests.corpus` shows the work of each
before and after on a real server.
"""

from tests.corpus.cases import Case, load
from tests.corpus.databases import Databases, run, server_with_data

__all__ = ["Case", "Databases", "load", "run", "server_with_data"]
