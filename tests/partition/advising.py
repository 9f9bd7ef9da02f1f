"""Advice on partitioning for statements that are written in a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbopt.partition.suggest.advice import PartitionAdvice, StatementChange, TableAdvice
from dbopt.partition.suggest.run import Asked, suggest
from dbopt.shadow.what_if import what_if
from dbopt.workload.model import Statement
from tests.index.advising import workload
from tests.servers import Database

EVENTS = (Path(__file__).parent / "events.sql").read_text("utf-8")
MEGABYTE = 2**20

MONTHLY = (
    "SELECT kind, count(*) FROM events WHERE created_at >= '2024-06-01Z' AND created_at < '2024-07-01Z' GROUP BY 1"
)
LOOKUP = "SELECT * FROM events WHERE id = 77"


def advise(database: Database, *statements: str | Statement, **asked: Any) -> PartitionAdvice:
    """With a least size that the tests' tables reach."""
    with what_if(database.session) as shadow:
        return suggest(workload(*statements), shadow, Asked(**{"min_bytes": 10 * MEGABYTE, **asked}))


def on(advice: PartitionAdvice, table: str) -> TableAdvice:
    return next(one for one in advice.tables if one.table == table)


def change(advice: TableAdvice, number: int = 0) -> StatementChange:
    assert advice.proposal is not None
    return advice.proposal.statements[number]
