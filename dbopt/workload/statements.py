"""Capturing a workload from pg_stat_statements of PostgreSQL 14 to 18."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dbopt.errors import FeatureMissing, PrivilegeMissing
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.session import Session
from dbopt.workload.captured import Captured, notes_on
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.mend import mended
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.noise import noise
from dbopt.workload.sql import tables_of

UNUSABLE = (FeatureMissing, PrivilegeMissing)
"""What is raised where pg_stat_statements is not to be had: whoever can do without it says `why_not`, and goes on."""

OLDEST_EXTENSION = (1, 8)  # total_exec_time

NEGLIGIBLE = 0.001  # a part of the total time
_UNREADABLE = "<insufficient privilege>"


@dataclass
class _Collection:
    """Statements by fingerprint, in the order of their cost, and how many texts were left out for which reason."""

    catalog_names: frozenset[str]
    statements: dict[str, Statement] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    found: int = 0  # before any limit

    def add(self, text: str | None, total: dict[str, Any]) -> None:
        if text is None or text == _UNREADABLE:
            self.left_out["text not readable"] += 1
            return
        reason = noise(text, self.catalog_names)
        if reason is not None:
            self.left_out[reason] += 1
            return
        new = _statement(text, total)
        known = self.statements.get(new.id)
        self.statements[new.id] = new if known is None else _merged(known, new)


def capture(
    session: Session,
    *,
    top: int = 100,
    min_mean_ms: float = 0,
    min_calls: int = 1,
    databases: Sequence[str] = (),
) -> Captured:
    """The `top` statements by total time, of the session's database or of those named. Statements with the same
    fingerprint (other users, other lists of constants) are one, their numbers added up.

    Raises FeatureMissing without a usable pg_stat_statements, and PrivilegeMissing where the role may not use it or
    read any of its texts.
    """
    schema = _schema(session)
    wanted = set(databases) or {session.database}
    with session.rolled_back():
        names = frozenset(row["name"] for row in session.rows("workload/catalog_names"))
        session.rows("workload/use_schema", schema=schema)
        totals = session.rows("workload/totals")
        here = [total for total in totals if total["database"] in wanted]
        visible = [total for total in here if total["queryid"] is not None]
        collection = _collect(session, visible, names, _Limits(top, min_mean_ms, min_calls))
    hidden = sum(total["calls"] for total in here if total["queryid"] is None)
    if hidden and not collection.found:
        raise PrivilegeMissing(
            f"{session.role} may not see the statements of other roles, and there are none of its own",
            hint=grant(session),
        )
    statements = tuple(collection.statements.values())
    source = Source(
        "pg_stat_statements",
        session.server_version,
        ",".join(sorted(wanted)),
        datetime.now(UTC).isoformat("T", "seconds"),
    )
    notes = [*_notes(session, collection, hidden), *_elsewhere(totals, wanted)]
    too_few = 0 if statements else collection.found
    return Captured(Workload(source, statements), tuple(notes), left_out=collection.left_out, too_few=too_few)


def texts(session: Session, queryids: Sequence[int]) -> dict[int, str]:
    """The whole texts of statements by query identifier, as pg_stat_statements has them, as far as they may be read.
    Raises FeatureMissing and PrivilegeMissing as capture.
    """
    schema = _schema(session)
    with session.rolled_back():
        session.rows("workload/use_schema", schema=schema)
        rows = session.rows("workload/texts", queryids=sorted(set(queryids)))
    return {row["queryid"]: row["query"] for row in rows if row["query"] not in (None, _UNREADABLE)}


@dataclass(frozen=True)
class _Limits:
    top: int
    min_mean_ms: float
    min_calls: int

    def choose(self, statements: dict[str, Statement]) -> dict[str, Statement]:
        fitting = [one for one in statements.values() if self._fits(one)]
        fitting.sort(key=lambda one: (-(one.total_ms or 0.0), one.id))
        return {one.id: one for one in fitting[: self.top]}

    def _fits(self, one: Statement) -> bool:
        return (one.mean_ms or 0.0) >= self.min_mean_ms and (one.calls or 0) >= self.min_calls


def _collect(session: Session, totals: list[dict[str, Any]], names: frozenset[str], limits: _Limits) -> _Collection:
    """Fetch texts, the dearest first, until enough statements are found and what is left, added to them, would not
    change them: many small entries may be one statement (with lists of other lengths, by other users).
    """
    collection = _Collection(names)
    batch = 2 * limits.top + 50
    left = whole = sum(total["total_ms"] for total in totals)
    for start in range(0, len(totals), batch):
        some = totals[start : start + batch]
        ids = sorted({total["queryid"] for total in some})
        found = {row["queryid"]: row["query"] for row in session.rows("workload/texts", queryids=ids)}
        for total in some:
            collection.add(found.get(total["queryid"]), total)
        left -= sum(total["total_ms"] for total in some)
        if len(limits.choose(collection.statements)) >= limits.top and left <= NEGLIGIBLE * whole:
            break
    collection.found = len(collection.statements)
    collection.statements = limits.choose(collection.statements)
    return collection


def _statement(text: str, total: dict[str, Any]) -> Statement:
    sql = mended(text)
    return Statement(
        id=fingerprint(sql),
        name=None,
        sql=sql,
        kind=kind_of(sql),
        calls=total["calls"],
        total_ms=total["total_ms"],
        mean_ms=total["total_ms"] / total["calls"],
        rows=total["rows"],
        tables=tables_of(sql),
    )


def _merged(known: Statement, new: Statement) -> Statement:
    """Both as one; the text stays that of the dearer one, which came first."""
    calls = (known.calls or 0) + (new.calls or 0)
    total_ms = (known.total_ms or 0.0) + (new.total_ms or 0.0)
    rows = (known.rows or 0) + (new.rows or 0)
    return replace(known, calls=calls, total_ms=total_ms, mean_ms=total_ms / calls, rows=rows)


# -- what stands in the way -------------------------------------------------------------------------------------------


def _schema(session: Session) -> str:
    """The schema of a usable pg_stat_statements. Raises FeatureMissing or PrivilegeMissing with the SQL that makes it
    usable.
    """
    state = session.row("workload/pg_stat_statements")
    create = "CREATE EXTENSION pg_stat_statements"
    if not state["loaded"]:
        if not state["available"] and not state["schema"]:
            raise FeatureMissing(
                "pg_stat_statements is not installed on this server",
                hint=f"install PostgreSQL's contrib package, then: {_preload(state)}; restart; {create}",
            )
        then = "" if state["schema"] else f", then: {create}"
        raise FeatureMissing("pg_stat_statements is not preloaded", hint=f"{_preload(state)}; restart the server{then}")
    if not state["schema"]:
        raise FeatureMissing(f"database {session.database} lacks the extension pg_stat_statements", hint=create)
    if _numbers(state["version"]) < OLDEST_EXTENSION:
        raise FeatureMissing(
            f"the extension pg_stat_statements is of version {state['version']}, older than the server",
            hint="ALTER EXTENSION pg_stat_statements UPDATE",
        )
    schema: str = state["schema"]
    _require_privileges(session, schema, state)
    return schema


def _require_privileges(session: Session, schema: str, state: dict[str, Any]) -> None:
    """Without these, the server would say that there is no such function, or no permission for a view."""
    missing = []
    if not state["schema_usable"]:
        missing.append(f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {quoted(session.role)}")
    if state["executable"] is False:
        function = f"{quoted(schema)}.pg_stat_statements(boolean)"
        missing.append(f"GRANT EXECUTE ON FUNCTION {function} TO {quoted(session.role)}")
    if missing:
        raise PrivilegeMissing(
            f"{session.role} may not use pg_stat_statements in schema {quoted(schema)}", hint="; ".join(missing)
        )


def why_not(error: FeatureMissing | PrivilegeMissing) -> str:
    """Why pg_stat_statements is not to be had, with what helps, as the end of a remark."""
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _preload(state: dict[str, Any]) -> str:
    """The SQL that preloads it together with what is preloaded already, where that may be known."""
    if state["preloaded"] is None:
        return "add pg_stat_statements to shared_preload_libraries"
    libraries = [name.strip() for name in state["preloaded"].split(",") if name.strip()]
    return f"ALTER SYSTEM SET shared_preload_libraries = {', '.join(map(quoted, [*libraries, 'pg_stat_statements']))}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def grant(session: Session) -> str:
    """The SQL that lets the role see other roles' statements."""
    return f"GRANT pg_read_all_stats TO {quoted(session.role)}"


def _notes(session: Session, collection: _Collection, hidden_calls: int) -> Iterator[str]:
    if hidden_calls:
        yield f"{hidden_calls} calls by other roles are not readable: pg_read_all_stats is missing ({grant(session)})"
    yield from notes_on(collection.left_out)
    if not collection.statements:
        state = session.row("workload/pg_stat_statements")
        if state["track"] == "none" or state["compute_query_id"] == "off":
            yield "pg_stat_statements records nothing: set pg_stat_statements.track = top and compute_query_id = auto"


def _elsewhere(totals: list[dict[str, Any]], wanted: set[str]) -> Iterator[str]:
    others = Counter(total["database"] for total in totals if total["database"] not in wanted)
    for database, count in sorted(others.items()):
        yield f"left out: {count} of database {database} (--database)"
