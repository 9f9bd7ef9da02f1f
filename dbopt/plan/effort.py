"""What each node of a plan adds to it: time, cost and buffers without those of the nodes it draws from. Pure.

EXPLAIN gives averages per loop and counts a node's children into it, with exceptions that matter:

- Below Gather, `loops` counts every process that ran the node. Times are divided by the processes that took part, so
  that they are wall-clock time as the node above Gather sees it; buffers are already sums.
- An InitPlan runs when its value is first needed, inside the node whose expression needs it, which may stand far below
  the node it is attached to. A parameter that crosses a Gather is computed by Gather, before its workers start.
- A CTE is an InitPlan that runs inside the CTE Scans that read it.
- Times are rounded to a microsecond per loop, which makes a million loops uncertain by half a second: children never
  get more than their parent as far as rounding explains it.

The self times of a plan add up to about its root's time. (A data-modifying CTE that nobody reads runs after the root
has ended; it comes on top.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from dbopt.plan.init_plans import consumers
from dbopt.plan.tree import Node, Plan

_ROUNDING_MS = 0.0005
_GATHER = ("Gather", "Gather Merge")


@dataclass(frozen=True)
class Buffers:
    """Blocks of 8 kB; local ones are those of temporary tables."""

    shared_hit: int = 0
    shared_read: int = 0
    shared_dirtied: int = 0
    shared_written: int = 0
    temp_read: int = 0
    temp_written: int = 0
    local_hit: int = 0
    local_read: int = 0
    local_dirtied: int = 0
    local_written: int = 0

    def __add__(self, other: Buffers) -> Buffers:
        return self._combined(other, lambda mine, theirs: mine + theirs)

    def __sub__(self, other: Buffers) -> Buffers:
        """Never below zero: what other processes did may be counted at either place."""
        return self._combined(other, lambda mine, theirs: max(0, mine - theirs))

    def _combined(self, other: Buffers, combine: Callable[[int, int], int]) -> Buffers:
        return Buffers(*(combine(getattr(self, name), getattr(other, name)) for name in _BUFFER_FIELDS))


_BUFFER_FIELDS = {
    "shared_hit": "Shared Hit Blocks",
    "shared_read": "Shared Read Blocks",
    "shared_dirtied": "Shared Dirtied Blocks",
    "shared_written": "Shared Written Blocks",
    "temp_read": "Temp Read Blocks",
    "temp_written": "Temp Written Blocks",
    "local_hit": "Local Hit Blocks",
    "local_read": "Local Read Blocks",
    "local_dirtied": "Local Dirtied Blocks",
    "local_written": "Local Written Blocks",
}


@dataclass(frozen=True)
class Effort:
    """One node's part. Times in ms over all loops, None where EXPLAIN did not measure them, 0 where the node was never
    executed. `cost` and `self_cost` are the planner's units scaled to how often the node is expected to run, so that
    the self costs add up to the plan's cost. `early_stop` says that a Limit or the like may have ended the node before
    it gave all its rows, so that fewer rows than planned are no misjudgement. `processes` is how many ran it side by
    side: loops beyond those are repetitions.
    """

    inclusive_ms: float | None
    self_ms: float | None
    cost: float
    self_cost: float
    buffers: Buffers
    self_buffers: Buffers
    early_stop: bool
    processes: float = 1.0


def of(plan: Plan) -> tuple[Effort, ...]:
    """The effort of every node, in the order of `plan.nodes`."""
    nodes = plan.nodes
    ledger = _Ledger(nodes, consumers(plan))
    ledger.divide_time(plan.root)
    ledger.divide_cost(plan.root, plan.root.total_cost)
    stopped = _early_stops(plan.root)
    return tuple(
        Effort(
            inclusive_ms=ledger.inclusive_ms.get(node.number),
            self_ms=ledger.self_ms.get(node.number),
            cost=ledger.cost[node.number],
            self_cost=ledger.self_cost[node.number],
            buffers=buffers(node),
            self_buffers=ledger.self_buffers(node),
            early_stop=node.number in stopped,
            processes=ledger.processes.get(node.number, 1.0),
        )
        for node in nodes
    )


def buffers(node: Node) -> Buffers:
    """The blocks a node and all below it touched, over all loops and workers."""
    return Buffers(**{name: int(node.raw.get(label, 0)) for name, label in _BUFFER_FIELDS.items()})


def misjudged(node: Node, effort: Effort) -> float | None:
    """The node's `rows_error`, None where it was ended early and so says nothing about the planner."""
    if effort.early_stop and node.actual_rows is not None and node.actual_rows < node.plan_rows:
        return None
    return node.rows_error


@dataclass
class _Ledger:
    """The books of one plan: by node number."""

    nodes: tuple[Node, ...]
    consumers: Mapping[int, tuple[int, ...]]  # InitPlan -> the nodes inside which it ran
    processes: dict[int, float] = dataclass_field(default_factory=dict)
    inclusive_ms: dict[int, float] = dataclass_field(default_factory=dict)
    self_ms: dict[int, float] = dataclass_field(default_factory=dict)
    cost: dict[int, float] = dataclass_field(default_factory=dict)
    self_cost: dict[int, float] = dataclass_field(default_factory=dict)

    def divide_time(self, root: Node) -> None:
        """Fill in inclusive and self times: first inclusive ones from the top down, then what each leaves over."""
        if all(node.actual_total_ms is None for node in self.nodes):
            return
        self._inclusive(root, 1.0)
        for node in self.nodes:
            drawn = sum(self.inclusive_ms[child.number] for child in node.children if not _is_init_plan(child))
            self.self_ms[node.number] = max(0.0, self.inclusive_ms[node.number] - drawn)
        for producer, found in self.consumers.items():
            self._charge(self.inclusive_ms[producer], found)

    def _inclusive(self, node: Node, processes: float) -> None:
        self.processes[node.number] = processes
        known = self.inclusive_ms.setdefault(node.number, _elapsed(node, processes))
        below = {child.number: _processes(node, child, processes) for child in node.children}
        inside = [child for child in node.children if not _is_init_plan(child)]
        times = {child.number: _elapsed(child, below[child.number]) for child in inside}
        leeway = {child.number: _ROUNDING_MS * (child.loops or 0) / below[child.number] for child in inside}
        excess, give = sum(times.values()) - known, sum(leeway.values())
        if excess > 0 and give > 0:
            part = min(1.0, excess / give)
            times = {number: max(0.0, time - leeway[number] * part) for number, time in times.items()}
        self.inclusive_ms.update(times)
        for child in node.children:
            self._inclusive(child, below[child.number])

    def _charge(self, elapsed: float, found: tuple[int, ...]) -> None:
        """Take an InitPlan's time from the nodes inside which it ran, the one with the most time first: a node that
        only reads the finished value has no time to give.
        """
        for number in sorted(found, key=lambda candidate: -self.self_ms[candidate]):
            taken = min(elapsed, self.self_ms[number])
            self.self_ms[number] -= taken
            elapsed -= taken

    def self_buffers(self, node: Node) -> Buffers:
        own = buffers(node)
        for child in node.children:
            if not _is_init_plan(child):
                own -= buffers(child)
        for producer, found in self.consumers.items():
            if node.number == max(found, key=lambda candidate: buffers(self.nodes[candidate]).shared_hit, default=-1):
                own -= buffers(self.nodes[producer])
        return own

    def divide_cost(self, node: Node, cost: float) -> None:
        """Give each child what the planner counted for it in so many runs as the node has, never more than the node
        has: a Limit or a semi-join does not pay for all of its child.
        """
        self.cost[node.number] = cost
        left = cost
        runs = cost / node.total_cost if node.total_cost > 0 else 1.0
        for child in sorted(node.children, key=lambda candidate: candidate.parent_relationship == "SubPlan"):
            share = min(left, child.total_cost * _expected_runs(node, child) * runs)
            left -= share
            self.divide_cost(child, share)
        self.self_cost[node.number] = left


def _elapsed(node: Node, processes: float) -> float:
    return (node.actual_total_ms or 0.0) * (node.loops or 0) / processes


def _processes(node: Node, child: Node, processes: float) -> float:
    """How many processes ran the child side by side: Gather's child is started once by each of them."""
    if node.node_type in _GATHER and not _is_init_plan(child) and node.loops and child.loops:
        return max(1.0, processes * child.loops / node.loops)
    return processes


def _is_init_plan(node: Node) -> bool:
    return node.parent_relationship == "InitPlan"


def _expected_runs(node: Node, child: Node) -> float:
    """How often the planner expects the child to run within one run of the node. For a SubPlan it does not say: at
    least once per row that the node gives.
    """
    if node.node_type == "Nested Loop" and child.parent_relationship == "Inner":
        outer = next((other for other in node.children if other.parent_relationship == "Outer"), child)
        return max(1.0, outer.plan_rows)
    if child.parent_relationship == "SubPlan" and "hashed" not in " ".join(node.conditions.values()):
        return max(1.0, node.plan_rows)
    return 1.0


_READS_ALL = frozenset({"Sort", "Hash", "Aggregate", "Bitmap Index Scan", "ModifyTable"})
_STOPS_EARLY = frozenset({"Limit", "Merge Join"})


def _early_stops(root: Node) -> frozenset[int]:
    """Nodes whose reader may have stopped asking before their end."""
    found: set[int] = set()

    def visit(node: Node, stopped: bool) -> None:
        if stopped:
            found.add(node.number)
        below = (stopped and not _reads_all(node)) or node.node_type in _STOPS_EARLY
        for child in node.children:
            semi = node.raw.get("Join Type") in ("Semi", "Anti") and child.parent_relationship == "Inner"
            visit(child, below or semi or child.parent_relationship == "SubPlan")

    visit(root, False)
    return frozenset(found)


def _reads_all(node: Node) -> bool:
    sorted_aggregate = node.node_type == "Aggregate" and node.raw.get("Strategy") == "Sorted"
    return node.node_type in _READS_ALL and not sorted_aggregate
