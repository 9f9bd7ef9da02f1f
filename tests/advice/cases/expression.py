"""Expression indexes, and expressions that no index can hold."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, spread

CASES = (
    Case(
        "Logins compare addresses in lower case",
        "CREATE UNLOGGED TABLE accounts (id bigint PRIMARY KEY, email text NOT NULL, profile text);"
        + fill("accounts", "n", "'User' || n || '@Example.com'", TEXT),
        [query("SELECT * FROM accounts WHERE lower(email) = $1", ["user17@example.com"], ["user25000@example.com"])],
        best=[["accounts (lower(email))"], ["accounts USING hash (lower(email))"]],
        worse=[["accounts (email)"]],
    ),
    Case(
        "A day's entries, by date() of a timestamp without time zone",
        "CREATE UNLOGGED TABLE entries (id bigint PRIMARY KEY, booked timestamp NOT NULL, memo text);"
        + fill("entries", "n", f"timestamp '2024-01-01' + {spread(300 * 1440)} * interval '1 minute'", TEXT),
        [query("SELECT * FROM entries WHERE date(booked) = $1", ["2024-02-03"], ["2024-09-30"])],
        best=[["entries (date(booked))"], ["entries ((booked::date))"]],
        worse=[["entries (booked)"]],
    ),
    Case(
        "A month's bookings, by date_trunc()",
        "CREATE UNLOGGED TABLE stays (id bigint PRIMARY KEY, hotel int NOT NULL, arrival timestamp NOT NULL, "
        "wish text);"
        + fill("stays", "n", spread(50), f"timestamp '2015-01-01' + {spread(3600, 1)} * interval '1 day'", TEXT),
        [
            query(
                "SELECT * FROM stays WHERE hotel = $1 AND date_trunc('month', arrival) = $2",
                ["3", "2016-05-01"],
                ["44", "2021-12-01"],
            )
        ],
        best=[
            ["stays (hotel, date_trunc('month', arrival))"],
            ["stays (date_trunc('month', arrival), hotel)"],
        ],
        worse=[["stays (hotel)"], ["stays (hotel, arrival)"]],
    ),
    Case(
        "A key in a jsonb document",
        "CREATE UNLOGGED TABLE products (id bigint PRIMARY KEY, attributes jsonb NOT NULL);"
        + fill("products", "n", f"jsonb_build_object('sku', 'S' || {spread(15000)}, 'text', {TEXT})"),
        [query("SELECT * FROM products WHERE attributes ->> 'sku' = $1", ["S17"], ["S14000"])],
        best=[["products ((attributes ->> 'sku'))"], ["products USING hash ((attributes ->> 'sku'))"]],
        worse=[["products USING gin (attributes)"]],
    ),
    Case(
        "Two columns as one text",
        "CREATE UNLOGGED TABLE parcels (id bigint PRIMARY KEY, depot text NOT NULL, number text NOT NULL, label text);"
        + fill("parcels", "n", pick("HAM", "CGN", "MUC", "BER"), f"'P' || {spread(8000, 1)}", TEXT),
        [query("SELECT * FROM parcels WHERE depot || number = $1", ["HAMP17"], ["BERP7000"])],
        best=[["parcels ((depot || number))"], ["parcels USING hash ((depot || number))"]],
        worse=[["parcels (depot, number)"], ["parcels (number)"]],
    ),
    Case(
        "The nickname, or else the name",
        "CREATE UNLOGGED TABLE players (id bigint PRIMARY KEY, nickname text, name text NOT NULL, about text);"
        + fill("players", "n", f"CASE WHEN n % 3 = 0 THEN 'nick' || {spread(9000)} END", "'name' || n", TEXT),
        [query("SELECT * FROM players WHERE coalesce(nickname, name) = $1", ["nick17"], ["name20000"])],
        best=[["players (coalesce(nickname, name))"], ["players USING hash (coalesce(nickname, name))"]],
        worse=[["players (nickname)"], ["players (nickname, name)"], ["players (name)"]],
    ),
    Case(
        "Codes in upper case, within one tenant",
        "CREATE UNLOGGED TABLE vouchers (id bigint PRIMARY KEY, tenant int NOT NULL, "
        "code varchar(20) NOT NULL, terms text);"
        + fill("vouchers", "n", spread(40), f"'code' || {spread(300, 1)}", TEXT),
        [query("SELECT * FROM vouchers WHERE tenant = $1 AND upper(code) = $2", ["3", "CODE17"], ["31", "CODE250"])],
        best=[["vouchers (tenant, upper(code::text))"], ["vouchers (upper(code::text), tenant)"]],
        worse=[["vouchers (tenant)"], ["vouchers (tenant, code)"], ["vouchers (upper(code::text))"]],
    ),
    Case(
        "Large amounts, of a product of two columns",
        "CREATE UNLOGGED TABLE lots (id bigint PRIMARY KEY, pieces int NOT NULL, price numeric(10, "
        "2) NOT NULL, text text);" + fill("lots", "n", f"1 + {spread(100)}", f"({spread(10000, 1)} / 100.0)", TEXT),
        [query("SELECT * FROM lots WHERE pieces * price > $1", ["9500"], ["9700"])],
        best=[["lots ((pieces * price))"]],
        worse=[["lots (pieces)"], ["lots (price)"], ["lots (pieces, price)"]],
    ),
    Case(
        "A day in UTC of a timestamp with time zone, which does not depend on the session",
        "CREATE UNLOGGED TABLE calls (id bigint PRIMARY KEY, began timestamptz NOT NULL, notes text);"
        + fill("calls", "n", f"timestamptz '2024-01-01 00:00+00' + {spread(400 * 1440)} * interval '1 minute'", TEXT),
        [query("SELECT * FROM calls WHERE (began AT TIME ZONE 'UTC')::date = $1", ["2024-02-03"], ["2024-11-30"])],
        best=[["calls (((began AT TIME ZONE 'UTC')::date))"]],
        worse=[["calls (began)"]],
        impossible=["calls ((began::date))"],
    ),
    Case(
        "A day of a timestamp with time zone, which depends on the session: no index can hold it",
        "CREATE UNLOGGED TABLE logins (id bigint PRIMARY KEY, at timestamptz NOT NULL, agent text);"
        + fill("logins", "n", f"timestamptz '2024-01-01 00:00+00' + {spread(400 * 1440)} * interval '1 minute'", TEXT),
        [query("SELECT * FROM logins WHERE date(at) = $1", ["2024-02-03"], ["2024-11-30"])],
        best=[NONE],
        worse=[["logins (at)"]],
        impossible=["logins (date(at))", "logins ((at::date))"],
    ),
    Case(
        "to_char() depends on settings: no index can hold it",
        "CREATE UNLOGGED TABLE visits (id bigint PRIMARY KEY, at timestamp NOT NULL, referrer text);"
        + fill("visits", "n", f"timestamp '2020-01-01' + {spread(1800)} * interval '1 day'", TEXT),
        [query("SELECT * FROM visits WHERE to_char(at, 'YYYY-MM') = '2023-05'")],
        best=[NONE],
        worse=[["visits (at)"]],
        impossible=["visits (to_char(at, 'YYYY-MM'))"],
    ),
)

KINDS = (Kind("expression", CASES),)
