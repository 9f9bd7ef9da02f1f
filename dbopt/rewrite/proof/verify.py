"""The proof of what is offered: on the database's own data, in one snapshot of it, and on made-up databases. A rewrite
that differs once is withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from dbopt.errors import ConnectionFailed, DboptError, ServerError, UnsafeStatement
from dbopt.plan import execution
from dbopt.plan.execution import Limits
from dbopt.postgres.identifiers import qualified
from dbopt.postgres.session import Session
from dbopt.rewrite.model import Refused, Rewrite
from dbopt.rewrite.offer import Offers, OnProgress
from dbopt.rewrite.place import Place
from dbopt.rewrite.proof import trial
from dbopt.rewrite.proof.compare import row_text
from dbopt.rewrite.proof.forms import Forms, forms
from dbopt.rewrite.proof.made_up import MadeUp, Tried
from dbopt.rewrite.proof.server import made_up
from dbopt.workload.lexer import parameter_numbers
from dbopt.workload.model import Statement

_MOST_ROWS = 1_000_000
_NO_ROWS = "not verified: no run gave a row, and of nothing any two forms give the same"


@dataclass(frozen=True)
class Proof:
    """What one kind of data says: `evidence` in words, `differs` how the forms differ, neither where nothing could be
    compared; then `gap` is why, or else what was not tried. `has_rows`: some run gave a row.
    """

    evidence: str | None = None
    differs: str | None = None
    example: str | None = None
    gap: str | None = None
    has_rows: bool = False


def verified(
    offers: Offers,
    place: Place,
    *,
    databases: int,
    bin_dir: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Offers:
    """What is left of the offers, with the evidence. Raises ConnectionFailed."""
    left: list[Rewrite] = []
    refused = list(offers.refused)
    wanted = [one for one in offers.rewrites if one.kind == "rewrite"]
    with ExitStack() as stack:
        made = _made_up(stack, place, bin_dir) if wanted else None
        for number, one in enumerate(offers.rewrites):
            if on_progress:
                on_progress(number, len(offers.rewrites), f"verifying {one.label}")
            if one.kind != "rewrite":
                left.append(one)
                continue
            judged = _judge(one, offers.typed, place, made, databases)
            if isinstance(judged, Rewrite):
                left.append(judged)
            else:
                refused.append(judged)
    return replace(offers, rewrites=left, refused=refused)


def _made_up(stack: ExitStack, place: Place, bin_dir: Path | None) -> MadeUp | str:
    """The server with made-up databases; why there is none."""
    try:
        return stack.enter_context(made_up(place.snapshot(), bin_dir=bin_dir))
    except ConnectionFailed:
        raise
    except DboptError as error:
        return error.message


def _judge(
    one: Rewrite,
    statements: Mapping[tuple[str, str], Statement],
    place: Place,
    made: MadeUp | str | None,
    databases: int,
) -> Rewrite | Refused:
    statement = statements[one.id, one.before_sql]
    both = forms(one.before_sql, one.after_sql, place.facts)
    proofs = []
    if place.data is not None:
        proofs.append(_on_data(statement, both, place.data, place.planner.limits))
    if isinstance(made, MadeUp):
        proofs.append(_on_made_up(statement, both, made, databases))
    else:
        proofs.append(Proof(gap=f"there are no made-up databases: {made}"))
    for proof in proofs:
        if proof.differs is not None:
            return _withdrawn(one, f"withdrawn: {proof.differs}", proof.example)
    evidence = [proof.evidence for proof in proofs if proof.evidence]
    gaps = [proof.gap for proof in proofs if proof.gap]
    if not evidence:
        return _withdrawn(one, f"withdrawn, for it could not be verified: {'; '.join(gaps)}", None)
    has_rows = any(proof.has_rows for proof in proofs)
    if not has_rows:
        gaps.append(_NO_ROWS)
    return replace(one, verified=has_rows, evidence="; ".join((*evidence, *gaps)))


def _withdrawn(one: Rewrite, reason: str, example: str | None) -> Refused:
    return Refused(one.id, " + ".join(one.rules), reason, one.name, one.after_sql, example)


# -- the database's own data -------------------------------------------------------------------------------------------


def _on_data(statement: Statement, both: Forms, session: Session, limits: Limits) -> Proof:
    """Both forms with all parameter sets in one snapshot."""
    if parameter_numbers(statement.sql) and not statement.parameters:
        return Proof(gap="not run on the data: there are no values for its parameters")
    try:
        for sql in (both.before, both.after):
            planned = execution.plan(session, replace(statement, sql=sql), limits)
            execution.require_runnable(session, planned, limits)
    except ConnectionFailed:
        raise
    except UnsafeStatement as error:
        return Proof(gap=error.message)
    except ServerError as error:
        return Proof(differs=f"it does not plan: {error.message}")
    timeout_ms = max(1, round(limits.timeout_ms)) if limits.timeout_ms else 0
    with session.rolled_back(one_snapshot=True, statement_timeout_ms=timeout_ms):
        return _compared(statement, both, session)


def _compared(statement: Statement, both: Forms, session: Session) -> Proof:
    counts = []
    for values in statement.parameters or ((),):
        found = trial.run(session, both, values, most=_MOST_ROWS)
        if found.failed is not None:
            return Proof(gap=f"not compared on the data: {found.failed}")
        if found.difference is not None:
            given = f" for {row_text(values)}" if values else ""
            return Proof(differs=f"on the data, {found.difference}{given}")
        counts.append(found.rows)
    shown = ", ".join(f"{count:,}" for count in counts[:5]) + (", ..." if len(counts) > 5 else "")
    return Proof(f"the same {shown} rows on the data", has_rows=any(counts))


# -- made-up data ------------------------------------------------------------------------------------------------------


def _on_made_up(statement: Statement, both: Forms, made: MadeUp, databases: int) -> Proof:
    try:
        tried = made.try_rewrite(statement, both, databases)
    except ConnectionFailed:
        raise
    except ServerError as error:
        return Proof(gap=f"not run on made-up databases: {error.message}")
    if tried.difference is not None:
        return Proof(differs=f"on a made-up database, {tried.difference}", example=_example(tried))
    if not tried.compared:
        return Proof(gap=f"not compared on made-up databases: {tried.failed}")
    gaps = list(tried.empty)
    if tried.failed is not None:
        gaps.append(f"some runs on made-up databases failed: {tried.failed}")
    return Proof(
        f"the same on {tried.databases} made-up databases, with rows in {tried.with_rows} of {tried.compared} runs",
        gap="; ".join(gaps) or None,
        has_rows=tried.with_rows > 0,
    )


def _example(tried: Tried) -> str:
    tables = [
        f"{qualified(*name)}: {' '.join(row_text(row) for row in rows) or 'no rows'}"
        for name, rows in tried.rows.items()
    ]
    values = [f"parameters {row_text(tried.values)}"] if tried.values else []
    return "; ".join((*tables, *values))
