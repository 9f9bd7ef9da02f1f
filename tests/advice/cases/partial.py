"""Partial indexes: a constant condition that recurs in the statements is the index's own."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, some, spread

CASES = (
    Case(
        "A tenth of the orders is open, and those are asked for by customer",
        """
        CREATE UNLOGGED TABLE orders (id bigint PRIMARY KEY, customer_id int NOT NULL, status text NOT NULL, note text);
        """
        + fill("orders", "n", spread(6000), f"CASE WHEN {some(10, 1)} THEN 'open' ELSE 'done' END", TEXT),
        [
            query("SELECT * FROM orders WHERE customer_id = $1 AND status = 'open'", ["17"], ["512"]),
            query("SELECT count(note) FROM orders WHERE customer_id = $1 AND status = 'open'", ["64"]),
        ],
        best=[["orders (customer_id) WHERE status = 'open'"]],
        worse=[["orders (customer_id)"], ["orders (status, customer_id)"], ["orders (customer_id, status)"]],
    ),
    Case(
        "Most messages are archived, and mailboxes show the others",
        """
        CREATE UNLOGGED TABLE messages (id bigint PRIMARY KEY, mailbox_id int NOT NULL, archived_at timestamptz,
                                        body text);
        """
        + fill("messages", "n", spread(2000), f"CASE WHEN NOT {some(6, 1)} THEN timestamptz '2025-01-01' END", TEXT),
        [query("SELECT * FROM messages WHERE mailbox_id = $1 AND archived_at IS NULL", ["7"], ["1200"], ["1999"])],
        best=[["messages (mailbox_id) WHERE archived_at IS NULL"]],
        worse=[["messages (mailbox_id)"], ["messages (mailbox_id, archived_at)"]],
    ),
    Case(
        "Workers take the oldest jobs that are not done",
        "CREATE UNLOGGED TABLE jobs (id bigint PRIMARY KEY, due timestamp NOT NULL, done boolean NOT NULL, "
        "payload text);" + fill("jobs", "n", "timestamp '2025-01-01' + n * interval '1 s'", f"NOT {some(5, 2)}", TEXT),
        [query("SELECT * FROM jobs WHERE NOT done ORDER BY due LIMIT 10", calls=5000)],
        best=[["jobs (due) WHERE NOT done"]],
        worse=[["jobs (due)"], ["jobs (done, due)"], ["jobs (done)"]],
    ),
    Case(
        "One payment in five hundred has failed, and all of those are listed",
        "CREATE UNLOGGED TABLE payments (id bigint PRIMARY KEY, state text NOT NULL, payee text NOT NULL, memo text);"
        + fill("payments", "n", f"CASE WHEN {spread(500)} = 0 THEN 'failed' ELSE 'paid' END", "'payee ' || n", TEXT),
        [query("SELECT * FROM payments WHERE state = 'failed' ORDER BY id")],
        best=[["payments (id) WHERE state = 'failed'"]],
        worse=[["payments (state)"], ["payments (state, id)"]],
    ),
    Case(
        "Every state is asked for, so that no condition recurs",
        """
        CREATE UNLOGGED TABLE tickets (id bigint PRIMARY KEY, assignee int NOT NULL, state text NOT NULL, text text);
        """
        + fill("tickets", "n", spread(600), pick("open", "held", "done", "void", salt=1), TEXT),
        [
            query("SELECT * FROM tickets WHERE assignee = $1 AND state = $2", ["17", "open"], ["18", "held"]),
            query(
                "SELECT text FROM tickets WHERE state = $2 AND assignee = $1 AND id > 0", ["5", "done"], ["3", "void"]
            ),
        ],
        best=[["tickets (assignee, state)"], ["tickets (state, assignee)"]],
        worse=[["tickets (assignee)"], ["tickets (assignee) WHERE state = 'open'"]],
        never=[" WHERE "],
    ),
    Case(
        "Runs that are queued or running are one in twenty",
        "CREATE UNLOGGED TABLE runs (id bigint PRIMARY KEY, pipeline int NOT NULL, state text NOT NULL, log text);"
        + fill(
            "runs",
            "n",
            spread(1500),
            f"CASE {spread(40, 1)} WHEN 0 THEN 'queued' WHEN 1 THEN 'running' ELSE 'ok' END",
            TEXT,
        ),
        [
            query("SELECT * FROM runs WHERE pipeline = $1 AND state IN ('queued', 'running')", ["8"], ["900"]),
            query("SELECT log FROM runs WHERE state IN ('queued', 'running') AND pipeline = $1", ["77"], calls=30),
        ],
        best=[["runs (pipeline) WHERE state IN ('queued', 'running')"]],
        worse=[["runs (pipeline)"], ["runs (pipeline, state)"], ["runs (state)"]],
    ),
    Case(
        "A parameter that is always the same",
        "CREATE UNLOGGED TABLE claims (id bigint PRIMARY KEY, policy int NOT NULL, phase text NOT NULL, report text);"
        + fill("claims", "n", spread(4000), f"CASE WHEN {some(4, 1)} THEN 'review' ELSE 'closed' END", TEXT),
        [
            query(
                "SELECT * FROM claims WHERE phase = $1 AND policy = $2",
                ["review", "1"],
                ["review", "77"],
                ["review", "3010"],
            )
        ],
        # a plan for unknown values reads only the second
        best=[["claims (policy) WHERE phase = 'review'"], ["claims (policy, phase)"], ["claims (phase, policy)"]],
        worse=[["claims (phase)"]],
    ),
    Case(
        "Quoted names in a schema off the search_path",
        """
        CREATE SCHEMA "Depot";
        CREATE UNLOGGED TABLE "Depot"."Order Lines" ("No." int PRIMARY KEY, "Order" int NOT NULL,
                                                     "Shipped?" boolean NOT NULL, "Text" text);
        """
        + fill('"Depot"."Order Lines"', "n", spread(5000), f"NOT {some(8, 1)}", TEXT),
        [query('SELECT * FROM "Depot"."Order Lines" WHERE "Order" = $1 AND NOT "Shipped?"', ["12"], ["4711"])],
        best=[['"Depot"."Order Lines" ("Order") WHERE NOT "Shipped?"']],
        worse=[['"Depot"."Order Lines" ("Order")'], ['"Depot"."Order Lines" ("Order", "Shipped?")']],
    ),
    Case(
        "Three statements on what is not deleted, which is little: the condition is part of each index",
        """
        CREATE UNLOGGED TABLE drafts (id bigint PRIMARY KEY, author int NOT NULL, slug text NOT NULL,
            deleted_at date, text text);
        """
        + fill(
            "drafts", "n", spread(6000), "'slug ' || n", f"CASE WHEN NOT {some(10, 1)} THEN date '2024-01-01' END", TEXT
        ),
        [
            query("SELECT * FROM drafts WHERE author = $1 AND deleted_at IS NULL", ["17"], ["5999"]),
            query("SELECT * FROM drafts WHERE slug = $1 AND deleted_at IS NULL", ["slug 17"], ["slug 29999"]),
        ],
        best=[["drafts (author) WHERE deleted_at IS NULL", "drafts (slug) WHERE deleted_at IS NULL"]],
        worse=[["drafts (author)", "drafts (slug)"], ["drafts (deleted_at)"]],
    ),
    Case(
        "Nothing is known of the parameters: a partial index would not be read",
        "CREATE UNLOGGED TABLE refunds (id bigint PRIMARY KEY, shop int NOT NULL, state text NOT NULL, text text);"
        + fill("refunds", "n", spread(400), f"CASE WHEN {some(8, 1)} THEN 'open' ELSE 'done' END", TEXT),
        [query("SELECT * FROM refunds WHERE shop = $1 AND state = $2")],
        best=[["refunds (shop, state)"], ["refunds (state, shop)"]],
        worse=[["refunds (shop)"], ["refunds (shop) WHERE state = 'open'"]],
        never=[" WHERE "],
    ),
    Case(
        "The few that owe anything at all",
        "CREATE UNLOGGED TABLE debtors (id bigint PRIMARY KEY, account int NOT NULL, cents int NOT NULL, text text);"
        + fill("debtors", "n", spread(5000), f"CASE WHEN {some(10, 1)} THEN {spread(10**6, 2)} ELSE 0 END", TEXT),
        [query("SELECT * FROM debtors WHERE account = $1 AND cents > 0", ["17"], ["4999"])],
        best=[["debtors (account) WHERE cents > 0"]],
        worse=[["debtors (account)"], ["debtors (account, cents)"], ["debtors (cents)"]],
    ),
    Case(
        "A limit in the text may move: an index with it would serve no other",
        "CREATE UNLOGGED TABLE transfers (id bigint PRIMARY KEY, account int NOT NULL, cents int NOT NULL, text text);"
        + fill("transfers", "n", spread(5000), spread(10**6, 1), TEXT),
        [query("SELECT * FROM transfers WHERE account = $1 AND cents > 900000", ["17"], ["4999"])],
        best=[["transfers (account, cents)"]],
        worse=[["transfers (account)"], ["transfers (cents)"]],
        never=["WHERE"],
    ),
    Case(
        "The few that have no parent",
        "CREATE UNLOGGED TABLE nodes (id bigint PRIMARY KEY, tree int NOT NULL, parent bigint, text text);"
        + fill("nodes", "n", spread(20), f"CASE WHEN {spread(100, 1)} <> 0 THEN {spread(30_000, 2)} END", TEXT),
        [query("SELECT * FROM nodes WHERE parent IS NULL AND tree = $1", ["3"], ["17"])],
        best=[["nodes (tree) WHERE parent IS NULL"]],
        worse=[["nodes (parent)"], ["nodes (tree)"], ["nodes (tree, parent)"]],
    ),
    Case(
        "The few that have a date",
        "CREATE UNLOGGED TABLE leases (id bigint PRIMARY KEY, flat int NOT NULL, notice date, text text);"
        + fill(
            "leases",
            "n",
            spread(9000),
            f"CASE WHEN {some(3, 1)} THEN date '2024-01-01' + {spread(365, 2)}::int END",
            TEXT,
        ),
        [query("SELECT * FROM leases WHERE notice IS NOT NULL AND flat = $1", ["17"], ["8999"])],
        best=[["leases (flat) WHERE notice IS NOT NULL"]],
        worse=[["leases (flat)"], ["leases (notice)"], ["leases (flat, notice)"]],
    ),
)

KINDS = (Kind("partial", CASES),)
