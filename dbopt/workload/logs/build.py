"""The workload that a log was: sums become statements, literals become parameters. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from dbopt.postgres.protocol import MOST_PARAMETERS
from dbopt.workload.captured import Captured, notes_on
from dbopt.workload.commands import begins_as_sql
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.lexer import is_same, parameter_numbers
from dbopt.workload.logged import rank_of_failed
from dbopt.workload.logs import plans, redact
from dbopt.workload.logs.aggregate import LoggedPlan as RawPlan
from dbopt.workload.logs.aggregate import Sums, Totals
from dbopt.workload.logs.entries import Account
from dbopt.workload.logs.parameters import parse
from dbopt.workload.logs.shapes import pieces
from dbopt.workload.merge import summed
from dbopt.workload.model import Logged, LoggedError, LoggedPlan, LogSummary, Source, Statement, Workload
from dbopt.workload.noise import UTILITY, noise
from dbopt.workload.normalise import Normalised, normalised
from dbopt.workload.parameter_sets import DEFAULT_LIMIT, LARGEST_SLOWEST, Set
from dbopt.workload.sql import tables_of

_Form = tuple[bytes, Normalised]  # of an execution: its DETAIL, and its text without literals
_LONGEST_MESSAGE = 500
_RAN_INSIDE = "statement that only functions ran"
_BEGAN_BEFORE = "statement that began before the log"
MOST_STATEMENTS = 10_000


@dataclass(frozen=True)
class Limits:
    """Which statements the workload gets: the `top` by total time, of those that are slow and frequent enough; of each
    up to `parameters` sets of values. `is_redacted` leaves out all values.
    """

    top: int = 100
    min_mean_ms: float = 0.0
    min_calls: int = 1
    parameters: int = DEFAULT_LIMIT
    is_redacted: bool = False

    @property
    def whole(self) -> Limits:
        """The same without limits on statements."""
        return replace(self, top=MOST_STATEMENTS, min_mean_ms=0.0, min_calls=1)


@dataclass
class _Found:
    """Statements by fingerprint, and how many executions were left out for which reason."""

    statements: dict[str, Statement] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    cut_bytes: list[int] = field(default_factory=list)  # of each statement whose text is not kept as a whole


def workload(totals: Totals, accounts: Sequence[Account], limits: Limits) -> Captured:
    """The statements of a log, the dearest first, and remarks on what was left out."""
    found = _Found()
    ranked = sorted(totals.statements.items(), key=lambda item: (-item[1].total_us, -item[1].calls, item[0]))
    for key, sums in ranked:
        _add(found, key, sums, limits)
    statements = tuple(one for one in found.statements.values() if one.calls != 0)
    failed = [one for one in found.statements.values() if one.calls == 0]
    failed.sort(key=rank_of_failed)
    source = Source("logs", _version(totals), _databases(totals), datetime.now(UTC).isoformat("T", "seconds"))
    notes = [*notes_on(found.left_out)]
    if found.cut_bytes:
        longer = f"longer than {LARGEST_SLOWEST:,} bytes, of which {sum(found.cut_bytes):,} bytes are cut off"
        notes.append(f"without a plan: {len(found.cut_bytes)} x text {longer}")
    whole = limited(Workload(source, statements, tuple(failed), _summary(totals, accounts)), limits)
    return replace(whole, notes=(*notes, *whole.notes), left_out=found.left_out)


def limited(workload: Workload, limits: Limits) -> Captured:
    """Of the workload what is wanted, the dearest first; with remarks on what was left out."""
    fitting = [
        one
        for one in workload.statements
        if (one.mean_ms or 0.0) >= limits.min_mean_ms and (1 if one.calls is None else one.calls) >= limits.min_calls
    ]
    fitting.sort(key=lambda one: (-(one.total_ms or 0.0), -(one.calls or 0), one.id))
    cut = replace(workload, statements=tuple(fitting[: limits.top]), failed=workload.failed[: limits.top])
    notes = tuple(_notes_on_limits(len(workload.statements), len(fitting), limits))
    return Captured(cut, notes, too_few=len(workload.statements) - len(fitting))


def redacted(workload: Workload) -> Workload:
    """Without values: literals and comments in the texts of statements, those texts in which these cannot be told, and
    parameters.
    """
    shown = [
        replace(one, sql=normalised(one.sql, comments=False).sql, parameters=(), parameters_from=None)
        for one in workload.statements
        if not redact.is_ambiguous(one.sql)
    ]
    return replace(workload, statements=tuple(shown))


def _add(found: _Found, key: str, sums: Sums, limits: Limits) -> None:
    if sums.example is None and not sums.samples.chosen:
        found.left_out[_RAN_INSIDE if sums.plan is not None else _BEGAN_BEFORE] += 1
        return
    if limits.is_redacted and not redact.was_understood(sums):
        found.left_out["failed statement, whose text may be no SQL"] += sums.errors
        return
    statement = _statement(key, sums, limits)
    if statement is None and sums.example is not None and sums.example.cut_bytes:
        found.left_out[f"text longer than {LARGEST_SLOWEST:,} bytes, of several statements"] += max(1, sums.calls)
        return
    if statement is None:
        found.left_out["text in which values cannot be told from the rest"] += max(1, sums.calls)
        return
    reason = noise(statement.sql, _Catalogs(), truncated=statement.truncated)
    if reason is not None:
        is_kept = bool(sums.errors or sums.cancelled) and not (limits.is_redacted and reason == UTILITY)
        found.left_out += Counter({reason: sums.calls or (0 if is_kept else 1)})  # which drops a zero
        if not is_kept:
            return
        statement = _as_failed(statement)
    if statement.truncated and sums.example is not None:
        found.cut_bytes.append(sums.example.cut_bytes)
    known = found.statements.get(statement.id)  # two texts whose normalised forms are one statement
    found.statements[statement.id] = statement if known is None else summed(known, statement, limits.parameters)


def _as_failed(statement: Statement) -> Statement:
    """Without its executions, which are left out."""
    log = replace(statement.log, untimed_calls=0, max_ms=None, plan=None) if statement.log is not None else None
    return replace(statement, calls=0, total_ms=None, mean_ms=None, parameters=(), parameters_from=None, log=log)


class _Catalogs(frozenset[str]):
    """Without a server, every name that starts with pg_ is taken for a catalog's, as PostgreSQL reserves it."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.startswith("pg_")


# -- one statement ----------------------------------------------------------------------------------------------------


def _statement(key: str, sums: Sums, limits: Limits) -> Statement | None:
    """None where a text cannot be had without its values."""
    readable = _readable(key, sums, limits)
    forms = readable or _shown(key, sums, limits)
    if not forms:
        return None
    sql = forms[0][1].sql
    lacks_end = not readable and sums.example is not None and sums.example.cut_bytes > 0
    is_cut = lacks_end and fingerprint(sql) != key  # else it is the end of a value, or of a comment
    sets = () if limits.is_redacted or lacks_end else _chosen(sql, forms, limits.parameters)
    total_ms = sums.total_us / 1000
    return Statement(
        id=key if is_cut else fingerprint(sql),
        name=None,
        sql=sql,
        kind=kind_of(sql),
        calls=sums.calls if sums.calls or sums.errors or sums.cancelled else None,
        total_ms=total_ms if sums.timed else None,
        mean_ms=total_ms / sums.timed if sums.timed else None,
        parameters=sets,
        tables=tables_of(sql),
        parameters_from="captured" if sets else None,
        truncated=is_cut,
        log=_logged(sums, limits),
    )


def _readable(key: str, sums: Sums, limits: Limits) -> list[_Form]:
    """The executions that can be read, the slowest first, then in the order of their draw."""
    drawn = list(sums.samples.chosen)
    if sums.samples.slowest is not None:
        drawn.insert(0, drawn.pop())
    forms = [(detail, _form(key, text, limits)) for text, detail in drawn]
    return [(detail, form) for detail, form in forms if form is not None]


def _shown(key: str, sums: Sums, limits: Limits) -> list[_Form]:
    """The execution that shows the text and no values."""
    if sums.example is None:
        return []
    form = _form(key, sums.example.text, limits, comments=not sums.example.cut_bytes)
    return [(b"", form)] if form is not None else []


def _form(key: str, logged: bytes, limits: Limits, *, comments: bool = True) -> Normalised | None:
    """The statement among those of the text that has this fingerprint, without its literals."""
    texts = pieces(logged)
    text = texts[0] if len(texts) == 1 else next((text for text in texts if fingerprint(text) == key), None)
    text = None if text is None else _storable(text)
    if text is None or (limits.is_redacted and (redact.is_ambiguous(text) or not begins_as_sql(text))):
        return None  # a colon in the name of a prepared statement makes the rest of that part of the text
    most = None if limits.is_redacted else MOST_PARAMETERS
    return normalised(text, comments=comments and not limits.is_redacted, most=most)


def _storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _chosen(sql: str, forms: Sequence[_Form], limit: int) -> tuple[Set, ...]:
    """As many sets, in the order of their draw, the slowest last."""
    sets = list(dict.fromkeys(_sets(sql, forms)))[:limit]
    return (*sets[1:], *sets[:1])


def _sets(sql: str, forms: Iterable[_Form]) -> Iterator[Set]:
    """The values of the executions whose text is this one but for spaces and comments: those that were bound, then
    those of literals.
    """
    count = len(parameter_numbers(sql))
    for detail, form in forms:
        if form.values is None or not is_same(form.sql, sql):
            continue
        bound = parse(detail.decode("utf-8", "replace"))
        given = bound.values if bound is not None and not bound.truncated else ()
        values = tuple(None if value is None else _storable(value) for value in (*given, *form.values))
        if count and len(values) == count == len(given) + len(form.values) and len(given) == form.first - 1:
            yield values


def _logged(sums: Sums, limits: Limits) -> Logged:
    errors = tuple(
        LoggedError(
            state.decode("ascii", "replace") or None,
            count,
            None if limits.is_redacted else _storable(message.decode("utf-8", "replace"))[:_LONGEST_MESSAGE],
        )
        for state, (count, message) in sorted(sums.messages.items())
    )
    return Logged(
        untimed_calls=sums.calls - sums.timed,
        max_ms=sums.longest_us / 1000 if sums.timed else None,
        errors=sums.errors,
        cancelled=sums.cancelled,
        deadlocks=sums.deadlocks,
        temp_files=sums.temp_files,
        temp_bytes=sums.temp_bytes,
        lock_waits=sums.lock_waits,
        lock_wait_ms=sums.lock_wait_us / 1000,
        truncated_parameters=sums.truncated,
        errors_by_state=errors,
        plan=_plan(sums.plan, limits) if sums.plan is not None else None,
    )


def _plan(raw: RawPlan, limits: Limits) -> LoggedPlan | None:
    text = _storable(raw.text.decode("utf-8", "replace"))
    form = plans.format_of(raw.text)
    plan: object = text
    if form == "json":
        plan = redact.document_of(text)
        plan = redact.plan_document(plan) if limits.is_redacted else plan
    elif limits.is_redacted:
        plan = redact.plan_text(text) if form == "text" else None
    return None if plan is None else LoggedPlan(raw.time_us / 1000, form, plan)


# -- the whole --------------------------------------------------------------------------------------------------------


def _databases(totals: Totals) -> str | None:
    names = sorted(name.decode("utf-8", "replace") for name in totals.databases if name)
    return ",".join(names) or None


def _version(totals: Totals) -> str | None:
    return totals.version.decode("ascii", "replace") or None


def _notes_on_limits(found: int, fitting: int, limits: Limits) -> Iterator[str]:
    if found > fitting:
        yield f"left out: {found - fitting} statements by --min-mean-ms and --min-calls"
    if fitting > limits.top:
        yield f"left out: {fitting - limits.top} statements by --top"


def _summary(totals: Totals, accounts: Sequence[Account]) -> LogSummary:
    whole = Account()
    for account in accounts:
        whole.add(account)
    return LogSummary(
        files=len(accounts),
        bytes=whole.size,
        lines=whole.lines,
        recognised_bytes=whole.recognised,
        continued_bytes=whole.continued,
        skipped_bytes=whole.skipped,
        entries=whole.entries,
        entries_by_kind=dict(sorted(whole.kinds.items())),
        executions=totals.executions,
        errors_without_statement=totals.unattributed_errors,
        first=totals.first.decode("utf-8", "replace") or None,
        last=totals.last.decode("utf-8", "replace") or None,
    )
