"""Fewer workers were started than the plan was made for, and each of those that ran had more to do."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.context import Context
from dbopt.plan.findings.model import Finding
from dbopt.plan.tree import Node

NAME = "workers"
LEAST_MS = 100.0  # of the part that was to run in parallel: less is not worth a worker
_LIMITS = ("max_parallel_workers", "max_worker_processes")


def check(context: Context) -> Iterator[Finding]:
    for node in context.plan.nodes:
        planned, launched = _workers(node, "Workers Planned"), _workers(node, "Workers Launched")
        elapsed = context.effort(node).inclusive_ms
        if planned is None or launched is None or launched >= planned or (elapsed or 0.0) < LEAST_MS:
            continue
        share = context.share_with_children(node)
        if context.weighs(share):
            limit = context.number("max_parallel_workers", 8)
            yield Finding(
                NAME,
                f"{launched} of {planned} workers were started",
                *_remedy(planned, limit),
                node.number,
                share,
            )


def _workers(node: Node, name: str) -> int | None:
    return int(node.raw[name]) if name in node.raw else None


def _remedy(planned: int, limit: float) -> tuple[str, tuple[str, ...]]:
    if limit < planned:
        return (
            f"max_parallel_workers = {limit:.0f} allows no more on the whole server. Raise it, as far as the server "
            "has cores and max_worker_processes allows; or lower max_parallel_workers_per_gather, so that plans are "
            "made for what there is.",
            (f"SET max_parallel_workers = {planned}",),
        )
    return (
        "All others were busy with other statements. If that is usual, raise max_parallel_workers and "
        "max_worker_processes as far as the server has cores, or lower max_parallel_workers_per_gather, so that "
        "plans are made for what there is.",
        (),
    )
