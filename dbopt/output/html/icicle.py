"""Where the time of a plan goes, as boxes: each stands below the node that waits for it and is as wide as its time with
all below. Pure.

InitPlans and CTEs stand below the node inside which they ran, so that the boxes of a node never outgrow it. A node that
adds next to nothing has no box; those below it move up.
"""

from __future__ import annotations

from dataclasses import dataclass

from dbopt.output.html.shares import Shares, heat, percent
from dbopt.output.plan import kind
from dbopt.plan.init_plans import consumers
from dbopt.plan.tree import Node

_SMALLEST, _SMALLEST_OF_MANY = 0.01, 0.03  # part of the whole that gets a box
_LINKED_OF_MANY = 0.1  # part of the whole from which a box leads to its node
_WIDE, _CHARACTER, _MARGIN = 600.0, 6.4, 12.0  # pixels that a picture is at least meant for, and that text takes


@dataclass(frozen=True)
class Box:
    """`left` and `width` in per cent of the picture; `heat` as of its own time. `label` is as long as there is room,
    `title` what it leaves out.
    """

    number: int
    depth: int
    left: str
    width: str
    heat: int
    label: str
    title: str
    linked: bool


@dataclass(frozen=True)
class Icicle:
    boxes: tuple[Box, ...]
    depth: int

    @property
    def is_worth_drawing(self) -> bool:
        return len(self.boxes) > 1


def icicle(shares: Shares, *, brief: bool = False) -> Icicle:
    """The boxes, those above first. A `brief` picture has fewer."""
    below = _below(shares)
    widths = _widths(shares, below)
    inside = {number for found in below.values() for number in found}
    tops = [node.number for node in shares.nodes if node.number not in inside]
    boxes: list[Box] = []
    waiting = _placed(tops, widths, 0.0, 0)
    while waiting:
        number, depth, left = waiting.pop()
        drawn = shares.part(number) >= (_SMALLEST_OF_MANY if brief else _SMALLEST)
        if drawn:
            linked = not brief or shares.part(number) >= _LINKED_OF_MANY
            boxes.append(_box(shares, shares.nodes[number], depth, left, widths[number], linked=linked))
        waiting += _placed(below[number], widths, left, depth + drawn)
    return Icicle(tuple(boxes), max((box.depth for box in boxes), default=0) + 1)


def _below(shares: Shares) -> dict[int, list[int]]:
    """What ran inside each node."""
    found = {node.number: [child.number for child in node.children] for node in shares.nodes}
    if not shares.measured:
        return found
    owners = {child: number for number, children in found.items() for child in children}
    for producer, readers in consumers(shares.plan).items():
        found[owners[producer]].remove(producer)
        if readers:
            reader = max(readers, key=lambda number: shares.efforts[number].inclusive_ms or 0.0)
            found[reader].append(producer)
    return found


def _widths(shares: Shares, below: dict[int, list[int]]) -> dict[int, float]:
    """What every node adds with all that ran inside it, as a part of the whole."""
    widths: dict[int, float] = {}
    waiting = [node.number for node in shares.nodes]
    while waiting:
        number = waiting.pop()
        missing = [child for child in below[number] if child not in widths]
        if missing:
            waiting += [number, *missing]
        else:
            widths[number] = shares.part(number) + sum(widths[child] for child in below[number])
    return widths


def _placed(numbers: list[int], widths: dict[int, float], left: float, depth: int) -> list[tuple[int, int, float]]:
    """Beside each other from `left` on, the last one first: number, depth, left."""
    placed = []
    for number in numbers:
        placed.append((number, depth, left))
        left += widths[number]
    return placed[::-1]


def _box(shares: Shares, node: Node, depth: int, left: float, width: float, *, linked: bool) -> Box:
    part = shares.part(node.number)
    words = " ".join(word for word in (kind(node), node.alias or node.index or "", percent(part)) if word)
    short = f"{kind(node)} {percent(part)}"
    label = next((text for text in (words, short, percent(part)) if _fits(text, width)), "")
    return Box(
        number=node.number,
        depth=depth,
        left=_part(left),
        width=_part(width),
        heat=heat(part),
        label=label,
        title=words if label != words else "",
        linked=linked,
    )


def _fits(text: str, width: float) -> bool:
    return _CHARACTER * len(text) + _MARGIN <= _WIDE * width


def _part(value: float) -> str:
    return f"{100 * value:.1f}".removesuffix(".0") + "%"
