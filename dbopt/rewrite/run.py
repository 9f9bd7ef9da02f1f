"""All of it: what is worth it, and with `verify` the proof."""

from __future__ import annotations

from pathlib import Path

from dbopt.rewrite.model import Rewrites
from dbopt.rewrite.offer import Offers, OnProgress, Wish, offer
from dbopt.rewrite.place import Place
from dbopt.workload.model import Workload


def rewrites(
    workload: Workload,
    place: Place,
    wish: Wish,
    *,
    verify: bool = False,
    databases: int = 100,
    bin_dir: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Rewrites:
    """The rewrites of a workload. With `verify`, what differs once, on the data or on one of so many made-up databases,
    is withdrawn. Raises ConnectionFailed, and EmbeddedServerError where there is nothing to verify on.
    """
    offers = offer(workload, place, wish, on_progress)
    if verify and offers.rewrites:
        from dbopt.rewrite.proof.verify import verified

        offers = verified(offers, place, databases=databases, bin_dir=bin_dir, on_progress=on_progress)
    return _document(workload, place, offers)


def _document(workload: Workload, place: Place, offers: Offers) -> Rewrites:
    return Rewrites(
        rewrites=tuple(offers.rewrites),
        refused=tuple(dict.fromkeys(offers.refused)),
        server_version=place.server_version,
        what_if=place.planner.name,
        snapshot=place.snapshot_name,
        statements=len(workload.statements),
        planner_calls=place.planner.calls,
        not_worthwhile=tuple(offers.not_worthwhile),
        failed=tuple(offers.failed),
    )
