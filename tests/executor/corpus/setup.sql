CREATE EXTENSION IF NOT EXISTS vector
CREATE TABLE t (id int PRIMARY KEY, name varchar(20), grp int2, price numeric(10,2), n numeric, f float8, r real, ok bool, d date, ts timestamp, tz timestamptz, tags text[], u uuid, v vector(3))
INSERT INTO t SELECT i, 'N' || (i % 7), i % 5, i * 1.25, i * 0.1, CASE WHEN i % 9 = 4 THEN 'NaN'::float8 ELSE i / 3.0 END, i / 7.0, i % 3 = 0, date '2024-01-01' + i, timestamp '2024-01-01 10:00' + i * interval '7 hours', timestamptz '2024-01-01 10:00+00' + i * interval '7 hours', ARRAY['t' || i % 4, 'x'], ('00000000-0000-0000-0000-0000000000' || (10 + i % 50))::uuid, CASE WHEN i % 11 = 3 THEN NULL WHEN i % 13 = 5 THEN '[0,0,0]'::vector ELSE ('[' || i % 5 - 2 || ',' || i % 3 || ',' || i % 7 - 3 || ']')::vector END FROM generate_series(1, 60) i
UPDATE t SET name = NULL, price = NULL WHERE id % 10 = 0
DELETE FROM t WHERE id % 17 = 0
