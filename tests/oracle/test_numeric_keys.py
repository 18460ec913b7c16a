"""numeric without precision and scale: 1.0 and 1.00 are one value for grouping, DISTINCT, set operations and joins."""

from __future__ import annotations

from tests.oracle.sides import Postgres, Vecsql

SETUP = """
CREATE TABLE a (id int, n numeric, m numeric(10,2));
INSERT INTO a VALUES (1,1.0,1),(2,1.00,1.00),(3,2.5,2.5),(4,2.50,3),(5,NULL,NULL),(6,'NaN',4),(7,'1e2',100),(8,100.000,100),(9,0.1,0.1);
CREATE TABLE b (n numeric, t text);
INSERT INTO b VALUES (1,'one'),(2.500,'two'),('NaN','nan'),(100,'hundred'),(NULL,'null'),(0.1000000000000000055,'x')
"""
QUERIES = """
SELECT count(*), min(id) FROM a GROUP BY n ORDER BY 2
SELECT n, count(*) FROM a GROUP BY n ORDER BY min(id)
SELECT n+0, count(*) FROM a GROUP BY n+0 ORDER BY min(id)
SELECT n/2, count(*) FROM a GROUP BY 1 ORDER BY min(id)
SELECT count(DISTINCT n), count(DISTINCT n/3) FROM a
SELECT DISTINCT n FROM a ORDER BY n
SELECT count(*) FROM (SELECT DISTINCT n FROM a) s
SELECT count(*) FROM (SELECT n FROM a UNION SELECT n FROM b) s
SELECT count(*) FROM (SELECT n FROM a INTERSECT SELECT n FROM b) s
SELECT count(*) FROM (SELECT n FROM a EXCEPT SELECT n FROM b) s
SELECT count(*) FROM (SELECT m FROM a UNION SELECT n FROM b) s
SELECT id, t FROM a JOIN b ON a.n = b.n ORDER BY id
SELECT id, t FROM a JOIN b USING (n) ORDER BY id
SELECT id, t FROM a NATURAL JOIN b ORDER BY id
SELECT id, t FROM a LEFT JOIN b ON a.m = b.n ORDER BY id
SELECT id FROM a WHERE n IN (SELECT n FROM b) ORDER BY id
SELECT id FROM a WHERE n NOT IN (SELECT n FROM b WHERE n IS NOT NULL) ORDER BY id
SELECT id FROM a WHERE n = ANY (SELECT n FROM b) ORDER BY id
SELECT id FROM a WHERE n > ALL (SELECT n FROM b WHERE n < 3) ORDER BY id
SELECT id FROM a WHERE n < ANY (SELECT n FROM b) ORDER BY id
SELECT id FROM a WHERE m = ANY (SELECT n FROM b) ORDER BY id
SELECT id FROM a WHERE n IN (1, 2.5, 0.1000000000000000055) ORDER BY id
SELECT id FROM a WHERE n = ANY (ARRAY[1, 2.5]) ORDER BY id
SELECT id FROM a WHERE n = ANY ('{1,2.5}'::numeric[]) ORDER BY id
SELECT id FROM a WHERE (n, id) IN ((1,1),(2.5,3)) ORDER BY id
SELECT id FROM a WHERE (n, id) = (1, 2) ORDER BY id
SELECT id FROM a WHERE (n, id) IN (SELECT n, 1 FROM b) ORDER BY id
SELECT id, rank() OVER (ORDER BY n), dense_rank() OVER (ORDER BY n) FROM a ORDER BY id
SELECT id, row_number() OVER (PARTITION BY n ORDER BY id) FROM a ORDER BY id
SELECT DISTINCT ON (n) n, id FROM a ORDER BY n, id
SELECT n IS DISTINCT FROM 1.000, n IS NOT DISTINCT FROM NULL FROM a ORDER BY id
SELECT CASE n WHEN 1 THEN 'one' ELSE 'x' END FROM a ORDER BY id
SELECT nullif(n, 1.000) FROM a ORDER BY id
SELECT greatest(n, 2), least(n, 2) FROM a ORDER BY id
SELECT n FROM a ORDER BY n DESC, id
SELECT id FROM a WHERE n BETWEEN 1 AND 2.5 ORDER BY id
SELECT ARRAY[1.0, 2.50] = ARRAY[1, 2.5]
SELECT array_position(ARRAY[1.0, 2.5], 2.50), array_remove(ARRAY[1.0, 2.5], 2.50)
SELECT 1.0 = ANY (ARRAY[1.00, 2])
SELECT n FROM a GROUP BY n HAVING count(*) > 1 ORDER BY n
SELECT string_agg(DISTINCT n::text, ',') FROM a WHERE id < 3
SELECT id, lag(n) OVER (ORDER BY n, id), first_value(n) OVER (PARTITION BY n ORDER BY id) FROM a ORDER BY id
SELECT a1.id, a2.id FROM a a1 JOIN a a2 ON a1.n / 3 = a2.n / 3 AND a1.id < a2.id ORDER BY 1, 2
SELECT (SELECT n FROM b WHERE b.n = a.n LIMIT 1) FROM a ORDER BY id
SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.n = a.n) ORDER BY id
""".strip().splitlines()
REFUSED = """
SELECT array_agg(DISTINCT n) FROM a
SELECT sum(DISTINCT n), avg(DISTINCT m), sum(DISTINCT m) FROM a WHERE n <> 'NaN'
SELECT mode() WITHIN GROUP (ORDER BY n) FROM a
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY n) FROM a WHERE id < 5
SELECT n, m, count(*) FROM a GROUP BY ROLLUP (n, m) ORDER BY n, m, count(*)
WITH RECURSIVE r(x) AS (SELECT 1.0 UNION SELECT x * 1.0 FROM r WHERE x < 3) SELECT count(*) FROM r
""".strip().splitlines()


def test_same_answers(postgres: Postgres, vecsql: Vecsql) -> None:
    for side in (postgres, vecsql):
        assert not side.run(SETUP).error
    for sql in QUERIES:
        left, right = postgres.run(sql), vecsql.run(sql)
        assert (right.rows, right.error) == (left.rows, left.error), sql


def test_refused(vecsql: Vecsql) -> None:
    """What would need one value for several representations is an error, not another answer."""
    assert not vecsql.run(SETUP).error
    for sql in REFUSED:
        assert vecsql.run(sql).error["sqlstate"] == "0A000", sql
