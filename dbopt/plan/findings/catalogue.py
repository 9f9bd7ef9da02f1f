"""What the rules are called and mean, for reports and docs/findings. The rules themselves are in
dbopt/plan/findings/rules.
"""

from __future__ import annotations

from dataclasses import dataclass

MANUAL = "https://www.postgresql.org/docs/current/"
PAGES = "docs/findings"


@dataclass(frozen=True)
class Entry:
    """A rule: its name, a title without full stop, what it means and what to do in whole sentences. `section` is the
    part of PostgreSQL's documentation that it rests on.
    """

    name: str
    title: str
    meaning: str
    remedy: str
    section: str

    @property
    def reference(self) -> str:
        """The address of that section."""
        return MANUAL + self.section

    @property
    def page(self) -> str:
        """Where it is described."""
        return f"{PAGES}/{self.name}.md"


CATALOGUE: tuple[Entry, ...] = (
    Entry(
        "lost-pruning",
        "Partitions are read that hold none of the rows",
        "A condition on the partition key hides it in an expression, so that the planner cannot leave out partitions.",
        "Compare the partition key itself, of its own type, with a value.",
        "ddl-partitioning.html#DDL-PARTITION-PRUNING",
    ),
    Entry(
        "type-mismatch",
        "A type keeps an index from being used",
        "A column is compared with a value or a column of another type, so that PostgreSQL casts the column.",
        "Give the value the column's type, or both columns one type.",
        "typeconv-oper.html",
    ),
    Entry(
        "hidden-column",
        "An expression keeps an index from being used",
        "A function, a cast or a computation around a column hides it from an index on the column.",
        "Compare the column itself, or index the expression.",
        "indexes-expressional.html",
    ),
    Entry(
        "like-pattern",
        "No index answers the pattern",
        "A text is searched by a pattern, and no index of the table can be searched by it.",
        "An index with text_pattern_ops for beginnings; one on trigrams for what stands within.",
        "indexes-opclass.html",
    ),
    Entry(
        "limit-walk",
        "A LIMIT walks along the wrong index",
        "To find the few rows of a LIMIT in order, an index is walked along and nearly all rows on the way are thrown "
        "away.",
        "An index on what is compared, then on the order.",
        "indexes-ordering.html",
    ),
    Entry(
        "index-filter",
        "An index finds far more rows than are wanted",
        "An index finds many rows, and a filter throws nearly all of them away.",
        "An index on the filtered columns as well.",
        "indexes-multicolumn.html",
    ),
    Entry(
        "seq-scan",
        "A table is read whole for a few rows",
        "A table is read from beginning to end, and nearly all its rows are thrown away.",
        "An index on what is compared.",
        "indexes-intro.html",
    ),
    Entry(
        "top-n-sort",
        "Very many rows are sorted for the first few",
        "A table is read and sorted as a whole to give its first rows.",
        "An index that has the order.",
        "indexes-ordering.html",
    ),
    Entry(
        "not-in",
        "NOT IN with NULLs, or read again for each row",
        "NOT IN (SELECT ...) gives nothing as soon as the subquery has a NULL, and cannot be made a join.",
        "NOT EXISTS.",
        "functions-subquery.html#FUNCTIONS-SUBQUERY-NOTIN",
    ),
    Entry(
        "offset",
        "OFFSET reads what it skips",
        "All rows before the page are read and thrown away.",
        "Page by key.",
        "queries-limit.html",
    ),
    Entry(
        "distinct-join",
        "DISTINCT hides a join that multiplies",
        "A join multiplies rows, and DISTINCT takes the copies away again.",
        "EXISTS in place of the join.",
        "functions-subquery.html#FUNCTIONS-SUBQUERY-EXISTS",
    ),
    Entry(
        "cte-fence",
        "A WITH query is computed as a whole",
        "A WITH query gives very many rows, and conditions outside throw nearly all of them away.",
        "NOT MATERIALIZED, or the condition inside.",
        "queries-with.html#QUERIES-WITH-CTE-MATERIALIZATION",
    ),
    Entry(
        "repeated-subplan",
        "A subquery is run for each row",
        "A correlated subquery is run once for each row, and touches far more than its tables hold.",
        "Join with the grouped subquery.",
        "queries-table-expressions.html#QUERIES-LATERAL",
    ),
    Entry(
        "cartesian-product",
        "Two tables are joined without a condition",
        "Every row of one table is joined with every row of another.",
        "Add the missing condition; CROSS JOIN where it is meant.",
        "queries-table-expressions.html#QUERIES-JOIN",
    ),
    Entry(
        "nested-loop",
        "A nested loop compares or looks up too much",
        "A nested loop compares very many pairs of rows, or looks up far more rows one by one than the planner "
        "expected.",
        "An index to look up by; or the rows that the planner should have expected.",
        "runtime-config-query.html#GUC-ENABLE-NESTLOOP",
    ),
    Entry(
        "stale-statistics",
        "Statistics are missing or old",
        "The planner misjudges a table because it was never analysed, or not since most of it changed.",
        "ANALYZE.",
        "routine-vacuuming.html#VACUUM-FOR-STATISTICS",
    ),
    Entry(
        "estimate",
        "Rows are misjudged tenfold",
        "The planner expects ten times the rows of a table or a grouping, or a tenth, and statistics would mend that.",
        "CREATE STATISTICS, a higher target, or ROWS of a function.",
        "planner-stats.html#PLANNER-STATS-EXTENDED",
    ),
    Entry(
        "spill",
        "A sort, a hash or a store goes to disk",
        "A sort, a hash table or a store of rows does not fit into work_mem and goes to temporary files.",
        "The work_mem that it needs, for these sessions.",
        "runtime-config-resource.html#GUC-WORK-MEM",
    ),
    Entry(
        "lossy-bitmap",
        "A bitmap remembers pages, not rows",
        "A bitmap outgrew work_mem, so that all rows of its pages are checked again.",
        "The work_mem that it needs.",
        "indexes-bitmap-scans.html",
    ),
    Entry(
        "heap-fetches",
        "An index alone could answer, but does not",
        "An index has all columns, but the table is visited because its pages are not known to be all visible.",
        "VACUUM.",
        "indexes-index-only-scans.html",
    ),
    Entry(
        "dead-rows",
        "An index scan walks over dead rows",
        "An index scan touches many times the pages that its rows can be in, and the table has dead rows.",
        "VACUUM.",
        "routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY",
    ),
    Entry(
        "bloat",
        "A table has many times the pages it needs",
        "A table is read whole that has many times the pages that its rows need.",
        "VACUUM FULL or pg_repack, once; then an autovacuum that keeps up.",
        "sql-vacuum.html",
    ),
    Entry(
        "foreign-key-index",
        "A foreign key has no index",
        "Rows are deleted, or their keys changed, of a table that a foreign key points to from columns without an "
        "index.",
        "An index on the columns that point.",
        "ddl-constraints.html#DDL-CONSTRAINTS-FK",
    ),
    Entry(
        "trigger",
        "Triggers take most of the time",
        "A trigger is called for each row and takes most of the time of a change.",
        "A trigger for each statement, or WHEN.",
        "sql-createtrigger.html",
    ),
    Entry(
        "generic-plan",
        "The generic plan is a trap",
        "A prepared statement's generic plan is far worse for some values than a plan made for them.",
        "plan_cache_mode = force_custom_plan.",
        "sql-prepare.html",
    ),
    Entry(
        "jit",
        "Compiling takes longer than it saves",
        "Compiling expressions takes more of the execution than it can save.",
        "jit = off, or a higher jit_above_cost.",
        "jit-decision.html",
    ),
    Entry(
        "workers",
        "Workers were missing",
        "Fewer parallel workers were started than the plan was made for.",
        "max_parallel_workers, or fewer workers for each query.",
        "how-parallel-query-works.html",
    ),
    Entry(
        "planning-time",
        "Planning takes longer than executing",
        "A statement is planned for much longer than it runs.",
        "Fewer partitions or join orders to look at, or a prepared statement.",
        "explicit-joins.html",
    ),
)

_BY_NAME = {entry.name: entry for entry in CATALOGUE}


def entry(name: str) -> Entry:
    """The rule of this name. Raises KeyError for a name that no rule has."""
    return _BY_NAME[name]
