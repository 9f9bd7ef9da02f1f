"""What `--ignore` leaves out, of a workload and of a baseline alike. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from dbopt.check.baseline import Baseline, Expected
from dbopt.workload.model import Statement


def fits(one: Statement | Expected, patterns: Sequence[str]) -> bool:
    """Whether its name or id fits a pattern, as in `report_*`."""
    return any(fnmatchcase(name, pattern) for name in (one.id, one.label) for pattern in patterns)


def without(baseline: Baseline, patterns: Sequence[str]) -> tuple[Baseline, tuple[Expected, ...]]:
    """The baseline without what is ignored, and what is: else it would count as removed."""
    kept = tuple(one for one in baseline.statements if not fits(one, patterns))
    return replace(baseline, statements=kept), tuple(one for one in baseline.statements if fits(one, patterns))
