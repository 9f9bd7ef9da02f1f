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
    Case(
        "A number in a jsonb document, compared as a number",
        "CREATE UNLOGGED TABLE patients (id bigint PRIMARY KEY, record jsonb NOT NULL);"
        + fill("patients", "n", f"jsonb_build_object('weight', {spread(1000)}, 'text', {TEXT})"),
        [query("SELECT * FROM patients WHERE (record ->> 'weight')::int > $1", ["990"], ["995"])],
        best=[["patients (((record ->> 'weight')::int))"]],
        worse=[["patients ((record ->> 'weight'))"], ["patients USING gin (record)"]],
    ),
    Case(
        "A value deep in a document",
        "CREATE UNLOGGED TABLE devices (id bigint PRIMARY KEY, facts jsonb NOT NULL);"
        + fill(
            "devices", "n", f"jsonb_build_object('os', jsonb_build_object('build', 'b' || {spread(9000)}), 't', {TEXT})"
        ),
        [
            query("SELECT * FROM devices WHERE facts #>> '{os,build}' = $1", ["b17"], ["b8999"]),
            query("SELECT id FROM devices WHERE facts #>> '{os,build}' = $1", ["b4"]),
        ],
        best=[["devices ((facts #>> '{os,build}'))"], ["devices USING hash ((facts #>> '{os,build}'))"]],
        worse=[["devices USING gin (facts)"]],
    ),
    Case(
        "Names in order of their lower case",
        "CREATE UNLOGGED TABLE artists (id bigint PRIMARY KEY, name text NOT NULL, about text);"
        + fill("artists", "n", "CASE n % 2 WHEN 0 THEN upper(md5(n::text)) ELSE md5(n::text) END", TEXT),
        [
            query("SELECT * FROM artists ORDER BY lower(name) LIMIT 20"),
            query("SELECT id FROM artists ORDER BY lower(name) LIMIT 5"),
        ],
        best=[["artists (lower(name))"]],
        worse=[["artists (name)"]],
    ),
    Case(
        "The first letters of a code",
        "CREATE UNLOGGED TABLE tariffs (id bigint PRIMARY KEY, code text NOT NULL, text text);"
        + fill("tariffs", "n", "md5(n::text)", TEXT),
        [query("SELECT * FROM tariffs WHERE left(code, 4) = $1", ["beef"], ["c0ff"])],
        best=[["tariffs (left(code, 4))"], ["tariffs USING hash (left(code, 4))"]],
        worse=[["tariffs (code)"]],
    ),
    Case(
        "A long text by its digest",
        "CREATE UNLOGGED TABLE documents (id bigint PRIMARY KEY, body text NOT NULL);" + fill("documents", "n", TEXT),
        [query("SELECT * FROM documents WHERE md5(body) = md5($1)", ["abc"], ["def"])],
        best=[["documents (md5(body))"], ["documents USING hash (md5(body))"]],
        worse=[["documents (body)"]],
    ),
    Case(
        "The year of a timestamp without time zone, of one shop",
        "CREATE UNLOGGED TABLE purchases (id bigint PRIMARY KEY, shop int NOT NULL, at timestamp NOT NULL, text text);"
        + fill("purchases", "n", spread(300), f"timestamp '2000-01-01' + {spread(9000, 1)} * interval '1 day'", TEXT),
        [
            query(
                "SELECT * FROM purchases WHERE shop = $1 AND extract(year FROM at) = $2",
                ["17", "2010"],
                ["299", "2020"],
            )
        ],
        best=[["purchases (shop, extract(year FROM at))"], ["purchases (extract(year FROM at), shop)"]],
        worse=[["purchases (shop)"], ["purchases (shop, at)"]],
    ),
    Case(
        "The hour of a timestamp with time zone: no index can hold it",
        "CREATE UNLOGGED TABLE trips (id bigint PRIMARY KEY, at timestamptz NOT NULL, text text);"
        + fill("trips", "n", f"timestamptz '2024-01-01 00:00+00' + {spread(500_000)} * interval '1 minute'", TEXT),
        [
            query(
                "SELECT * FROM trips WHERE date_trunc('hour', at) = $1",
                ["2024-05-05 12:00+00"],
                ["2024-10-10 01:00+00"],
            )
        ],
        best=[NONE],
        worse=[["trips (at)"]],
        impossible=["trips (date_trunc('hour', at))"],
    ),
    Case(
        "An expression and a rare condition: of a partial index the planner would not know how often its values occur",
        "CREATE UNLOGGED TABLE keys (id bigint PRIMARY KEY, name text NOT NULL, revoked boolean NOT NULL, text text);"
        + fill("keys", "n", "'Key ' || n", f"NOT {spread(12, 1)} = 0", TEXT),
        [query("SELECT * FROM keys WHERE lower(name) = $1 AND NOT revoked", ["key 17"], ["key 29999"])],
        best=[["keys (lower(name))"], ["keys USING hash (lower(name))"]],
        worse=[["keys (lower(name)) WHERE NOT revoked"], ["keys (name)"]],
    ),
)

KINDS = (Kind("expression", CASES),)
