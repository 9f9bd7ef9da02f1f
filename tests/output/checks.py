"""Outcomes of the gate to be drawn."""

from __future__ import annotations

from dataclasses import replace

from dbopt.check.model import Cause, Check, Checked, Reason, Timed, overall

LOST = Checked(
    id="00000000000000aa",
    name="orders_of_customer",
    verdict="regression",
    reasons=(
        Reason("lost-index", "regression", "public.orders was read through orders_customer and is now read whole"),
        Reason("cost", "regression", "its cost is 1,463 times what it was: 12,345.00, before 8.44"),
        Reason("rows", "note", "it is expected to return 120 rows; before, 10"),
    ),
    cost_before=8.44,
    cost_after=12345.0,
    shape_before="Index Scan public.orders",
    shape_after="Seq Scan public.orders",
    plan_diff=(
        "--- before",
        "+++ after",
        "@@ -1,2 +1,2 @@",
        "-Index Scan using orders_customer on public.orders",
        "-  Index Cond: (customer_id = $1)",
        "+Seq Scan on public.orders",
        "+  Filter: ((customer_id)::text = $1)",
    ),
    location="queries/orders.sql:12",
    cause=Cause(("schema",), "the schema moved it: the index orders_customer is gone"),
    sql="SELECT *\nFROM orders\nWHERE customer_id::text = $1",
)
BROKEN = Checked(
    id="00000000000000bb",
    name="queries/report.sql:3",
    verdict="error",
    reasons=(Reason("not-planned", "regression", 'it does not plan: relation "nowhere" does not exist'),),
    cost_before=100.0,
    cost_after=None,
    shape_before="Seq Scan public.items",
    shape_after=None,
    location="queries/report.sql:3",
    sql="SELECT * FROM nowhere",
)
DOUBTFUL = Checked(
    id="00000000000000cc",
    name=None,
    verdict="inconclusive",
    reasons=(Reason("timing", "inconclusive", "the runs are too noisy"),),
    cost_before=20.0,
    cost_after=20.0,
    shape_before="Seq Scan public.items",
    shape_after="Seq Scan public.items",
    timing=Timed(10.0, 11.0, 1.1, 0.95, 1.25, 0.2, 20),
    sql="SELECT count(*) FROM items",
)
BETTER = Checked(
    id="00000000000000dd",
    name="new_index_helps",
    verdict="improvement",
    reasons=(Reason("cost", "improvement", "its cost is lower by 90 %: 10.00, before 100.00"),),
    cost_before=100.0,
    cost_after=10.0,
    shape_before="Seq Scan public.items",
    shape_after="Index Scan public.items",
    was="old_name",
)
NEW = Checked("00000000000000ee", "added", "new", (), None, 5.5, None, "Result", location="queries/new.sql:1")
REMOVED = Checked("00000000000000ff", "dropped", "removed", (), 7.25, None, "Result", None)
PASSED = Checked("0000000000000011", "steady", "pass", (), 3.0, 3.0, "Result", "Result")
NOTED = replace(
    PASSED,
    id="0000000000000012",
    name="other_plan",
    reasons=(Reason("plan", "note", "the plan is another one, at about the same cost"),),
    location="queries/steady.sql:7",
)


def check(*statements: Checked, stale: tuple[str, ...] = (), remarks: tuple[str, ...] = ()) -> Check:
    """An outcome with these statements."""
    return Check(
        overall(statements, stale), "17.2", statements, stale, remarks, baseline="check.json", snapshot="prod.dbsnap"
    )


ALL = check(
    PASSED,
    NEW,
    LOST,
    BROKEN,
    DOUBTFUL,
    BETTER,
    REMOVED,
    NOTED,
    stale=("work_mem was 4MB and is 64MB",),
    remarks=("2 statements were left out",),
)

NASTY_NAME = "a<b>&\"c'%|`d`*_e_*[x](y)@me\r\n::error::\x1b[31mred\x00\x0b🐘 \ud800 ]]> <!-- ${{ x }} $1 $2"
NASTY = replace(
    LOST,
    name=NASTY_NAME,
    reasons=(Reason("cost", "regression", f"its message {NASTY_NAME}"), Reason("no-such-rule", "note", "```\n::stop")),
    plan_diff=("--- before", "+++ after", "@@ -1 +1 @@", "-" + "x" * 500, "+```` </details> \x07\r\n::set-env", "+`"),
    location="C:\\a b\\ü,%:x#?.sql:7",
    sql="SELECT '" + "ü``` ]]> " * 20_000 + "'",
    cause=Cause(("query",), "the query | moved"),
    was="<script>",
)
