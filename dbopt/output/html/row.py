"""One node of a plan as a row of the tree. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dbopt.output import units
from dbopt.output.html.details import details
from dbopt.output.html.room import Room
from dbopt.output.html.shares import Shares, heat, percent
from dbopt.output.html.values import Detail, amount
from dbopt.output.plan import conditions, kind
from dbopt.plan import effort
from dbopt.plan.effort import Effort
from dbopt.plan.tree import Node

_SAID, _WRONG = 2.0, 10.0  # factors from which a wrong estimate is told, and marked


@dataclass(frozen=True)
class Mark:
    """Something that strikes: `kind` is bad, plain, or change."""

    kind: str
    text: str


@dataclass(frozen=True)
class Link:
    """A word before, and the nodes that it points to."""

    word: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """A node as it is drawn; its figures are text and empty where they are nothing. `off` says how far the planner's
    rows were wrong, `wrong` that this is much. `below` is how many nodes stand below it; `foldable`, that these
    can be hidden, and `folded`, that they are at first. `ends` has an item for every list of children that ends with
    it, the innermost first: whether that can be hidden.
    """

    number: int
    heat: int
    before: str
    kind: str
    target: str
    share: str
    own: str
    rows: str
    off: str
    wrong: bool
    executed: bool
    change: str
    marks: tuple[Mark, ...]
    conditions: tuple[Detail, ...]
    details: tuple[Detail, ...]
    links: tuple[Link, ...] = ()
    below: int = 0
    foldable: bool = False
    folded: bool = False
    ends: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Extra:
    """What is known of nodes beside the plan, by their numbers: what changed, links, and how many findings."""

    changes: Mapping[int, str] = field(default_factory=dict)
    links: Mapping[int, Sequence[Link]] = field(default_factory=dict)
    findings: Mapping[int, int] = field(default_factory=dict)


def row(shares: Shares, node: Node, extra: Extra, room: Room) -> Row:
    """The row of a node; where it stands in the tree is filled in by who draws it."""
    own = shares.efforts[node.number]
    part = shares.part(node.number)
    off = effort.misjudged(node, own) or 1.0
    marks = tuple(_marks(node, own, extra.findings.get(node.number, 0)))
    matters = part >= room.detailed_from or off >= _WRONG or any(mark.kind == "bad" for mark in marks)
    return Row(
        number=node.number,
        heat=heat(part),
        before=f"{node.subplan_name}:" if node.subplan_name else "",
        kind=kind(node),
        target=shares.target(node),
        share=percent(part),
        own=shares.text(shares.own(node.number)),
        rows=_rows(node),
        off=_off(node, off) if off >= _SAID else "",
        wrong=off >= _WRONG,
        executed=node.loops != 0,
        change=extra.changes.get(node.number, ""),
        marks=marks,
        conditions=tuple(conditions(node).items()),
        details=tuple(details(node, own, brief=room.brief)) if matters else (),
        links=tuple(extra.links.get(node.number, ())),
    )


def _rows(node: Node) -> str:
    if node.total_rows is None:
        return units.count(node.plan_rows)
    return units.count(node.total_rows) if node.executed else ""


def _off(node: Node, off: float) -> str:
    more = (node.actual_rows or 0.0) > node.plan_rows
    return f"{units.factor(off)} {'more' if more else 'fewer'}"


def _marks(node: Node, own: Effort, findings: int) -> Iterator[Mark]:
    """What is worth a look, the worst first."""
    raw = node.raw
    if findings:
        yield Mark("bad", "1 finding" if findings == 1 else f"{findings} findings")
    if node.spilled:
        yield Mark("bad", f"{units.blocks(node.spilled_kb / 8)} to disk" if node.spilled_kb else "to disk")
    if amount(raw, "Lossy Heap Blocks"):
        yield Mark("bad", "lossy bitmap")
    if "Workers Launched" in raw and amount(raw, "Workers Launched") < amount(raw, "Workers Planned"):
        yield Mark("bad", f"{raw['Workers Launched']} of {raw['Workers Planned']} workers")
    if node.loops == 0:
        yield Mark("plain", "never executed")
    if (node.loops or 0) > own.processes + 0.5:
        yield Mark("plain", f"{units.count(node.loops or 0)} loops")
    if node.rows_removed:
        yield Mark("plain", f"{units.count(node.rows_removed)} rows removed")
    if amount(raw, "Heap Fetches"):
        yield Mark("plain", f"{units.count(amount(raw, 'Heap Fetches'))} heap fetches")
