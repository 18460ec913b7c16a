"""Everything that depends on the session's TimeZone answers as in PostgreSQL: literals, casts, functions, arithmetic
across changes of daylight saving time, comparisons, COPY, defaults, and plans kept from another zone."""

from __future__ import annotations

import pytest

from tests.oracle.sides import Postgres, Vecsql

SETUP = """
CREATE TABLE m (id int PRIMARY KEY, z timestamptz, t timestamp, d date, s text);
INSERT INTO m VALUES (1, '2026-11-23 23:30+00', '2026-11-23 23:30', '2026-11-23', '2026-03-29 02:30'),
 (2, '2026-03-28 23:30+00', '2026-03-29 02:30', '2026-03-29', '2026-10-25 02:30'),
 (3, '2026-10-25 00:30+00', '2026-10-25 02:30', '2026-10-25', '2026-07-01 12:00 America/New_York'),
 (4, '2026-10-25 01:30+00', '2026-10-25 00:00', '2026-10-24', '1999-12-31 23:59:59.5 PST'), (5, null, null, null, null),
 (6, '2026-03-08 07:00+00', '2026-03-08 02:30', '2026-03-08', '2026-11-01 01:30')
"""
QUERIES = """
SELECT timestamptz '2026-11-23 23:30', '2026-11-23 23:30'::timestamptz, CAST('2026-07-01' AS timestamptz)
SELECT '2026-11-23 23:30+05'::timestamptz, '2026-07-01 12:00 Europe/Berlin'::timestamptz, '2026-07-01 12:00 EST'::timestamptz
SELECT '{"2026-11-23 23:30","2026-07-01 12:00+00"}'::timestamptz[]
SELECT ('{"2026-11-23 23:30","2026-07-01 12:00+00"}'::timestamptz[])::text
SELECT id, z FROM m ORDER BY id
SELECT id, z::date, z::timestamp, z::time FROM m ORDER BY id
SELECT id, t::timestamptz, d::timestamptz FROM m ORDER BY id
SELECT id, z::text, t::text, d::text FROM m ORDER BY id
SELECT id, s::timestamptz, s::timestamptz::timestamp FROM m ORDER BY id
SELECT id, z::timestamptz(0), (z + interval '0.6 s')::timestamptz(0) FROM m ORDER BY id
SELECT id, date_trunc('day', z), date_trunc('hour', z), date_trunc('week', z), date_trunc('month', z) FROM m ORDER BY id
SELECT id, date_trunc('year', z), date_trunc('quarter', z), date_trunc('day', z, 'Asia/Tokyo') FROM m ORDER BY id
SELECT id, extract(hour FROM z), extract(day FROM z), extract(epoch FROM z), extract(dow FROM z) FROM m ORDER BY id
SELECT id, extract(timezone FROM z), extract(timezone_hour FROM z), extract(timezone_minute FROM z) FROM m ORDER BY id
SELECT id, date_part('hour', z), date_part('epoch', z), extract(epoch FROM t), extract(epoch FROM d) FROM m ORDER BY id
SELECT id, to_char(z, 'YYYY-MM-DD HH24:MI:SS TZ OF TZH:TZM tz') FROM m ORDER BY id
SELECT id, to_char(t, 'YYYY-MM-DD HH24:MI') FROM m ORDER BY id
SELECT id, z AT TIME ZONE 'America/New_York', t AT TIME ZONE 'America/New_York', d AT TIME ZONE 'UTC' FROM m ORDER BY id
SELECT id, z AT TIME ZONE 'CEST', z AT TIME ZONE 'CET', z AT TIME ZONE '+03', z AT TIME ZONE 'UTC-2' FROM m ORDER BY id
SELECT z AT TIME ZONE 'Nowhere/Land' FROM m
SELECT id FROM m WHERE z >= '2026-10-25 02:00' ORDER BY id
SELECT id FROM m WHERE z < timestamptz '2026-10-25 02:00' ORDER BY id
SELECT id FROM m WHERE z >= d ORDER BY id
SELECT id FROM m WHERE z = t ORDER BY id
SELECT id FROM m WHERE z >= t ORDER BY id
SELECT id FROM m WHERE z > date '2026-03-29' ORDER BY id
SELECT id FROM m WHERE z > timestamp '2026-03-29 02:30' ORDER BY id
SELECT id FROM m WHERE z::date = '2026-11-24' ORDER BY id
SELECT id FROM m WHERE z IN ('2026-11-23 23:30', '2026-11-24 00:30', '2026-11-23 18:30') ORDER BY id
SELECT id FROM m WHERE z BETWEEN '2026-03-29 00:30' AND '2026-10-25 02:30' ORDER BY id
SELECT id, z + interval '1 day', z + interval '24 hours', z - interval '1 month', z - interval '1 day 1 hour' FROM m ORDER BY id
SELECT id, z + interval '1 month 1 day -3 hours', interval '7 months' + z, z - interval '1 year' FROM m ORDER BY id
SELECT id, z - timestamptz '2026-03-28 00:00', z - '2026-01-01 00:00+00', z - d FROM m ORDER BY id
SELECT id, age(z, '2026-01-31 10:00') FROM m ORDER BY id
SELECT timestamptz '2026-03-28 23:30+01' + interval '1 day', timestamp '2026-03-28 23:30' + interval '1 day'
SELECT timestamptz '2026-03-29 02:30', timestamptz '2026-10-25 02:30', timestamptz '2026-03-08 02:30', timestamptz '2026-11-01 01:30'
SELECT x FROM generate_series(timestamptz '2026-03-28 12:00', '2026-03-31 12:00', interval '1 day') g(x)
SELECT x FROM generate_series(timestamptz '2026-10-24 23:00', '2026-10-25 05:00', interval '1 hour') g(x)
SELECT now()::date = current_date, current_date = (now() AT TIME ZONE current_setting('TimeZone'))::date
SELECT localtimestamp = now()::timestamp, localtimestamp::date = current_date, 'today'::date = current_date
SELECT 'today'::timestamptz = current_date, 'tomorrow'::timestamptz = current_date + 1, 'now'::timestamp::date = current_date
SELECT to_timestamp(1764000000), to_timestamp('2026-07-01 12:34', 'YYYY-MM-DD HH24:MI')
SELECT to_json(z), json_build_object('z', z), row_to_json(m) FROM m ORDER BY id
SELECT array_agg(z ORDER BY id)::text, string_agg(z::text, ',' ORDER BY id) FROM m
SELECT concat(z, '|', d), format('%s', z), z || '' FROM m ORDER BY id
SELECT date_trunc('day', z) AS day, count(*) FROM m GROUP BY 1 ORDER BY 1
SELECT z::date, count(*), min(z), max(z) FROM m GROUP BY 1 ORDER BY 1
SELECT CASE WHEN id = 1 THEN z ELSE t END, coalesce(z, d) FROM m ORDER BY id
SELECT z FROM m WHERE id = 1 UNION ALL SELECT t FROM m WHERE id = 2
SELECT id FROM m WHERE z = ANY (ARRAY['2026-11-24 00:30', '2026-11-23 18:30']::timestamptz[]) ORDER BY id
SELECT make_timestamptz(2026, 7, 1, 12, 0, 0), make_timestamptz(2026, 7, 1, 12, 0, 0, 'Asia/Tokyo')
SELECT date_bin('1 hour', z, '2026-01-01 00:20+00') FROM m ORDER BY id
""".strip().splitlines()
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "+05:30", "-3", "CET")


@pytest.fixture(scope="module")
def sides(postgres_server):
    postgres_server.execute("DROP TABLE IF EXISTS m")
    left, right = Postgres(postgres_server), Vecsql()
    for side in (left, right):
        assert not side.run("SET TimeZone = 'UTC'").error
        assert not side.run(SETUP).error
    yield left, right
    left.run("DROP TABLE m")
    left.run("SET TimeZone = 'UTC'")
    right.close()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("sql", QUERIES)
def test_query(sides, zone: str, sql: str) -> None:
    answers = []
    for side in sides:
        side.run(f"SET TIME ZONE {zone}" if zone[0] in "-" else f"SET TimeZone = '{zone}'")
        answer = side.run(sql)
        answers.append((answer.rows, answer.error.get("sqlstate"), answer.error.get("message")))
    assert answers[1] == answers[0]


def test_writes(sides) -> None:
    """Values, casts, defaults and COPY read local times in the session's zone, and a kept plan reads them anew."""
    script = """
    SET TimeZone = 'Europe/Berlin';
    CREATE TABLE w (id int PRIMARY KEY, z timestamptz DEFAULT '2026-07-01 12:00', d date, s text);
    INSERT INTO w (id, d) VALUES (1, timestamptz '2026-11-23 23:30+00');
    INSERT INTO w VALUES (2, '2026-11-23 23:30', '2026-11-23 23:30+00'::timestamptz::date, '2026-07-01'::timestamptz::text);
    SET TimeZone = 'Asia/Tokyo';
    INSERT INTO w (id, d) VALUES (3, timestamptz '2026-11-23 23:30+00');
    INSERT INTO w VALUES (4, '2026-11-23 23:30', '2026-11-23 23:30+00'::timestamptz::date, '2026-07-01'::timestamptz::text);
    INSERT INTO w SELECT id + 10, timestamp '2026-11-23 23:30', z, z FROM w;
    UPDATE w SET z = '2026-01-01', d = z WHERE id = 1;
    UPDATE w SET z = d, s = z WHERE id = 3;
    SELECT id FROM w WHERE z = '2026-11-23 23:30';
    SET TimeZone = 'UTC';
    SELECT id FROM w WHERE z = '2026-11-23 23:30'
    """
    for sql in script.strip().split(";\n"):
        answers = [side.run(sql) for side in sides]
        assert (answers[1].rows, answers[1].error) == (answers[0].rows, answers[0].error), sql
    sides_rows = [side.run("SELECT * FROM w ORDER BY id").rows for side in sides]
    assert sides_rows[1] == sides_rows[0]
    for side in sides:
        side.run("SET TimeZone = 'America/New_York'")
        side.copy_in(
            "COPY w (id, z) FROM STDIN", b"20\t2026-07-01 12:00\n21\t2026-01-01 12:00+00\n"
        )
    dumps = [side.copy_out("COPY (SELECT * FROM w ORDER BY id) TO STDOUT") for side in sides]
    assert dumps[1] == dumps[0]
    sides[0].run("DROP TABLE w")
