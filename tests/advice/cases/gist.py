"""GiST: ranges, neighbours, networks."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, spread

_SPAN = f"timestamp '2024-01-01' + {spread(500_000)} * interval '1 minute'"
_PERIOD = f"tsrange({_SPAN}, {_SPAN} + interval '2 hours')"

CASES = (
    Case(
        "Reservations that overlap a period",
        "CREATE UNLOGGED TABLE reservations (id bigint PRIMARY KEY, during tsrange NOT NULL, remarks text);"
        + fill("reservations", "n", _PERIOD, TEXT),
        [
            query("SELECT * FROM reservations WHERE during && $1", ["[2024-03-01 10:00,2024-03-01 12:00)"]),
            query("SELECT id FROM reservations WHERE during && $1", ["[2024-06-01 00:00,2024-06-02 00:00)"]),
        ],
        best=[["reservations USING gist (during)"], ["reservations USING spgist (during)"]],
        worse=[["reservations (during)"]],
    ),
    Case(
        "Prices that are valid on a day",
        "CREATE UNLOGGED TABLE prices (id bigint PRIMARY KEY, valid daterange NOT NULL, terms text);"
        + fill(
            "prices",
            "n",
            f"daterange(date '2010-01-01' + {spread(5000)}::int, date '2010-01-15' + {spread(5000)}::int)",
            TEXT,
        ),
        [
            query("SELECT id FROM prices WHERE valid @> $1::date", ["2015-05-05"]),
            query("SELECT * FROM prices WHERE valid @> $1::date", ["2020-02-02"]),
        ],
        best=[["prices USING gist (valid)"], ["prices USING spgist (valid)"]],
        worse=[["prices (valid)"]],
    ),
    Case(
        "The nearest shops",
        "CREATE UNLOGGED TABLE shops (id bigint PRIMARY KEY, place point NOT NULL, about text);"
        + fill("shops", "n", f"point({spread(10**6)} / 1000.0, {spread(10**6, 1)} / 1000.0)", TEXT),
        [
            query("SELECT * FROM shops ORDER BY place <-> point(100, 200) LIMIT 10"),
            query("SELECT id, place FROM shops ORDER BY place <-> point(900, 20) LIMIT 3"),
        ],
        best=[["shops USING gist (place)"], ["shops USING spgist (place)"]],
    ),
    Case(
        "Trees in a rectangle",
        "CREATE UNLOGGED TABLE trees (id bigint PRIMARY KEY, place point NOT NULL, species text);"
        + fill("trees", "n", f"point({spread(10**6)} / 1000.0, {spread(10**6, 1)} / 1000.0)", TEXT),
        [query("SELECT * FROM trees WHERE place <@ $1::box", ["(110,210),(100,200)"], ["(9,9),(1,1)"])],
        best=[["trees USING gist (place)"], ["trees USING spgist (place)"]],
    ),
    Case(
        "The networks that an address is in",
        "CREATE UNLOGGED TABLE networks (id bigint PRIMARY KEY, net inet NOT NULL, owner text);"
        + fill("networks", "n", "set_masklen(inet '10.0.0.0' + n * 256, 24)", TEXT),
        [query("SELECT * FROM networks WHERE net >>= $1", ["10.0.17.5"], ["10.1.200.9"])],
        best=[["networks USING gist (net inet_ops)"], ["networks USING spgist (net)"]],
        worse=[["networks (net)"]],
    ),
    Case(
        "An exclusion constraint already serves",
        """
        CREATE UNLOGGED TABLE bookings (id bigint PRIMARY KEY, during tsrange NOT NULL, text text,
                                        EXCLUDE USING gist (during WITH &&));
        """
        + fill(
            "bookings",
            "n",
            "tsrange(timestamp '2024-01-01' + n * interval '1 hour', "
            "timestamp '2024-01-01 01:00' + n * interval '1 hour')",
            TEXT,
            rows=10_000,
        ),
        [query("SELECT * FROM bookings WHERE during && '[2024-06-01 00:00,2024-06-02 00:00)'::tsrange")],
        best=[NONE],
        worse=[["bookings USING gist (during)"], ["bookings (during)"]],
    ),
    Case(
        "Periods of two columns, as a range",
        "CREATE UNLOGGED TABLE rentals (id bigint PRIMARY KEY, start timestamp NOT NULL, "
        "stop timestamp NOT NULL, text text);" + fill("rentals", "n", _SPAN, f"{_SPAN} + interval '3 hours'", TEXT),
        [
            query(
                "SELECT * FROM rentals WHERE tsrange(start, stop) && $1",
                ["[2024-03-01 10:00,2024-03-01 12:00)"],
                ["[2024-06-01 00:00,2024-06-01 02:00)"],
            )
        ],
        best=[["rentals USING gist (tsrange(start, stop))"], ["rentals USING spgist (tsrange(start, stop))"]],
        worse=[["rentals (start)"], ["rentals (start, stop)"]],
    ),
    Case(
        "The nearest, by two columns",
        "CREATE UNLOGGED TABLE masts (id bigint PRIMARY KEY, x float8 NOT NULL, y float8 NOT NULL, text text);"
        + fill("masts", "n", f"{spread(10**6)} / 1000.0", f"{spread(10**6, 1)} / 1000.0", TEXT),
        [query("SELECT * FROM masts ORDER BY point(x, y) <-> $1 LIMIT 5", ["(100,200)"], ["(900,20)"])],
        best=[["masts USING gist (point(x, y))"], ["masts USING spgist (point(x, y))"]],
        worse=[["masts (x, y)"]],
    ),
)

KINDS = (Kind("gist", CASES),)
