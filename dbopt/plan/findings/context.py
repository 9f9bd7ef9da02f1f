"""What a rule looks at, and the small questions that several ask. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp

from dbopt.errors import UsageError
from dbopt.plan import effort
from dbopt.plan.effort import Effort
from dbopt.plan.findings.conditions import ColumnName, Condition, conditions
from dbopt.plan.findings.facts import Facts, GenericPlans, TableFacts
from dbopt.plan.tree import Node, Plan
from dbopt.postgres.schema import Catalog, Relation
from dbopt.units import bytes_of
from dbopt.workload.model import Statement
from dbopt.workload.sql import parse

BLOCK = 8192  # bytes, as PostgreSQL is built nearly everywhere
LEAST_SHARE = 0.1  # of the statement's time or cost: what takes less is not why the statement takes its time
LEAST_MS = 1.0  # of a node: nobody waits for less, and a busy machine adds as much
LEAST_COST = 100.0  # where nothing was measured: reading a hundred pages in order
_DEFAULT_WORK_MEM = 4 << 20


@dataclass(frozen=True)
class Context:
    """A plan, and what is known of the statement, its tables and the server; None where it could not be read. `tree` is
    sqlglot's. `settings` are as the server writes them. `server_version` is PostgreSQL's number: 150018. `generic` are
    further plans of a statement with parameters.
    """

    plan: Plan
    efforts: tuple[Effort, ...]
    statement: Statement
    tree: exp.Expression | None = None
    catalog: Catalog | None = None
    facts: Facts | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    server_version: int = 180000
    generic: GenericPlans | None = None

    @staticmethod
    def of(
        plan: Plan,
        statement: Statement,
        catalog: Catalog | None = None,
        facts: Facts | None = None,
        settings: Mapping[str, str] | None = None,
        server_version: int = 180000,
        generic: GenericPlans | None = None,
    ) -> Context:
        """With the efforts and the tree made here."""
        efforts, tree = effort.of(plan), parse(statement.sql)
        return Context(plan, efforts, statement, tree, catalog, facts, settings or {}, server_version, generic)

    # -- weight -------------------------------------------------------------------------------------------------------

    @cached_property
    def measured(self) -> bool:
        """Whether the plan was executed, so that rows and times are known."""
        return self.plan.root.loops is not None

    @cached_property
    def whole(self) -> float:
        """The time of the plan in ms, or its cost where it was not measured."""
        return sum(self._own(one) for one in self.efforts) or 1.0

    def _own(self, one: Effort) -> float:
        return (one.self_ms or 0.0) if self.measured else one.self_cost

    def effort(self, node: Node) -> Effort:
        return self.efforts[node.number]

    def share(self, *nodes: Node) -> float:
        """The part of the plan that these nodes themselves take, without those that they draw from."""
        return min(1.0, sum(self._own(self.efforts[node.number]) for node in nodes) / self.whole)

    def share_with_children(self, node: Node) -> float:
        """The part of the plan that a node takes together with all below it."""
        own = self.efforts[node.number]
        return min(1.0, ((own.inclusive_ms or 0.0) if self.measured else own.cost) / self.whole)

    def weighs(self, share: float) -> bool:
        """Whether that part of the plan is worth a finding: as a part, and by what it takes."""
        return share >= LEAST_SHARE and share * self.whole >= (LEAST_MS if self.measured else LEAST_COST)

    # -- the tree of nodes --------------------------------------------------------------------------------------------

    @cached_property
    def parents(self) -> dict[int, Node]:
        """By the number of a node: the one above it."""
        return {child.number: node for node in self.plan.nodes for child in node.children}

    def parent(self, node: Node) -> Node | None:
        return self.parents.get(node.number)

    def above(self, node: Node) -> Iterator[Node]:
        """The nodes above, the nearest first."""
        found = self.parents.get(node.number)
        while found is not None:
            yield found
            found = self.parents.get(found.number)

    def processes(self, node: Node) -> int:
        """How many processes shared in the node's work: of one that is aware of it, those of the Gather above."""
        if not node.raw.get("Parallel Aware"):
            return 1
        gather = next((one for one in self.above(node) if one.node_type in ("Gather", "Gather Merge")), None)
        if gather is None:
            return 1
        return 1 + int(gather.raw.get("Workers Launched", gather.raw.get("Workers Planned", 0)))

    def passes(self, node: Node) -> float:
        """How often the node's rows are read from their beginning: once for each loop, if the processes of a parallel
        query did not share one pass; where nothing was measured, as often as the planner's costs say.
        """
        if not self.measured:
            return max(1.0, self.effort(node).cost / node.total_cost) if node.total_cost > 0 else 1.0
        return max(1.0, (node.loops or 1) / self.processes(node))

    def rows(self, node: Node) -> float:
        """Rows that the node gave in one pass, or is expected to give."""
        if self.measured:
            return (node.total_rows or 0.0) / self.passes(node)
        return node.plan_rows * self._divisor(node)

    def planned_rows(self, node: Node) -> float:
        """Rows that the planner expected of one pass, all processes together."""
        return node.plan_rows * self._divisor(node)

    def _divisor(self, node: Node) -> float:
        """By what the planner divided the rows among processes: get_parallel_divisor() in costsize.c."""
        if not node.raw.get("Parallel Aware"):
            return 1.0
        gather = next((one for one in self.above(node) if one.node_type in ("Gather", "Gather Merge")), None)
        workers = int(gather.raw.get("Workers Planned", 0)) if gather is not None else 0
        return workers + max(1.0 - 0.3 * workers, 0.0)

    # -- tables -------------------------------------------------------------------------------------------------------

    def relation(self, node: Node) -> Relation | None:
        """The table that the node reads, where the catalog is known."""
        if self.catalog is None or node.relation is None:
            return None
        return self.catalog.find(node.schema, node.relation)

    @cached_property
    def _by_alias(self) -> dict[str, Relation]:
        found = ((node.alias, self.relation(node)) for node in self.plan.nodes)
        return {alias: relation for alias, relation in found if alias is not None and relation is not None}

    def _type_of(self, name: ColumnName) -> str | None:
        relation = self._by_alias.get(name[0])
        column = relation.column(name[1]) if relation is not None else None
        return column.type if column is not None else None

    def conditions(self, node: Node, name: str) -> tuple[Condition, ...]:
        """What AND holds together in a part of the node, as in "Filter"; of columns without needless casts."""
        return tuple(one.relabelled(self._type_of) for one in conditions(node.raw.get(name)))

    def root(self, node: Node) -> Relation | None:
        """The table, or the partitioned one that it is a part of."""
        relation = self.relation(node)
        return self.catalog.root_of(relation) if self.catalog is not None and relation is not None else None

    def table(self, relation: Relation | None) -> TableFacts | None:
        return self.facts.table(relation.key) if self.facts is not None and relation is not None else None

    # -- settings -----------------------------------------------------------------------------------------------------

    @property
    def major(self) -> int:
        return self.server_version // 10000

    @property
    def work_mem(self) -> int:
        """Bytes."""
        return self._bytes("work_mem", _DEFAULT_WORK_MEM)

    @property
    def hash_mem_multiplier(self) -> float:
        return self.number("hash_mem_multiplier", 2.0 if self.major >= 15 else 1.0)

    def number(self, name: str, default: float) -> float:
        """A setting without unit."""
        try:
            return float(self._setting(name, ""))
        except ValueError:
            return default

    def is_on(self, name: str) -> bool:
        return self._setting(name, "on") == "on"

    def _setting(self, name: str, default: str) -> str:
        """As the plan was made with it: EXPLAIN names those that differ from the server's defaults."""
        return self.plan.settings.get(name) or self.settings.get(name) or default

    def _bytes(self, name: str, default: int) -> int:
        try:
            return bytes_of(self._setting(name, str(default)))
        except UsageError:
            return default


def counted(number: float, what: str) -> str:
    """1,234 rows; 1 row."""
    return f"{number:,.0f} {what if round(number) != 1 else what.removesuffix('s')}"
