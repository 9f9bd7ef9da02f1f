"""What the gate remembers of a plan. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from dbopt.check import spills
from dbopt.check.spills import Memory
from dbopt.plan.names import Names, Parents, conjuncts
from dbopt.plan.shape import method, shape
from dbopt.plan.tree import Node, Plan
from dbopt.postgres.identifiers import qualified, quoted

_JOINS = frozenset({"Nested Loop", "Hash Join", "Merge Join"})
_TRANSPARENT = frozenset({"Append", "Merge Append", "Gather", "Gather Merge"})
_CONDITIONS = (
    "Index Cond",
    "Recheck Cond",
    "TID Cond",
    "Order By",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "Filter",
    "One-Time Filter",
)


@dataclass(frozen=True)
class Read:
    """How a plan reads a relation: the node type, the index if there is one (several: with ` + ` between them), and
    for a partitioned table how many of its partitions.
    """

    relation: str
    method: str
    index: str | None = None
    partitions: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every row is read, in the order of the table."""
        return self.method in ("Seq Scan", "Sample Scan")


@dataclass(frozen=True)
class Facts:
    """A plan in what decides about it. `cost` is the planner's total cost. `reads` come in the plan's order. `joins`
    are the joins with the tables that they join, outermost first. `estimates` are planned rows by what they are rows
    of. `spills` are sorts and hashes that do not fit into memory. `outline` is the plan tree for people and for diffs.
    `sets` is how many parameter sets, one after the other, have this very plan.
    """

    cost: float
    shape: str
    reads: tuple[Read, ...]
    joins: tuple[str, ...]
    estimates: dict[str, float]
    spills: tuple[str, ...]
    outline: tuple[str, ...]
    sets: int = 1

    @property
    def rows(self) -> float:
        """Rows that the planner expects as the result."""
        return self.estimates[RESULT]


RESULT = "result"


def facts(plan: Plan, parents: Parents, memory: Memory) -> Facts:
    """The facts of a plan. `parents` are the partitions' topmost tables, `memory` what sorts and hashes may use."""
    names = Names.of(plan, parents)
    return Facts(
        cost=round(plan.cost, 2),
        shape=shape(plan, parents),
        reads=tuple(_reads(plan, parents)),
        joins=tuple(_joins(plan.root, parents)),
        estimates=_estimates(plan, parents, names),
        spills=tuple(spills.find(plan, names, memory)),
        outline=tuple(_outline(plan.root, parents, names, "", 0)),
    )


# -- reads and joins --------------------------------------------------------------------------------------------------


def _reads(plan: Plan, parents: Parents) -> Iterator[Read]:
    """Each read of a table, and one for all partitions that one Append reads in the same way."""
    counts: dict[tuple[int, Read], int] = defaultdict(int)
    partitioned: set[tuple[int, Read]] = set()
    for group, node in _scans(plan.root, 0):
        root = _root(node, parents)
        is_partition = (node.schema or "", node.relation or "") in parents
        key = (group if is_partition else -node.number - 1, Read(root, method(node), _index(node, parents)))
        counts[key] += 1
        if is_partition:
            partitioned.add(key)
    for key, count in counts.items():
        read = key[1]
        yield Read(read.relation, read.method, read.index, count) if key in partitioned else read


def _scans(node: Node, group: int) -> Iterator[tuple[int, Node]]:
    """Every scan of a table, with the number of the nearest Append above it."""
    inner = node.number if node.node_type in ("Append", "Merge Append") else group
    if node.relation is not None and node.node_type != "ModifyTable":
        yield inner, node
    for child in node.children:
        yield from _scans(child, inner)


def _root(node: Node, parents: Parents) -> str:
    key = (node.schema or "", node.relation or "")
    schema, name = parents.get(key, key)
    return qualified(schema, name) if schema else quoted(name)


def _index(node: Node, parents: Parents) -> str | None:
    """The index of a scan, or those of the bitmap below it."""
    below = [node] if node.index else [one for one in node.walk() if one.node_type == "Bitmap Index Scan"]
    found = {parents.get((node.schema or "", one.index or ""), ("", one.index or ""))[1] for one in below}
    return " + ".join(sorted(found)) or None


def _joins(node: Node, parents: Parents) -> Iterator[str]:
    if node.node_type in _JOINS:
        kind = node.raw.get("Join Type", "Inner")
        sides = " and ".join(", ".join(_relations(child, parents)) or "a list" for child in node.children[:2])
        yield f"{node.node_type}{'' if kind == 'Inner' else f' {kind}'} of {sides}"
    for child in node.children:
        yield from _joins(child, parents)


def _relations(node: Node, parents: Parents) -> list[str]:
    return sorted({_root(one, parents) for one in node.walk() if one.relation is not None})


# -- estimates --------------------------------------------------------------------------------------------------------


def _estimates(plan: Plan, parents: Parents, names: Names) -> dict[str, float]:
    """Planned rows of the result, of each table under its conditions, of each join and of each grouping. What stands on
    the inner side of a nested loop counts per loop there, and only tables are told.
    """
    found: dict[str, float] = {RESULT: plan.root.plan_rows}
    parts: dict[str, float] = defaultdict(float)
    for node, is_inner in _with_side(plan.root, False):
        key = _estimated(node, parents, names, is_inner)
        if key is None:
            continue
        if (node.schema or "", node.relation or "") in parents:
            parts[key] += node.plan_rows
        else:
            found.setdefault(key, node.plan_rows)
    return {**found, **parts}


def _with_side(node: Node, inner: bool) -> Iterator[tuple[Node, bool]]:
    yield node, inner
    for child in node.children:
        repeated = node.node_type == "Nested Loop" and child.parent_relationship == "Inner"
        yield from _with_side(child, inner or repeated or child.parent_relationship == "SubPlan")


def _estimated(node: Node, parents: Parents, names: Names, is_inner: bool) -> str | None:
    if node.relation is not None and node.node_type not in ("ModifyTable",):
        condition = _all_conditions(node, names)
        return f"{_root(node, parents)}: {condition}" if condition else _root(node, parents)
    if is_inner or node.raw.get("Parallel Aware") or node.raw.get("Partial Mode", "Simple") == "Partial":
        return None
    if node.node_type in _JOINS:
        return f"join of {', '.join(_relations(node, parents))}"
    if "Group Key" in node.raw:
        return f"groups by {', '.join(names.text(str(key)) for key in node.raw['Group Key'])}"
    return None


def _all_conditions(node: Node, names: Names) -> str:
    """What the rows of a scan satisfy, whether an index finds it or a filter."""
    texts = [str(node.raw[name]) for name in ("Index Cond", "Recheck Cond", "Filter") if name in node.raw]
    return " AND ".join(sorted({names.text(part) for text in texts for part in conjuncts(text)}))


# -- the outline ------------------------------------------------------------------------------------------------------


def _outline(node: Node, parents: Parents, names: Names, schema: str, depth: int) -> Iterator[str]:
    """Lines such as EXPLAIN's, without what differs between runs; equal plans of partitions once. `schema` is that of
    the table that the node above reads: a bitmap's index has none of its own.
    """
    indent = "  " * depth
    schema = node.schema or schema
    yield indent + _title(node, parents, names, schema)
    for condition in _CONDITIONS:
        if condition in node.raw:
            yield f"{indent}  {condition}: {names.condition(str(node.raw[condition]))}"
    said: dict[tuple[str, ...], int] = {}
    for child in node.children:
        lines = tuple(_outline(child, parents, names, schema, depth + 1))
        said[lines] = said.get(lines, 0) + 1
    for lines, count in said.items():
        yield lines[0] + (f"  ({count} times)" if count > 1 else "")
        yield from lines[1:]


def _title(node: Node, parents: Parents, names: Names, schema: str) -> str:
    parallel = node.raw.get("Parallel Aware") and node.node_type not in _TRANSPARENT
    words = ["Parallel", method(node)] if parallel else [method(node)]
    kind = node.raw.get("Join Type", "Inner")
    words += [] if kind == "Inner" else [str(kind)]
    if node.index is not None:
        index = parents.get((schema, node.index), ("", node.index))[1]
        words.append(f"using {quoted(index)}")
    if node.relation is not None:
        words.append(f"on {_root(node, parents)}")
    words += [str(node.raw[name]) for name in ("Function Name", "CTE Name") if name in node.raw]
    for name, word in (("Sort Key", "by"), ("Group Key", "by")):
        if name in node.raw:
            words.append(f"{word} {', '.join(names.text(str(key)) for key in node.raw[name])}")
    prefix = f"{node.subplan_name}: " if node.subplan_name and node.parent_relationship != "Subquery" else ""
    return prefix + " ".join(words)
