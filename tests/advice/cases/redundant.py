"""Needless indexes, which should go, and others that only look needless."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, some, spread

CASES = (
    Case(
        "The same index twice",
        """
        CREATE UNLOGGED TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, text text);
        CREATE INDEX orders_customer ON orders (customer);
        CREATE INDEX orders_customer_again ON orders (customer);
        """
        + fill("orders", "n", spread(3000), TEXT),
        [query("SELECT * FROM orders WHERE customer = $1", ["17"], ["2999"])],
        best=[NONE],
        drop=["public.orders_customer|public.orders_customer_again"],
    ),
    Case(
        "An index on the first column of another",
        """
        CREATE UNLOGGED TABLE visits (id bigint PRIMARY KEY, page int NOT NULL, day int NOT NULL, text text);
        CREATE INDEX visits_page ON visits (page);
        CREATE INDEX visits_page_day ON visits (page, day);
        """
        + fill("visits", "n", spread(2000), spread(365, 1), TEXT),
        [
            query("SELECT * FROM visits WHERE page = $1", ["17"], ["1999"]),
            query("SELECT * FROM visits WHERE page = $1 AND day = $2", ["17", "4"]),
        ],
        best=[NONE],
        drop=["public.visits_page"],
    ),
    Case(
        "An index on the primary key's column",
        """
        CREATE UNLOGGED TABLE products (id bigint PRIMARY KEY, name text NOT NULL, text text);
        CREATE INDEX products_id ON products (id);
        """
        + fill("products", "n", "'product ' || n", TEXT),
        [query("SELECT * FROM products WHERE id = $1", ["17"], ["29999"])],
        best=[NONE],
        drop=["public.products_id"],
    ),
    Case(
        "A foreign key's index, which a wider one stands for",
        """
        CREATE UNLOGGED TABLE owners (id int PRIMARY KEY);
        CREATE UNLOGGED TABLE pets (id bigint PRIMARY KEY, owner int NOT NULL REFERENCES owners,
            born date NOT NULL, text text);
        CREATE INDEX pets_owner ON pets (owner);
        CREATE INDEX pets_owner_born ON pets (owner, born);
        """
        + fill("owners", "n", rows=6000)
        + fill("pets", "n", f"1 + {spread(6000)}", f"date '2015-01-01' + {spread(3000, 1)}::int", TEXT),
        [query("SELECT * FROM pets WHERE owner = $1 ORDER BY born LIMIT 3", ["17"], ["5999"])],
        best=[NONE],
        drop=["public.pets_owner"],
    ),
    Case(
        "A unique index stays, though a wider one begins with it",
        """
        CREATE UNLOGGED TABLE accounts (id bigint PRIMARY KEY, iban text NOT NULL, opened date NOT NULL, text text);
        CREATE UNIQUE INDEX accounts_iban ON accounts (iban);
        CREATE INDEX accounts_iban_opened ON accounts (iban, opened);
        """
        + fill("accounts", "n", "'DE' || (10000000 + n)", f"date '2015-01-01' + {spread(3000, 1)}::int", TEXT),
        [query("SELECT iban, opened FROM accounts WHERE iban > $1 ORDER BY iban, opened LIMIT 50", ["DE10012"])],
        best=[NONE],
    ),
    Case(
        "Indexes that only look alike: another direction, another order, a condition",
        """
        CREATE UNLOGGED TABLE trips (id bigint PRIMARY KEY, driver int NOT NULL, day int NOT NULL,
            open boolean NOT NULL, t text);
        CREATE INDEX trips_driver_day ON trips (driver, day);
        CREATE INDEX trips_driver_latest ON trips (day DESC, driver);
        CREATE INDEX trips_open ON trips (driver) WHERE open;
        """
        + fill("trips", "n", spread(1500), spread(365, 1), some(3, 2), TEXT),
        [
            query("SELECT * FROM trips WHERE driver = $1 AND day > $2", ["17", "350"]),
            query("SELECT * FROM trips ORDER BY day DESC, driver LIMIT 10"),
            query("SELECT * FROM trips WHERE open AND driver = $1", ["17"]),
        ],
        best=[NONE],
    ),
    Case(
        "A duplicate goes, and what is missing comes",
        """
        CREATE UNLOGGED TABLE bills (id bigint PRIMARY KEY, payer int NOT NULL, payee int NOT NULL, text text);
        CREATE INDEX bills_payer ON bills (payer);
        CREATE INDEX bills_payer_too ON bills (payer);
        """
        + fill("bills", "n", spread(3000), spread(3000, 1), TEXT),
        [
            query("SELECT * FROM bills WHERE payer = $1", ["17"]),
            query("SELECT * FROM bills WHERE payee = $1", ["17"], ["4"]),
        ],
        best=[["bills (payee)"]],
        drop=["public.bills_payer|public.bills_payer_too"],
    ),
    Case(
        "A unique constraint and the same index beside it",
        """
        CREATE UNLOGGED TABLE badges (id bigint PRIMARY KEY, serial int NOT NULL, text text,
            CONSTRAINT badges_serial UNIQUE (serial));
        CREATE INDEX badges_by_serial ON badges (serial);
        """
        + fill("badges", "n", "n", TEXT),
        [query("SELECT * FROM badges WHERE serial = $1", ["17"], ["29999"])],
        best=[NONE],
        drop=["public.badges_by_serial"],
    ),
    Case(
        "The same expression twice",
        """
        CREATE UNLOGGED TABLE aliases (id bigint PRIMARY KEY, name text NOT NULL, text text);
        CREATE INDEX aliases_lower ON aliases (lower(name));
        CREATE INDEX aliases_lower_2 ON aliases (lower(name));
        """
        + fill("aliases", "n", "'Name ' || n", TEXT),
        [query("SELECT * FROM aliases WHERE lower(name) = $1", ["name 17"], ["name 29999"])],
        best=[NONE],
        drop=["public.aliases_lower|public.aliases_lower_2"],
    ),
    Case(
        "An index that the workload needs though another begins like it",
        """
        CREATE UNLOGGED TABLE lists (id bigint PRIMARY KEY, owner int NOT NULL, rank int NOT NULL, at int NOT NULL,
            text text);
        CREATE INDEX lists_owner_rank ON lists (owner, rank);
        CREATE INDEX lists_owner_at ON lists (owner, at);
        """
        + fill("lists", "n", spread(60), spread(10**6, 1), spread(10**6, 2), TEXT),
        [
            query("SELECT * FROM lists WHERE owner = $1 ORDER BY rank LIMIT 5", ["17"], ["59"]),
            query("SELECT * FROM lists WHERE owner = $1 ORDER BY at LIMIT 5", ["17"], ["59"]),
        ],
        best=[NONE],
    ),
)

KINDS = (Kind("redundant", CASES),)
