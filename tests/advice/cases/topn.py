"""The first rows in some order."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, some, spread

_AT = f"timestamp '2024-01-01' + {spread(500_000, 9)} * interval '1 minute'"

CASES = (
    Case(
        "A user's latest messages",
        "CREATE UNLOGGED TABLE messages (id bigint PRIMARY KEY, user_id int NOT NULL, "
        "sent timestamp NOT NULL, body text);" + fill("messages", "n", spread(100), _AT, TEXT),
        [query("SELECT * FROM messages WHERE user_id = $1 ORDER BY sent DESC LIMIT 10", ["7"], ["99"])],
        best=[["messages (user_id, sent)"], ["messages (user_id, sent DESC)"]],
        worse=[["messages (user_id)"], ["messages (sent)"], ["messages (sent, user_id)"]],
    ),
    Case(
        "The best scores, the first of equal ones first",
        "CREATE UNLOGGED TABLE scores (id bigint PRIMARY KEY, player int NOT NULL, points int NOT NULL, "
        "day int NOT NULL, replay text);" + fill("scores", "n", spread(2000), spread(40, 1), spread(3000, 2), TEXT),
        [query("SELECT * FROM scores ORDER BY points DESC, day LIMIT 20")],
        best=[["scores (points DESC, day)"], ["scores (points, day DESC)"]],
        worse=[["scores (points, day)"], ["scores (points)"], ["scores (day)"]],
    ),
    Case(
        "What has no date comes first",
        "CREATE UNLOGGED TABLE tasks (id bigint PRIMARY KEY, due timestamp, text text);"
        + fill("tasks", "n", f"CASE WHEN {some(99)} THEN {_AT} END", TEXT),
        [query("SELECT * FROM tasks ORDER BY due NULLS FIRST LIMIT 20")],
        best=[["tasks (due NULLS FIRST)"], ["tasks (due DESC NULLS LAST)"]],
        worse=[["tasks (due)"], ["tasks (due DESC)"]],
    ),
    Case(
        "The dearest offers, those without a price last",
        "CREATE UNLOGGED TABLE offers (id bigint PRIMARY KEY, region int NOT NULL, price int, text text);"
        + fill("offers", "n", spread(30), f"CASE WHEN {some(80)} THEN {spread(100_000, 1)} END", TEXT),
        [query("SELECT * FROM offers WHERE region = $1 ORDER BY price DESC NULLS LAST LIMIT 5", ["7"], ["29"])],
        best=[
            ["offers (region, price DESC NULLS LAST)"],
            ["offers (region, price NULLS FIRST)"],
            ["offers (region DESC, price NULLS FIRST)"],
        ],
        worse=[["offers (region)"], ["offers (region, price)"], ["offers (price DESC NULLS LAST)"]],
    ),
    Case(
        "The newest of what most rows are",
        "CREATE UNLOGGED TABLE reviews (id bigint PRIMARY KEY, stars int NOT NULL, at timestamp NOT NULL, body text);"
        + fill("reviews", "n", f"1 + {spread(5)}", _AT, TEXT),
        [query("SELECT * FROM reviews WHERE stars >= $1 ORDER BY at DESC LIMIT 10", ["3"], ["2"])],
        best=[["reviews (at)"], ["reviews (at DESC)"]],
        worse=[["reviews (stars)"], ["reviews (stars, at)"]],
    ),
    Case(
        "The next page, by the last row of this one",
        "CREATE UNLOGGED TABLE feed (id bigint PRIMARY KEY, at timestamp NOT NULL, rank int NOT NULL, body text);"
        + fill("feed", "n", f"date_trunc('hour', {_AT})", spread(10**6), TEXT),
        [
            query(
                "SELECT * FROM feed WHERE (at, rank) < ($1, $2) ORDER BY at DESC, rank DESC LIMIT 20",
                ["2024-08-01 12:00", "500"],
                ["2024-02-02 02:00", "40000"],
            )
        ],
        best=[["feed (at, rank)"], ["feed (at DESC, rank DESC)"]],
        worse=[["feed (at)"], ["feed (rank)"], ["feed (at, rank DESC)"]],
    ),
    Case(
        "The latest of a tenant, by two columns",
        "CREATE UNLOGGED TABLE audits (id bigint PRIMARY KEY, tenant int NOT NULL, day int NOT NULL, text text);"
        + fill("audits", "n", spread(30), spread(40, 1), TEXT),
        [query("SELECT * FROM audits WHERE tenant = $1 ORDER BY day DESC, id DESC LIMIT 10", ["7"], ["29"])],
        best=[["audits (tenant, day, id)"], ["audits (tenant, day DESC, id DESC)"]],
        worse=[["audits (tenant)"], ["audits (tenant, day)"], ["audits (day, id)"]],
    ),
    Case(
        "Pages deep into a list",
        "CREATE UNLOGGED TABLE catalogue (id bigint PRIMARY KEY, rank int NOT NULL, text text);"
        + fill("catalogue", "n", spread(10**6), TEXT),
        [query("SELECT * FROM catalogue ORDER BY rank LIMIT 20 OFFSET 100")],
        best=[["catalogue (rank)"]],
    ),
)

KINDS = (Kind("topn", CASES),)
