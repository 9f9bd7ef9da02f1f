"""`dbopt archive query` answers as the server did before rows were archived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

from dbopt.archive.query.run import query
from dbopt.postgres.session import Session
from tests.archive.archiving import archive, count, policies, section
from tests.servers import Database, Server

SCHEMA = """
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TYPE mood AS ENUM ('sad', 'fine', 'glad');
CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, region text, email citext);
INSERT INTO customer SELECT n, 'c' || n, (ARRAY['north', 'south', NULL])[n % 3 + 1], 'C' || n || '@Example.org'
FROM generate_series(1, 20) AS n;
CREATE TABLE events (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    customer_id int,
    small smallint,
    n int,
    big bigint,
    amount numeric(12, 2),
    exact numeric,
    f double precision,
    r real,
    ok boolean,
    txt text,
    code varchar(10),
    fixed char(5),
    mail citext,
    feeling mood,
    tags text[],
    nums int[],
    doc jsonb,
    raw json,
    u uuid,
    span interval,
    d date,
    ts timestamp,
    t time,
    cash money,
    bin bytea,
    ip inet
);
INSERT INTO events
SELECT n, timestamptz '2024-01-01Z' + n * interval '90 minutes', nullif(n % 23, 0), n % 100, n % 13 - 6,
       n * 10000000000, n * 1.25, n / 8.0, sqrt(n) - 20, n / 3.0,
       CASE n % 3 WHEN 0 THEN true WHEN 1 THEN false END, 'text ' || n % 37,
       'K' || n % 7, 'f' || n % 9, CASE n % 2 WHEN 0 THEN 'Mail' ELSE 'mAIL' END || n % 5,
       (ARRAY['glad', 'fine', 'sad'])[n % 3 + 1]::mood, ARRAY['a' || n % 3, 'b c', NULL, 'q"\\' || n % 2],
       ARRAY[n % 5, NULL, -n], jsonb_build_object('k', n % 4, 'name', 'v' || n % 3, 'list', jsonb_build_array(n, 'x')),
       '{"raw" : 1}', md5(n::text)::uuid, n * interval '1 hour' - interval '1 month', date '2023-12-30' + n % 400,
       timestamp '2024-01-01' + n * interval '1 second', time '00:00' + n * interval '7 seconds',
       (n * 1.5)::numeric::money, decode(md5(n::text), 'hex'), ('10.0.0.' || n % 256)::inet
FROM generate_series(1, 1200) AS n;
CREATE INDEX ON events (at);
ANALYZE;
"""

QUERIES = (
    "SELECT * FROM events",
    "SELECT count(*) FROM events",
    "SELECT count(*), count(ok), count(DISTINCT n), sum(n), sum(big), sum(amount), min(d), max(at) FROM public.events",
    "SELECT e.id, e.amount FROM events AS e WHERE e.at >= '2024-02-01' AND e.at < '2024-02-03' ORDER BY e.id DESC",
    "SELECT id FROM events WHERE at BETWEEN timestamptz '2024-01-10Z' AND timestamptz '2024-01-11Z' ORDER BY id",
    "SELECT id / 7, id % 7, n / 4, -n / 4, small / 3.0, n::float8 / 4, big / 3 FROM events",
    "SELECT n, avg(amount), avg(n), avg(f), stddev(f) FROM events GROUP BY n ORDER BY n",
    "SELECT sum(n) / count(*), sum(big) / count(*), avg(n)::int, sum(small) / 7 FROM events",
    "SELECT date_trunc('month', at) AS month, count(*) FROM events GROUP BY 1 ORDER BY 1",
    "SELECT date_trunc('week', ts), date_trunc('month', d), count(*) FROM events GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT extract(dow FROM at), extract(epoch FROM ts), date_part('hour', at), extract(second FROM ts) FROM events",
    "SELECT extract(isoyear FROM d), extract(doy FROM d), extract(week FROM at), extract(month FROM ts) FROM events",
    "SELECT c.region, count(*), sum(e.amount) FROM events e JOIN customer c ON c.id = e.customer_id GROUP BY c.region",
    "SELECT c.name, e.id FROM customer c LEFT JOIN events e ON e.customer_id = c.id AND e.n = 3 ORDER BY 1, 2",
    "SELECT c.name FROM customer c LEFT JOIN events e ON e.customer_id = c.id WHERE e.id IS NULL",
    "SELECT c.name FROM customer c WHERE EXISTS (SELECT FROM events e WHERE e.customer_id = c.id AND e.n > 5)",
    "SELECT name FROM customer WHERE id IN (SELECT customer_id FROM events WHERE amount > 1000) ORDER BY name",
    "SELECT id, (SELECT name FROM customer c WHERE c.id = e.customer_id) FROM events e WHERE id < 50",
    "SELECT txt FROM events WHERE txt ILIKE 'TEXT 1%' AND txt NOT LIKE '%5' AND code ~ '^K[0-3]$' AND txt !~* 'T 3'",
    "SELECT string_agg(DISTINCT code, ', ' ORDER BY code), string_agg(txt, '|' ORDER BY id) FROM events WHERE id <= 30",
    "SELECT feeling, count(*) FILTER (WHERE ok), count(*) FILTER (WHERE NOT ok) FROM events GROUP BY feeling"
    " ORDER BY 1",
    "SELECT min(feeling), max(feeling), count(*) FROM events WHERE feeling > 'sad' AND feeling IN ('fine', 'glad')",
    "SELECT DISTINCT ON (code) code, id, at FROM events ORDER BY code, at DESC",
    "SELECT lower(min(mail)), count(DISTINCT mail) FROM events WHERE mail = 'MAIL3' AND mail LIKE 'mail%'",
    "SELECT lower(mail), count(*) FROM events GROUP BY mail HAVING count(*) > 10 ORDER BY count(*), lower(mail)",
    "SELECT id, row_number() OVER (PARTITION BY code ORDER BY at DESC), lag(n, 2) OVER w, sum(n) OVER w FROM events"
    " WINDOW w AS (PARTITION BY n ORDER BY id)",
    "SELECT id, rank() OVER (ORDER BY ok), dense_rank() OVER (ORDER BY ok DESC) FROM events",
    "WITH big AS (SELECT * FROM events WHERE amount > 700), few AS (SELECT n, count(*) FROM big GROUP BY n)"
    " SELECT few.n, few.count, max(big.id) FROM few JOIN big USING (n) GROUP BY 1, 2 ORDER BY 1",
    "WITH events AS (SELECT 1 AS id) SELECT * FROM events",
    "WITH RECURSIVE down (id) AS (SELECT max(id) FROM events UNION ALL SELECT id - 100 FROM down WHERE id > 100)"
    " SELECT * FROM down ORDER BY id",
    "SELECT id FROM events WHERE n = 1 UNION SELECT customer_id FROM events ORDER BY 1 LIMIT 10 OFFSET 3",
    "SELECT n FROM events EXCEPT SELECT id FROM customer",
    "SELECT day, count(e.id) FROM generate_series(timestamptz '2024-01-01Z', timestamptz '2024-01-20Z', '1 day')"
    " AS day LEFT JOIN events e ON e.at >= day AND e.at < day + interval '1 day' GROUP BY day ORDER BY day",
    "SELECT g, count(*) FROM generate_series(1, 5) g JOIN events e ON e.n = g GROUP BY g",
    "SELECT id, doc -> 'k', doc ->> 'name', doc #>> '{list,1}', doc -> 'list' ->> 0 FROM events WHERE doc @>"
    " '{\"k\": 2}'",
    "SELECT (doc ->> 'k')::int AS k, count(*) FROM events WHERE doc ? 'name' GROUP BY k ORDER BY k",
    "SELECT tags[1], 'b c' = ANY(tags), nums[3], array_length(nums, 1), cardinality(tags) FROM events",
    "SELECT id FROM events WHERE tags @> ARRAY['a1'] AND nums && ARRAY[3] AND 4 <> ALL(ARRAY[1, 2])",
    "SELECT tag, count(*) FROM events, unnest(tags) AS tag GROUP BY tag ORDER BY tag",
    "SELECT to_char(at, 'YYYY-MM-DD HH24:MI:SS'), at::date, d + 1, d - date '2024-01-01', at::time FROM events",
    "SELECT at - interval '1 month', ts + span, at - ts, now() > at, d + interval '1 day', age(ts) > interval '1 day'"
    " FROM events WHERE at < now() - interval '1 year'",
    "SELECT at AT TIME ZONE 'Europe/Berlin', ts AT TIME ZONE 'America/New_York' FROM events",
    "SELECT CASE WHEN n > 3 THEN 'high' WHEN n IS NULL THEN 'none' ELSE 'low' END, coalesce(customer_id, -1),"
    " nullif(n, 0), greatest(n, small), least(n, NULL) FROM events",
    "SELECT round(amount, 1), round(exact), trunc(exact, 1), ceil(f), floor(f), round(f), abs(n), f::int, exact::int,"
    " sign(n), power(n, 2), mod(n, 3), sqrt(abs(f)) FROM events",
    "SELECT upper(txt), length(txt), substring(txt FROM 2 FOR 3), position('x' IN txt), replace(txt, 't', 'T'),"
    " split_part(txt, ' ', 2), left(txt, -1), right(txt, 2), lpad(code, 4), initcap(txt), reverse(code),"
    " trim(both 't' FROM txt), concat(code, n, NULL), code || '-' || n, md5(txt), regexp_replace(txt, '[0-9]', '#')"
    " FROM events",
    "SELECT txt::varchar(3), n::text, '7'::int + n, amount::int, id::numeric(12, 3), ok::text, d::timestamp"
    " FROM events",
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY f), percentile_disc(0.9) WITHIN GROUP (ORDER BY n),"
    " mode() WITHIN GROUP (ORDER BY n) FROM events",
    "SELECT array_agg(n ORDER BY id), array_agg(DISTINCT code ORDER BY code), bool_and(ok), bool_or(ok), every(n > -7)"
    " FROM events WHERE id < 40",
    "SELECT jsonb_agg(n ORDER BY id), jsonb_build_object('n', count(*)) FROM events WHERE id < 9",
    "SELECT n, code, count(*) FROM events GROUP BY ROLLUP (n, code) ORDER BY n, code",
    "SELECT code, ok, count(*), grouping(code) FROM events GROUP BY GROUPING SETS ((code), (ok), ())",
    "SELECT x.id, x.other FROM events e, LATERAL (SELECT e.id, max(c.id) AS other FROM customer c WHERE c.id < e.id) x",
    "SELECT id FROM events WHERE (n, small) = (3, 9) OR (code, ok) IN (('K1', true), ('K2', false))",
    "SELECT u, id FROM events WHERE u = md5('17')::uuid OR u < '02000000-0000-0000-0000-000000000000' ORDER BY u",
    "SELECT id FROM events WHERE ok IS NOT TRUE AND customer_id IS NULL AND f NOT BETWEEN -3 AND 3",
    "SELECT id FROM events WHERE ok IS DISTINCT FROM true AND d = '2024-02-01' OR t < '00:01'",
    "SELECT id, ok FROM events ORDER BY ok, id LIMIT 5",
    "SELECT id, ok FROM events ORDER BY ok DESC, id LIMIT 5",
    "SELECT id, ok FROM events ORDER BY ok NULLS FIRST, id DESC LIMIT 5",
    "SELECT exact FROM events WHERE exact > 100.5 ORDER BY exact DESC FETCH FIRST 3 ROWS ONLY",
    "SELECT a.id, b.id FROM events a JOIN events b ON b.id = a.id + 1 WHERE a.at < '2024-01-02' ORDER BY 1",
    "SELECT sum(count) FROM (SELECT count(*) FROM events GROUP BY n) AS s",
    "SELECT s.date_trunc, s.max FROM (SELECT date_trunc('day', at), max(n) FROM events GROUP BY 1) s ORDER BY 1"
    " LIMIT 4",
    "SELECT e FROM (SELECT n AS e FROM events) AS x WHERE e = 2",
    'SELECT id AS "Id", n AS "Some ""name""" FROM events WHERE id < 4',
    "SELECT fixed, fixed = 'f1', fixed || '|', length(fixed) FROM events WHERE fixed = 'f1   '",
    "SELECT sum(cash), count(*) FROM events WHERE cash > 100::money",
    "VALUES (1, 'a'), ((SELECT count(*) FROM events), 'b')",
    "SELECT id FROM events WHERE false",
    "SELECT id, f, r FROM events WHERE r < 1 OR f = 0",
    "SELECT x.a, x.b FROM events AS x (a, b) WHERE x.a < 3",
    "SELECT events.id, public.events.n FROM public.events WHERE events.id = 5",
    "SELECT bit_or(n), bit_and(small), n & 3, n | 8, n # 5, small << 2 FROM events GROUP BY n, small",
    "SELECT justified FROM (SELECT span AS justified FROM events WHERE span > interval '20 days') s ORDER BY 1 LIMIT 5",
    "SELECT id FROM events WHERE code = ANY('{K1,K2}') AND n = ANY('{1,2}'::int[])",
    "SELECT corr(f, n), regr_slope(f, n), variance(n) FROM events",
    "SELECT -n, +n, NOT ok, n IS NULL, txt IS NOT NULL, n <> 3, n != 3 FROM events WHERE NOT (n = 3 OR ok)",
    "SELECT f::text, d::text, 'x' || f, ok::text, round(-2.5), round(2.5::float8), f::numeric, r * 2 FROM events",
    "SELECT jsonb_array_length(doc -> 'list'), jsonb_typeof(doc -> 'list'), jsonb_typeof(doc -> 'k') FROM events",
    "SELECT id FROM events WHERE bin = '\\xeccbc87e4b5ce2fe28308fd9f2a7baf3' OR feeling = ANY(ARRAY['sad']::mood[])",
    "SELECT s.c / 2, s.b / 3, 1 / 3::numeric, (n + 1) / 2, length(code) / 2 FROM"
    " (SELECT n, code, count(*) AS c, sum(big) AS b FROM events GROUP BY n, code) AS s",
    "SELECT id FROM events WHERE d IN ('2024-01-05', 'Jan 6 2024') OR at = 'January 3 2024 12:00'",
    "SELECT exact AS e2, exact FROM events ORDER BY e2 DESC, exact LIMIT 5",
    "SELECT -n AS n FROM events ORDER BY n LIMIT 5",
)


@pytest.fixture
def archived(server: Server, new_database: Callable[..., Database], tmp_path: Path) -> tuple[Session, dict[str, str]]:
    """A database of which most events are archived, and where."""
    database = new_database(server, SCHEMA)
    return database.session, section(tmp_path, keep_hot=f"{(date.today() - date(2024, 2, 20)).days} days")


def test_hot_and_cold_rows_answer_as_before_archiving(archived: tuple[Session, dict[str, str]]) -> None:
    session, policy = archived
    session.script("SET timezone = 'UTC'")
    before = [session.texts_of_workload(text) for text in QUERIES]
    archive(session, policy, batch_rows=300)
    assert 0 < count(session, "events") < 1000
    wrong = []
    for text, (columns, rows) in zip(QUERIES, before, strict=True):
        try:
            found = query(session, policies(policy), text)
        except Exception as error:
            wrong.append(f"{text}\n    {error}")
            continue
        assert [column.name for column in found.columns] == [name for name, _ in columns], text
        if told := difference(rows, found.rows, is_ordered="ORDER BY" in text.rpartition(")")[2]):
            wrong.append(f"{text}\n    {told}")
    assert not wrong, "\n".join(wrong)


def difference(before: list, after: tuple, *, is_ordered: bool) -> str:  # type: ignore[type-arg]
    ours, theirs = [tuple(map(canonical, row)) for row in after], [tuple(map(canonical, row)) for row in before]
    if (is_ordered and ours != theirs) or Counter(ours) != Counter(theirs):
        pairs = [
            (a, b) for one, other in zip(ours, theirs, strict=False) for a, b in zip(one, other, strict=True) if a != b
        ]
        return f"{len(ours)} rows, there {len(theirs)}: {pairs[:3]}"
    return ""


def canonical(text: str | None) -> str | None:
    """Numbers to twelve digits."""
    try:
        return None if text is None else f"{Decimal(text) + 0:.11e}" if Decimal(text) else "0"
    except InvalidOperation:
        return text
