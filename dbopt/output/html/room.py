"""What a page has room for. One with a few plans shows all of each; one with many must still open in a blink and pass
through a mail, so that it shows less of the nodes that matter least. Nothing is lost: the JSON is always there. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dbopt.output.html.archive import compact
from dbopt.output.html.shares import Shares

_FEW_PLANS = 4
"""So many plans are shown in full, however long they are."""
_FEW_NODES = 200
"""So many nodes of all plans are shown in full."""
_DETAILED = 80
"""So many nodes of a page with more have details."""
JSON_IN_TEXT = 60_000
"""So many characters of JSON stand in a page as text; more are packed into an archive."""


@dataclass(frozen=True)
class Room:
    """`brief`: without what only a close look at a single plan needs. Details are for nodes that take at least
    `detailed_from` of their plan, or that something is wrong with. `json_in_text`: no archive.
    """

    brief: bool = False
    detailed_from: float = 0.0
    json_in_text: bool = True


def room(plans: Sequence[Shares], documents: Sequence[Any]) -> Room:
    """For a page with all of these plans, and with their JSON."""
    parts = sorted((shares.part(node.number) for shares in plans for node in shares.nodes), reverse=True)
    brief = len(plans) > _FEW_PLANS and len(parts) > _FEW_NODES
    in_text = sum(len(compact(document)) for document in documents) <= JSON_IN_TEXT
    return Room(brief, parts[_DETAILED] if brief else 0.0, in_text)
