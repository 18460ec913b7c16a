CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE t (id int PRIMARY KEY, a int, big bigint, s text, v varchar(10), n numeric(10,2), free numeric, f float8, d date, ts timestamp, tz timestamptz, iv interval, b bool, arr int[], tags text[], j jsonb, js json, emb vector(3), u uuid);
INSERT INTO t VALUES (1, 10, 100, 'apple', 'x', 1.50, 1.123, 1.5, '2024-01-31', '2024-01-31 10:20:30.5', '2024-01-31 10:20:30+00', '1 day 02:00:00', true, '{1,2,3}', '{red,blue}', '{"a": 1, "b": {"c": [1, 2]}}', '{"z":1, "a": 2}', '[1,2,3]', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');
INSERT INTO t VALUES (2, 20, 200, 'Banana', 'y', 2.25, 22.5, -2.25, '2024-02-29', '2024-02-29 00:00:00', '2024-02-29 23:59:59+02', '1 mon', false, '{}', '{}', '{"a": 2, "t": "text"}', '[1, 2]', '[1,2,4]', 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');
INSERT INTO t VALUES (3, NULL, NULL, 'cherry', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO t VALUES (4, 20, -5, '', 'zz', 100.00, 0.5, 1e10, '1999-12-31', '1999-12-31 23:59:59', '1999-12-31 23:59:59+00', '-3 days', true, '{3,4}', '{blue}', '[1, "two", null]', 'null', '[0,0,1]', NULL);
CREATE TABLE u (id int PRIMARY KEY, t_id int, w text);
INSERT INTO u VALUES (1, 1, 'one'), (2, 1, 'uno'), (3, 4, 'four'), (4, NULL, 'none');
