"""What stands in views, WITH queries, LATERAL and UNION."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, spread

CASES = (
    Case(
        "A condition on a view",
        """
        CREATE UNLOGGED TABLE stock (id bigint PRIMARY KEY, shelf int NOT NULL, pieces int NOT NULL, text text);
        CREATE VIEW stock_left AS SELECT id, shelf AS place, pieces, text FROM stock WHERE pieces >= 0;
        """
        + fill("stock", "n", spread(3000), spread(100, 1), TEXT),
        [query("SELECT * FROM stock_left WHERE place = $1", ["17"], ["2999"])],
        best=[["stock (shelf)"]],
        worse=[["stock (pieces)"], ["stock (shelf, pieces)"]],
    ),
    Case(
        "A condition outside of a WITH query",
        "CREATE UNLOGGED TABLE moves (id bigint PRIMARY KEY, account int NOT NULL, cents int NOT NULL, text text);"
        + fill("moves", "n", spread(3000), spread(10_000, 1), TEXT),
        [
            query(
                "WITH own AS (SELECT account AS a, cents AS c, text FROM moves) SELECT * FROM own WHERE a = $1",
                ["17"],
                ["2999"],
            )
        ],
        best=[["moves (account)"]],
        worse=[["moves (cents)"]],
    ),
    Case(
        "The latest three of each of some, by LATERAL",
        """
        CREATE UNLOGGED TABLE channels (id int PRIMARY KEY, owner int NOT NULL, text text);
        CREATE UNLOGGED TABLE videos (id bigint PRIMARY KEY, channel int NOT NULL, at int NOT NULL, text text);
        """
        + fill("channels", "n", spread(60), TEXT, rows=300)
        + fill("videos", "n", f"1 + {spread(300)}", spread(10**6, 1), TEXT),
        [
            query(
                "SELECT c.id, v.* FROM channels c CROSS JOIN LATERAL "
                "(SELECT * FROM videos WHERE channel = c.id ORDER BY at DESC LIMIT 3) v WHERE c.id IN (7, 8, 9)"
            )
        ],
        best=[["videos (channel, at)"], ["videos (channel, at DESC)"]],
        worse=[["videos (channel)"], ["videos (at)"]],
    ),
    Case(
        "The branches of a UNION ALL have their own conditions",
        """
        CREATE UNLOGGED TABLE debits (id bigint PRIMARY KEY, payer int NOT NULL, text text);
        CREATE UNLOGGED TABLE credits (id bigint PRIMARY KEY, payee int NOT NULL, text text);
        """
        + fill("debits", "n", spread(3000), TEXT)
        + fill("credits", "n", spread(3000, 1), TEXT),
        [
            query(
                "SELECT id, text FROM debits WHERE payer = $1 UNION ALL SELECT id, text FROM credits WHERE payee = $1",
                ["17"],
                ["2999"],
            )
        ],
        best=[["debits (payer)", "credits (payee)"]],
        worse=[["debits (payer)"], ["credits (payee)"]],
    ),
    Case(
        "A materialized view has indexes of its own",
        "CREATE UNLOGGED TABLE raw_sales (id bigint PRIMARY KEY, shop int NOT NULL, day int NOT NULL, "
        "total int NOT NULL);"
        + fill("raw_sales", "n", spread(20_000), spread(365, 1), spread(1000, 2))
        + "CREATE MATERIALIZED VIEW shop_totals AS "
        "SELECT shop, sum(total) AS total, repeat(md5(shop::text), 5) AS text FROM raw_sales GROUP BY shop;",
        [query("SELECT * FROM shop_totals WHERE shop = $1", ["17"], ["1999"])],
        best=[["shop_totals (shop)"]],
        worse=[["raw_sales (shop)"]],
    ),
    Case(
        "A view over a join, with a condition on each table",
        """
        CREATE UNLOGGED TABLE authors (id int PRIMARY KEY, country int NOT NULL, text text);
        CREATE UNLOGGED TABLE volumes (id bigint PRIMARY KEY, author int NOT NULL, year int NOT NULL, text text);
        CREATE VIEW shelf AS
        SELECT v.id, a.country AS land, v.year, v.text FROM authors a JOIN volumes v ON v.author = a.id;
        """
        + fill("authors", "n", spread(2000), TEXT, rows=20_000)
        + fill("volumes", "n", f"1 + {spread(20_000)}", spread(100, 1), TEXT),
        [query("SELECT * FROM shelf WHERE land = $1", ["17"], ["1999"])],
        best=[["authors (country) INCLUDE (id)", "volumes (author)"], ["authors (country, id)", "volumes (author)"]],
        worse=[["authors (country)"], ["volumes (author)"], ["volumes (year)"]],
    ),
    Case(
        "A tree that is walked down by a recursive query",
        "CREATE UNLOGGED TABLE folders (id int PRIMARY KEY, parent int, text text);"
        + fill("folders", "n", "nullif(n / 6, 0)", TEXT),
        [
            query(
                "WITH RECURSIVE below AS (SELECT id FROM folders WHERE id = $1 UNION ALL "
                "SELECT f.id FROM below b JOIN folders f ON f.parent = b.id) SELECT count(*) FROM below",
                ["17"],
                ["900"],
            )
        ],
        best=[["folders (parent)"], ["folders (parent) INCLUDE (id)"], ["folders (parent, id)"]],
    ),
)

KINDS = (Kind("views", CASES),)
