"""What exists already serves: nothing is to be added."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, some, spread

CASES = (
    Case(
        "The primary key finds the row",
        "CREATE UNLOGGED TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, address text);"
        + fill("customers", "n", "'name ' || n", TEXT),
        [
            query("SELECT * FROM customers WHERE id = $1", ["17"], ["29999"]),
            query("SELECT name FROM customers WHERE id IN (1, 2, 3)"),
        ],
        best=[NONE],
        worse=[["customers (id)"]],
    ),
    Case(
        "The index on two columns serves the first",
        """
        CREATE UNLOGGED TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, placed date NOT NULL, text text);
        CREATE INDEX orders_by_customer ON orders (customer, placed);
        """
        + fill("orders", "n", spread(3000), f"date '2024-01-01' + {spread(365, 1)}::int", TEXT),
        [
            query("SELECT * FROM orders WHERE customer = $1", ["17"], ["2999"]),
            query("SELECT * FROM orders WHERE customer = $1 ORDER BY placed DESC LIMIT 1", ["44"]),
        ],
        best=[NONE],
        worse=[["orders (customer)"]],
    ),
    Case(
        "The composite key begins with the foreign key",
        """
        CREATE UNLOGGED TABLE baskets (id int PRIMARY KEY);
        CREATE UNLOGGED TABLE basket_lines (basket int REFERENCES baskets, line int, text text,
            PRIMARY KEY (basket, line));
        """
        + fill("baskets", "n", rows=6000)
        + fill("basket_lines", "1 + n % 6000", "n / 6000", TEXT),
        [query("SELECT * FROM baskets b JOIN basket_lines l ON l.basket = b.id WHERE b.id = $1", ["17"], ["5999"])],
        best=[NONE],
        worse=[["basket_lines (basket)"]],
    ),
    Case(
        "The unique constraint finds the row",
        "CREATE UNLOGGED TABLE users (id bigint PRIMARY KEY, tenant int NOT NULL, login text NOT NULL, "
        "t text, UNIQUE (tenant, login));" + fill("users", "n", spread(50), "'login' || n", TEXT),
        [query("SELECT * FROM users WHERE tenant = $1 AND login = $2", ["17", "login17"], ["3", "login3"])],
        best=[NONE],
        worse=[["users (login)"], ["users (login, tenant)"]],
    ),
    Case(
        "An index on an expression is there",
        """
        CREATE UNLOGGED TABLE subscribers (id bigint PRIMARY KEY, email text NOT NULL, text text);
        CREATE INDEX ON subscribers (lower(email));
        """
        + fill("subscribers", "n", "'User' || n || '@example.com'", TEXT),
        [query("SELECT * FROM subscribers WHERE lower(email) = $1", ["user17@example.com"])],
        best=[NONE],
        worse=[["subscribers (email)"], ["subscribers (lower(email))"]],
    ),
    Case(
        "A partial index is there",
        """
        CREATE UNLOGGED TABLE deliveries (id bigint PRIMARY KEY, driver int NOT NULL, done boolean NOT NULL, text text);
        CREATE INDEX ON deliveries (driver) WHERE NOT done;
        """
        + fill("deliveries", "n", spread(3000), f"NOT {some(5, 1)}", TEXT),
        [query("SELECT * FROM deliveries WHERE driver = $1 AND NOT done", ["17"], ["2999"])],
        best=[NONE],
        worse=[["deliveries (driver)"], ["deliveries (driver) WHERE NOT done"]],
    ),
    Case(
        "A GIN index is there",
        """
        CREATE UNLOGGED TABLE songs (id bigint PRIMARY KEY, genres text[] NOT NULL, lyrics text);
        CREATE INDEX ON songs USING gin (genres);
        """
        + fill("songs", "n", f"ARRAY[{pick(*'abcdefgh')} || {spread(40, 1)}, 'x' || {spread(300, 2)}]", TEXT),
        [query("SELECT * FROM songs WHERE genres @> ARRAY['x17']")],
        best=[NONE],
        worse=[["songs USING gin (genres)"], ["songs (genres)"]],
    ),
    Case(
        "An index is read backward",
        """
        CREATE UNLOGGED TABLE news (id bigint PRIMARY KEY, at timestamp NOT NULL, text text);
        CREATE INDEX ON news (at);
        """
        + fill("news", "n", f"timestamp '2024-01-01' + {spread(500_000)} * interval '1 minute'", TEXT),
        [query("SELECT * FROM news ORDER BY at DESC LIMIT 10"), query("SELECT max(at) FROM news")],
        best=[NONE],
        worse=[["news (at DESC)"]],
    ),
    Case(
        "A constraint and its partitioned key serve both",
        """
        CREATE TABLE stays (guest int NOT NULL, night date NOT NULL, text text, PRIMARY KEY (guest, night))
            PARTITION BY HASH (guest);
        CREATE TABLE stays_0 PARTITION OF stays FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE stays_1 PARTITION OF stays FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        """
        + fill("stays", "n % 3000", "date '2024-01-01' + n / 3000", TEXT),
        [
            query("SELECT * FROM stays WHERE guest = $1", ["17"], ["2999"]),
            query("SELECT * FROM stays WHERE guest = $1 AND night = $2", ["17", "2024-01-03"]),
        ],
        best=[NONE],
        worse=[["stays (guest)"], ["stays (night)"]],
    ),
    Case(
        "One of two that are missing is there",
        """
        CREATE UNLOGGED TABLE phones (id bigint PRIMARY KEY, number int NOT NULL, owner int NOT NULL, text text);
        CREATE INDEX ON phones (number);
        """
        + fill("phones", "n", spread(20_000), spread(9000, 1), TEXT),
        [
            query("SELECT * FROM phones WHERE number = $1", ["17"]),
            query("SELECT * FROM phones WHERE owner = $1", ["17"], ["44"]),
        ],
        best=[["phones (owner)"]],
        worse=[["phones (number)"], ["phones (owner, number)"]],
    ),
)

KINDS = (Kind("existing", CASES),)
