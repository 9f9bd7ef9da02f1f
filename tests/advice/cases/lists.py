"""IN lists, and OR of several columns."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, spread

CASES = (
    Case(
        "Some articles by their numbers",
        "CREATE UNLOGGED TABLE articles (id bigint PRIMARY KEY, sku int NOT NULL, text text);"
        + fill("articles", "n", spread(20_000), TEXT),
        [
            query("SELECT id, text FROM articles WHERE sku IN ($1, $2, $3)", ["17", "4711", "15000"]),
            query("SELECT * FROM articles WHERE sku = ANY ($1)", ["{1,2,3,4}"]),
        ],
        best=[["articles (sku)"]],
        worse=[["articles (sku) WHERE sku = 17"]],
    ),
    Case(
        "Sent or received by a user: an index for each",
        "CREATE UNLOGGED TABLE mails (id bigint PRIMARY KEY, sender int NOT NULL, recipient int NOT NULL, text text);"
        + fill("mails", "n", spread(3000), spread(3000, 1), TEXT),
        [query("SELECT * FROM mails WHERE sender = $1 OR recipient = $1", ["17"], ["2999"])],
        best=[["mails (sender)", "mails (recipient)"]],
        worse=[["mails (sender)"], ["mails (recipient)"], ["mails (sender, recipient)"]],
    ),
    Case(
        "An OR with a branch that no index finds",
        "CREATE UNLOGGED TABLE reports (id bigint PRIMARY KEY, author int NOT NULL, title text NOT NULL, text text);"
        + fill("reports", "n", spread(3000), "md5(n::text)", TEXT),
        [query("SELECT * FROM reports WHERE author = $1 OR title LIKE '%c0ffee%'", ["17"], ["2999"])],
        best=[NONE],
        worse=[["reports (author)"], ["reports (author)", "reports (title)"]],
    ),
    Case(
        "Some of the states, of one tenant",
        "CREATE UNLOGGED TABLE leads (id bigint PRIMARY KEY, tenant int NOT NULL, state text NOT NULL, text text);"
        + fill("leads", "n", spread(40), pick(*"abcdefghijklmnopqrst", salt=1), TEXT),
        [query("SELECT * FROM leads WHERE tenant = $1 AND state IN ($2, $3)", ["17", "a", "k"], ["31", "c", "d"])],
        best=[["leads (tenant, state)"], ["leads (state, tenant)"]],
        worse=[["leads (tenant)"], ["leads (state)"]],
    ),
    Case(
        "Pairs in a list",
        "CREATE UNLOGGED TABLE cells (id bigint PRIMARY KEY, x int NOT NULL, y int NOT NULL, text text);"
        + fill("cells", "n", spread(170), spread(170, 1), TEXT),
        [
            query(
                "SELECT * FROM cells WHERE (x, y) IN (($1, $2), ($3, $4))", ["1", "2", "30", "40"], ["7", "9", "8", "5"]
            )
        ],
        best=[["cells (x, y)"], ["cells (y, x)"]],
        worse=[["cells (x)"], ["cells (y)"]],
    ),
)

KINDS = (Kind("lists", CASES),)
