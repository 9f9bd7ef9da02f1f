"""A diagnosis, for people and as SQL."""

from __future__ import annotations

from dbopt.doctor.model import Checked, Diagnosis
from dbopt.output import units
from dbopt.output.report import Column, Report, Table

_MARKS = {"ok": "✓ ok", "info": "· info", "warn": "! warn", "fail": "✗ FAIL"}
_STYLES = {"ok": "green", "info": "dim", "warn": "yellow", "fail": "bold red"}


def report(diagnosis: Diagnosis) -> Report:
    """All checks, then what mends them."""
    checks = diagnosis.checks
    columns = (Column("verdict", _MARKS.__getitem__), Column("check"), Column("finding", wrap=True))
    table = Table(
        columns,
        tuple((check.verdict, check.title, check.finding) for check in checks),
        title=f"PostgreSQL {diagnosis.server_version}, database {diagnosis.database}, role {diagnosis.role}",
        footer=_summary(checks),
        styles=tuple(_STYLES[check.verdict] for check in checks),
    )
    mends = tuple((check.title, check.fix_sql) for check in checks if check.fix_sql)
    mending = Table((Column("check"), Column("SQL", wrap=True)), mends, title="What mends it")
    return Report((table, mending) if mends else (table,), document=diagnosis, sql=script(diagnosis))


def script(diagnosis: Diagnosis) -> str:
    """The SQL that mends what was found, for psql; warnings and failures first."""
    order = ("fail", "warn", "info", "ok")
    mends = sorted((check for check in diagnosis.checks if check.fix_sql), key=lambda check: order.index(check.verdict))
    return "".join(f"-- {check.verdict}: {units.comment(check.finding)}\n{check.fix_sql}\n\n" for check in mends)


def _summary(checks: tuple[Checked, ...]) -> str:
    counted = [
        (sum(check.verdict == verdict for check in checks), verdict) for verdict in ("fail", "warn", "info", "ok")
    ]
    words = {"fail": "failed", "warn": "warnings", "info": "remarks", "ok": "fine"}
    return ", ".join(f"{number} {words[verdict]}" for number, verdict in counted if number)
