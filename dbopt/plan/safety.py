"""Which statements of a workload may be planned, and which may be run. Pure.

Every statement runs in a READ ONLY transaction that is rolled back, so the server itself refuses what changes tables,
sequences or the catalog. What is left are functions whose effect is outside of transactions: those are refused here by
name, wherever the name is called from (`hidden_calls`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dbopt.errors import UnsafeStatement
from dbopt.plan.tree import Plan
from dbopt.workload.commands import is_command
from dbopt.workload.kinds import kind_of
from dbopt.workload.lexer import Kind, tokens

# Names of functions, as regular expressions, by what calling them would do.
_EFFECTS: tuple[tuple[str, str], ...] = (
    (r"pg_terminate_backend|pg_cancel_backend|pg_log_backend_memory_contexts", "disturbs other sessions"),
    (r"pg_reload_conf|pg_rotate_logfile(?:_old)?|set_config", "changes settings or the server's state"),
    (r"pg_stat_reset\w*|pg_stat_statements_reset|pg_stat_kcache_reset|pg_qualstats_reset\w*", "resets statistics"),
    (r"pg_wait_sampling_reset_profile|pg_(?:restore|clear)_(?:relation|attribute)_stats", "changes statistics"),
    (r"pg_switch_(?:wal|xlog)|pg_create_restore_point|pg_promote|pg_log_standby_snapshot", "acts on the WAL"),
    (r"pg_logical_emit_message|pg_(?:wal|xlog)_replay_(?:pause|resume)", "acts on the WAL"),
    (r"pg_(?:backup_start|backup_stop|start_backup|stop_backup)", "starts or stops a backup"),
    (r"pg_(?:create|drop|copy)_\w*replication_slot|pg_replication_slot_advance", "acts on replication slots"),
    (r"pg_logical_slot_get_\w*changes|pg_sync_replication_slots", "consumes a replication slot's changes"),
    (r"pg_replication_origin_\w+", "acts on replication origins"),
    (r"pg_(?:try_)?advisory_\w+", "takes or gives back locks that applications use"),
    (r"pg_notify", "notifies other sessions"),
    (r"lo_import|lo_export|pg_file_(?:write|rename|unlink|sync)", "reads or writes files of the server"),
    (r"pg_import_system_collations|binary_upgrade_\w+|pg_extension_config_dump", "changes the catalog"),
    (r"brin_(?:de)?summarize_\w+|gin_clean_pending_list|heap_force_(?:kill|freeze)", "changes pages"),
    (r"pg_truncate_visibility_map|pg_truncate_freespace_map", "changes pages"),
    (r"pg_prewarm|autoprewarm_\w+|pg_buffercache_(?:evict|mark_dirty)\w*", "changes the cache"),
    (r"hypopg\w*|pg_export_snapshot", "changes the session"),
    (r"dblink\w*|postgres_fdw_disconnect\w*|pg_background_\w+", "works through another session"),
    (r"http_(?:get|post|put|patch|delete|head)|http|invoke|query_export_to_s3", "calls another server"),
)
_CALLS = re.compile(
    "|".join(rf"\b(?P<e{number}>{names})\"?\s*\(" for number, (names, _) in enumerate(_EFFECTS)), re.IGNORECASE
)


@dataclass(frozen=True)
class Danger:
    """A call whose effect a rollback does not undo."""

    function: str
    effect: str
    is_call: bool = True

    def __str__(self) -> str:
        return f"{self.function}{'()' if self.is_call else ''} {self.effect}, which a rollback does not undo"


_ON_TRUNCATED = "capture it where it is whole: `dbopt capture statements` knows all of a text"


def require_plannable(sql: str, *, truncated: bool = False) -> None:
    """Raise UnsafeStatement for a command without a query, and for a text that was cut. What is neither a query nor a
    known command is left to the server's judgement: it may be misspelt, and the server says where.
    """
    if truncated:
        raise UnsafeStatement("only the beginning of its text is known", hint=_ON_TRUNCATED)
    if is_command(sql):
        raise UnsafeStatement(
            "a utility statement has no plan and is never run",
            hint="SELECT, INSERT, UPDATE, DELETE and MERGE can be explained",
        )


def require_query(sql: str) -> None:
    """Raise UnsafeStatement for what can be planned but is more than a query: CREATE TABLE AS, SELECT INTO, DECLARE."""
    if kind_of(sql) == "utility":
        raise UnsafeStatement("not run: it is a utility statement")


def danger_in(texts: Iterable[str]) -> Danger | None:
    """The first dangerous call in SQL, in a body of a function or in a plan's expressions. What stands in a string
    counts, for it may be run by the function it is given to; what stands in a comment does not.
    """
    for text in texts:
        match = _CALLS.search(_without_comments(text))
        if match and match.lastgroup:
            function = match[match.lastgroup].lower()
            return Danger(function, _EFFECTS[int(match.lastgroup[1:])][1])
    return None


_COMMANDS = re.compile(r"\b(?P<command>COPY|CHECKPOINT|NOTIFY|LOAD|ALTER\s+SYSTEM)\b", re.IGNORECASE)


def danger_in_body(body: str) -> Danger | None:
    """A command in a function's body that a READ ONLY transaction admits and a rollback does not undo."""
    match = _COMMANDS.search(_without_comments(body))
    return Danger(match["command"].upper(), "acts outside of the transaction", is_call=False) if match else None


def what_it_changes(plan: Plan) -> str | None:
    """Why a READ ONLY transaction would refuse to run the plan: it changes data or locks rows. None if neither."""
    for node in plan.nodes:
        if node.node_type == "ModifyTable":
            return f"it is {_ARTICLES.get(str(node.raw.get('Operation')), 'a change of data')}"
        if node.node_type == "LockRows":
            return "it locks rows"
    return None


_ARTICLES = {"Insert": "an INSERT", "Update": "an UPDATE", "Delete": "a DELETE", "Merge": "a MERGE"}


def _without_comments(text: str) -> str:
    return "".join(" " if token.kind is Kind.COMMENT else token.text for token in tokens(text))
