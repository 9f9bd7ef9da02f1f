"""Sums over a plan: by kind of node, by table, by index. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dbopt.output.html.shares import Shares, percent
from dbopt.output.units import count
from dbopt.plan.tree import Node
from dbopt.postgres.identifiers import qualified, quoted

_MATTERS = 0.05  # part of the whole


@dataclass(frozen=True)
class Sum:
    """How many nodes, what they add together, and that as a part of the whole; empty where there are none."""

    nodes: str = ""
    own: str = ""
    share: str = ""


@dataclass(frozen=True)
class Totals:
    """One table: names, and a sum for each plan."""

    title: str
    rows: tuple[tuple[str, tuple[Sum, ...]], ...]


def totals(plans: Sequence[Shares], *, brief: bool = False) -> tuple[Totals, ...]:
    """The tables over one plan, or several side by side; by what a name takes in all plans, the most first. `brief`
    ones leave out what takes next to nothing, and indexes, which the trees name.
    """
    several = len(frozenset().union(*(shares.schemas for shares in plans))) > 1
    kinds: dict[str, Callable[[Node], str | None]] = {"Kinds of node": lambda node: node.node_type}
    kinds["Tables"] = _qualified if several else lambda node: quoted(node.relation) if node.relation else None
    if not brief:
        kinds["Indexes"] = lambda node: quoted(node.index) if node.index else None
    least = _MATTERS if brief else 0.0
    tables = (Totals(title, tuple(_rows(plans, name, least))) for title, name in kinds.items())
    return tuple(table for table in tables if table.rows)


def _qualified(node: Node) -> str | None:
    if node.relation is None:
        return None
    return qualified(node.schema, node.relation) if node.schema else quoted(node.relation)


def _rows(
    plans: Sequence[Shares], name: Callable[[Node], str | None], least: float
) -> Iterator[tuple[str, tuple[Sum, ...]]]:
    """A row for each name that takes at least this part of all plans."""
    grouped = [_grouped(shares, name) for shares in plans]
    sides = list(zip(plans, grouped, strict=True))
    weight = {
        key: sum(shares.part(number) for shares, groups in sides for number in groups.get(key, ()))
        for groups in grouped
        for key in groups
    }
    for key in sorted(weight, key=lambda key: -weight[key]):
        if weight[key] >= least:
            yield key, tuple(_sum(shares, groups.get(key, [])) for shares, groups in sides)


def _grouped(shares: Shares, name: Callable[[Node], str | None]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for node in shares.nodes:
        key = name(node)
        if key is not None:
            groups.setdefault(key, []).append(node.number)
    return groups


def _sum(shares: Shares, numbers: list[int]) -> Sum:
    if not numbers:
        return Sum()
    own = sum(map(shares.own, numbers))
    return Sum(count(len(numbers)), shares.text(own), percent(own / shares.whole))
