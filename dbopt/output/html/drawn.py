"""A plan as it is drawn: figures above it, boxes, the tree as a list of rows, and what else EXPLAIN said. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from dbopt.output.html.about import about, facts
from dbopt.output.html.icicle import Icicle, icicle
from dbopt.output.html.room import Room
from dbopt.output.html.row import Extra, Link, Row, row
from dbopt.output.html.shares import Shares, percent
from dbopt.output.html.values import Detail, listed
from dbopt.output.plan import kind
from dbopt.plan.findings.model import Finding
from dbopt.plan.init_plans import consumers
from dbopt.plan.pairs import Pairs
from dbopt.plan.tree import Node, Plan

_MANY = 100  # nodes from which a plan is too long to be read whole
_FOLDABLE = 3  # nodes below another that are worth hiding
_NAMED = 3  # nodes that a picture is described by
_QUIET = 0.01  # the part of a plan's time that may be hidden then


@dataclass(frozen=True)
class Drawn:
    """`key` is what the names of the nodes within the page begin with. `measured`: with times; `executed`: with rows.
    `picture` says in words what the boxes show.
    """

    key: str
    measured: bool
    executed: bool
    picture: str
    facts: tuple[Detail, ...]
    icicle: Icicle
    rows: tuple[Row, ...]
    about: tuple[Detail, ...]
    findings: tuple[Finding, ...] = ()

    @cached_property
    def targets(self) -> frozenset[int]:
        """The nodes that something on the page points to."""
        linked = {number for row in self.rows for link in row.links for number in link.numbers}
        boxes = {box.number for box in self.icicle.boxes if box.linked}
        return frozenset(linked | boxes | {one.node for one in self.findings if one.node is not None})


def draw(
    key: str,
    shares: Shares,
    findings: Sequence[Finding] = (),
    changes: Mapping[int, str] | None = None,
    room: Room | None = None,
) -> Drawn:
    """A plan; `changes` says of nodes by number what became of them in another plan."""
    room = room or Room()
    counted = Counter(one.node for one in findings if one.node is not None)
    extra = Extra(changes or {}, _links(shares.plan), counted)
    return Drawn(
        key=key,
        measured=shares.measured,
        executed=shares.plan.root.loops is not None,
        picture=_picture(shares),
        facts=tuple(facts(shares.plan)),
        icicle=icicle(shares, brief=room.brief),
        rows=tuple(_tree(shares, extra, room)),
        about=tuple(about(shares.plan, brief=room.brief)),
        findings=tuple(findings),
    )


def _picture(shares: Shares) -> str:
    most = sorted(shares.nodes, key=lambda node: -shares.own(node.number))[:_NAMED]
    named = listed(*(f"{kind(node)} {percent(shares.part(node.number))}" for node in most))
    return f"Where the {'time' if shares.measured else 'cost'} goes: {named}".rstrip()


def _tree(shares: Shares, extra: Extra, room: Room) -> list[Row]:
    """The rows, parents first, with where lists of children begin and end."""
    sizes, parts = _sizes(shares)
    rows = []
    ends = _ends(shares.nodes)
    foldable = _foldable(shares, sizes)
    many = len(shares.nodes) > _MANY
    for node in shares.nodes:
        below = sizes[node.number] - 1
        quiet = parts[node.number] - shares.part(node.number) < _QUIET
        made = row(shares, node, extra, room)
        ended = tuple(owner in foldable for owner in ends[node.number])
        made = replace(made, below=below, foldable=node.number in foldable, folded=many and quiet, ends=ended)
        rows.append(made)
    return rows


def _foldable(shares: Shares, sizes: Mapping[int, int]) -> frozenset[int]:
    """Nodes that can be shown without those below: where a plan begins or branches, if there is something to hide."""
    heads = [0, *(child.number for node in shares.nodes if len(node.children) > 1 for child in node.children)]
    return frozenset(number for number in heads if sizes[number] > _FOLDABLE)


def _sizes(shares: Shares) -> tuple[dict[int, int], dict[int, float]]:
    """Of each node with all below it: how many nodes, and which part of the whole."""
    sizes: dict[int, int] = {}
    parts: dict[int, float] = {}
    for node in reversed(shares.nodes):  # children first
        sizes[node.number] = 1 + sum(sizes[child.number] for child in node.children)
        parts[node.number] = shares.part(node.number) + sum(parts[child.number] for child in node.children)
    return sizes, parts


def _ends(nodes: Sequence[Node]) -> dict[int, list[int]]:
    """Whose lists of children end with each node, the innermost first."""
    ends: dict[int, list[int]] = {node.number: [] for node in nodes}
    last: dict[int, int] = {}
    for node in reversed(nodes):
        last[node.number] = last[node.children[-1].number] if node.children else node.number
        if node.children:
            ends[last[node.number]].append(node.number)
    return ends


def _links(plan: Plan) -> dict[int, list[Link]]:
    """From InitPlans and CTEs to the nodes that use them, and back."""
    links: dict[int, list[Link]] = {}
    for producer, readers in consumers(plan).items():
        if readers:
            links.setdefault(producer, []).append(Link("used by", readers))
        for reader in readers:
            links.setdefault(reader, []).append(Link("uses", (producer,)))
    return links


# -- two plans ---------------------------------------------------------------------------------------------------------


def changes_before(pairs: Pairs, before: Plan, after: Plan) -> dict[int, str]:
    """What became of each node of the plan before that is not there as it was."""
    return _changes(pairs.replaced, set(pairs.same), before.nodes, after.nodes, "gone", "becomes")


def changes_after(pairs: Pairs, before: Plan, after: Plan) -> dict[int, str]:
    """What each node of the plan after was before, if it was not there as it is."""
    replaced = {there: here for here, there in pairs.replaced.items()}
    return _changes(replaced, set(pairs.same.values()), after.nodes, before.nodes, "new", "was")


def _changes(
    replaced: Mapping[int, int], same: set[int], nodes: Sequence[Node], others: Sequence[Node], alone: str, word: str
) -> dict[int, str]:
    found = {}
    for node in nodes:
        if node.number in replaced:
            found[node.number] = _difference(node, others[replaced[node.number]], word)
        elif node.number not in same:
            found[node.number] = alone
    return found


def _difference(node: Node, other: Node, word: str) -> str:
    """In what the other node differs, in few words."""
    if kind(node) != kind(other):
        return f"{word} {kind(other)}"
    if node.index != other.index:
        return f"{word} using {other.index}"
    return "changed"
