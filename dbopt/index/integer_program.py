"""Programs over variables between 0 and 1, some of them whole, minimised by HiGHS: the same program has the same
answer, however busy the machine is. Ctrl-C ends it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dbopt.index.interruptible import run

MOST_NODES = 20
"""Of the search tree; what is best by then is the answer."""
_GAP = 1e-4  # relative, at which an answer counts as the best
_TOLERANCE = 1e-6  # by which HiGHS may overstep a row

_Row = tuple[Mapping[int, float], float, float]
"""Terms, and the least and the most of their sum."""


@dataclass(frozen=True)
class Solution:
    """By variable; `bound` is what the objective is at least."""

    values: Sequence[float]
    bound: float

    def __contains__(self, variable: int) -> bool:
        """Whether a whole variable is 1."""
        return self.values[variable] > 0.5


@dataclass
class Program:
    _costs: list[float] = field(default_factory=list)
    _whole: list[bool] = field(default_factory=list)
    _rows: list[_Row] = field(default_factory=list)
    _limits: list[tuple[Mapping[int, float], float]] = field(default_factory=list)

    def variable(self, cost: float = 0.0, *, whole: bool = False) -> int:
        """Add a variable with its cost in the objective."""
        self._costs.append(cost)
        self._whole.append(whole)
        return len(self._costs) - 1

    def row(self, terms: Mapping[int, float], *, least: float = -math.inf, most: float = math.inf) -> None:
        """Add the condition that the sum of the coefficients times their variables lies between these."""
        self._rows.append((terms, least, most))

    def limit(self, terms: Mapping[int, float], most: float) -> None:
        """A row of whole variables with terms of any size, which rounding does not overstep by the least."""
        if sum(terms.values()) > most:
            self._limits.append((terms, most))

    def minimise(self) -> Solution | None:
        """None where no answer was found within MOST_NODES."""
        found = self._solved(0.0)
        if found is not None and any(_oversteps(found, terms, most) for terms, most in self._limits):
            found = self._solved(2 * _TOLERANCE)
        return found

    def _solved(self, margin: float) -> Solution | None:
        """The limits lowered by a share."""
        if not self._costs:  # which HiGHS calls no answer
            return Solution((), 0.0)
        import highspy  # with numpy: slow to import

        scale = max(map(abs, self._costs), default=0.0) or 1.0
        rows = [*self._rows, *(_scaled(terms, most, margin) for terms, most in self._limits)]
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self._costs), len(rows)
        lp.col_cost_ = [cost / scale for cost in self._costs]
        lp.col_lower_, lp.col_upper_ = [0.0] * len(self._costs), [1.0] * len(self._costs)
        lp.row_lower_ = [least for _, least, _ in rows]
        lp.row_upper_ = [most for _, _, most in rows]
        starts = [0]
        for terms, _, _ in rows:
            starts.append(starts[-1] + len(terms))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = starts
        lp.a_matrix_.index_ = [variable for terms, _, _ in rows for variable in terms]
        lp.a_matrix_.value_ = [term for terms, _, _ in rows for term in terms.values()]
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in self._whole]
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in (
            ("output_flag", False),
            ("threads", 1),
            ("mip_max_nodes", MOST_NODES),
            ("mip_rel_gap", _GAP),
            ("mip_feasibility_tolerance", _TOLERANCE),
        ):
            solver.setOptionValue(name, value)
        solver.passModel(lp)
        run(solver)
        info, found = solver.getInfo(), solver.getSolution()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        bound = info.mip_dual_bound if any(self._whole) else info.objective_function_value
        return Solution(list(found.col_value), scale * bound)


def _scaled(terms: Mapping[int, float], most: float, margin: float) -> _Row:
    scale = max(most, 1e-300)
    return {one: term / scale for one, term in terms.items()}, -math.inf, 1 - margin


def _oversteps(found: Solution, terms: Mapping[int, float], most: float) -> bool:
    return sum(term for one, term in terms.items() if one in found) > most
