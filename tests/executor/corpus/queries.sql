SELECT id FROM t WHERE grp = 2 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE price < 30 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE price BETWEEN 10 AND 40.5 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE price = 12.5 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE n > 2 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE n = 0.3 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE f > 5 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE f = 'NaN' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE f <> 2 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE r < 3.5 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE r = 0.14285715 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE ok ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE NOT ok ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE ok IS NOT TRUE ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE name LIKE 'N_' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE name ILIKE 'n3' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE name IS NULL ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE name = 'N3' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE name > 'N3' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE d > '2024-01-20' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE d = date '2024-01-05' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE ts < '2024-01-05 12:00' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE tz >= '2024-01-05 12:00+02' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE d < ts ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE tags @> '{t1}' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE tags && ARRAY['t1','t2'] ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE tags @> ARRAY['x','t3'] ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE u = '00000000-0000-0000-0000-000000000015' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE u IN ('00000000-0000-0000-0000-000000000015','00000000-0000-0000-0000-000000000016') ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE id = ANY('{1,2,3,NULL}') ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE grp IN (1,2,NULL) ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE grp NOT IN (1,2) ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE grp NOT IN (1,NULL) ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE name IN ('N1','N2','N3','N4','N5') ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE id + grp > 20 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE id * 2 < 30 AND grp = 1 OR name = 'N1' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE id / 2 = 5 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE id % 7 = 1 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE price > (SELECT avg(price) FROM t) ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE id IN (SELECT id + 1 FROM t WHERE grp = 2) ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t b WHERE b.id = t.id + 1 AND b.grp = 3) ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE tz > now() ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE coalesce(grp, 0) = 1 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE NULL ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE false ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE name IS DISTINCT FROM 'N1' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE id > 2.5 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE id = 3.0 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE price > 3::float8 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE grp = 99999 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE id > 3000000000 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE 'N2' = name ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE length(name) > 1 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE f IS NOT NULL ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE v IS NULL ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE name NOT LIKE 'N1%' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE name LIKE '%' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE name LIKE 'N\_' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE d BETWEEN '2024-01-03' AND '2024-01-09' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE r > 3.14 ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE f >= 'NaN' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE ok = (grp = 1) ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id FROM t WHERE name = 'N1   ' ORDER BY v <-> '[1,1,1]', id LIMIT 12
SELECT id, v <-> '[1,0,2]' AS d FROM t ORDER BY v <-> '[1,0,2]', id LIMIT 7 OFFSET 0
SELECT id, v <-> '[1,0,2]' AS d FROM t ORDER BY v <-> '[1,0,2]', id LIMIT 100 OFFSET 0
SELECT id, v <-> '[1,0,2]' AS d FROM t ORDER BY v <-> '[1,0,2]', id LIMIT 5 OFFSET 50
SELECT id, v <-> '[1,0,2]' AS d FROM t ORDER BY v <-> '[1,0,2]', id LIMIT 0 OFFSET 0
SELECT id, v <#> '[1,0,2]' AS d FROM t ORDER BY v <#> '[1,0,2]', id LIMIT 7 OFFSET 0
SELECT id, v <#> '[1,0,2]' AS d FROM t ORDER BY v <#> '[1,0,2]', id LIMIT 100 OFFSET 0
SELECT id, v <#> '[1,0,2]' AS d FROM t ORDER BY v <#> '[1,0,2]', id LIMIT 5 OFFSET 50
SELECT id, v <#> '[1,0,2]' AS d FROM t ORDER BY v <#> '[1,0,2]', id LIMIT 0 OFFSET 0
SELECT id, v <=> '[1,0,2]' AS d FROM t ORDER BY v <=> '[1,0,2]', id LIMIT 7 OFFSET 0
SELECT id, v <=> '[1,0,2]' AS d FROM t ORDER BY v <=> '[1,0,2]', id LIMIT 100 OFFSET 0
SELECT id, v <=> '[1,0,2]' AS d FROM t ORDER BY v <=> '[1,0,2]', id LIMIT 5 OFFSET 50
SELECT id, v <=> '[1,0,2]' AS d FROM t ORDER BY v <=> '[1,0,2]', id LIMIT 0 OFFSET 0
SELECT id, v <+> '[1,0,2]' AS d FROM t ORDER BY v <+> '[1,0,2]', id LIMIT 7 OFFSET 0
SELECT id, v <+> '[1,0,2]' AS d FROM t ORDER BY v <+> '[1,0,2]', id LIMIT 100 OFFSET 0
SELECT id, v <+> '[1,0,2]' AS d FROM t ORDER BY v <+> '[1,0,2]', id LIMIT 5 OFFSET 50
SELECT id, v <+> '[1,0,2]' AS d FROM t ORDER BY v <+> '[1,0,2]', id LIMIT 0 OFFSET 0
SELECT id, v <=> '[0,0,0]' FROM t ORDER BY v <=> '[0,0,0]', id LIMIT 5
SELECT id FROM t ORDER BY v <-> NULL, id LIMIT 3
SELECT id FROM t ORDER BY v <-> '[1,2]' LIMIT 3
SELECT id FROM t ORDER BY v <-> '[1,2,x]' LIMIT 3
SELECT id FROM t ORDER BY v <-> '[1,2]'::vector(3) LIMIT 3
SELECT id FROM t ORDER BY v <-> '[1,2,3]' LIMIT -2
SELECT id FROM t ORDER BY v <-> '[1,2,3]' LIMIT 2 OFFSET -1
SELECT id FROM t ORDER BY v <-> '[1,2,3]', id LIMIT NULL
SELECT id FROM t ORDER BY v <-> '[1,2,3]', id LIMIT ALL OFFSET 50
SELECT id FROM t ORDER BY v <-> (SELECT v FROM t WHERE id = 9), id LIMIT 3
SELECT id FROM t ORDER BY v <-> (SELECT v FROM t WHERE id = 999), id LIMIT 3
SELECT id FROM t ORDER BY v <-> (SELECT v FROM t), id LIMIT 3
SELECT id, 1 - (v <=> '[1,2,3]') s FROM t ORDER BY s DESC, id LIMIT 4
SELECT id, round((v <=> '[1,2,3]')::numeric, 3) FROM t ORDER BY v <=> '[1,2,3]', id LIMIT 4
SELECT id, name || '!' FROM t ORDER BY cosine_distance(v, '[1,2,3]'), id LIMIT 4
SELECT grp, count(*) FROM (SELECT * FROM t ORDER BY v <-> '[1,2,3]', id LIMIT 20) s GROUP BY grp ORDER BY grp
SELECT name FROM t WHERE id = 5
SELECT name FROM t WHERE id = 17
SELECT name FROM t WHERE id = NULL
SELECT id, tags, u, d, ts, tz, price FROM t WHERE id = 7 AND grp = 2
SELECT * FROM t WHERE id = 7 AND grp = 3
SELECT a.id, b.id FROM t a JOIN t b ON b.id = a.grp ORDER BY a.v <-> '[1,2,3]', a.id LIMIT 5
SELECT a.id FROM t a JOIN t b ON b.id = a.grp ORDER BY a.v <-> '[1,2,3]', a.id LIMIT 5
SELECT a.v <-> '[1,2,3]' FROM t a LEFT JOIN t b ON b.id = a.grp ORDER BY a.v <-> '[1,2,3]' LIMIT 9
SELECT id FROM t ORDER BY v <-> ARRAY[1,2,3]::vector, id LIMIT 3
SELECT id FROM t ORDER BY l2_distance(v, '[1,2,3]'), id LIMIT 3
SELECT id FROM t ORDER BY '[1,2,3]' <-> v, id LIMIT 3
SELECT id FROM t ORDER BY v <-> '[1,2,3]' DESC, id LIMIT 3
SELECT DISTINCT grp, v <-> '[1,2,3]' FROM t ORDER BY v <-> '[1,2,3]', grp LIMIT 3
SELECT id, lag(id) OVER (ORDER BY id) FROM t ORDER BY v <-> '[1,2,3]', id LIMIT 3
SELECT id, unnest(tags) FROM t ORDER BY v <-> '[1,2,3]', id LIMIT 3
SELECT -(v <#> '[1,2,3]') FROM t ORDER BY v <#> '[1,2,3]', id LIMIT 3
SELECT id, (v <-> '[1,2,3]') / 0 FROM t ORDER BY v <-> '[1,2,3]', id LIMIT 3
SELECT 'x', NULL, 5, true, id FROM t ORDER BY v <-> '[1,2,3]', id LIMIT 1
SELECT v FROM t ORDER BY v <-> '[1,2,3]', id LIMIT 2
SELECT t.* FROM t ORDER BY v <-> '[1,2,3]', id LIMIT 1
SELECT id FROM t ORDER BY v <-> '[1,2,3]', name, price DESC NULLS LAST, id LIMIT 9
SELECT id FROM t ORDER BY v <-> '[1,2,3]', name NULLS FIRST, d DESC LIMIT 9
SELECT (SELECT id FROM t ORDER BY v <-> '[1,2,3]', id LIMIT 1)
SELECT a.id, l.id FROM t a CROSS JOIN LATERAL (SELECT b.id FROM t b WHERE b.id <> a.id ORDER BY b.v <-> a.v, b.id LIMIT 2) l WHERE a.id < 3 ORDER BY 1, 2
SELECT id FROM t ORDER BY v <-> '[1,2,3]' + 1 LIMIT 2
SELECT id FROM t ORDER BY v <-> v, id LIMIT 2
SELECT id FROM t WHERE v <-> '[1,2,3]' < 2 ORDER BY v <-> '[1,2,3]', id LIMIT 5
SELECT count(*) FROM t WHERE v <-> '[1,2,3]' < 3
SELECT id FROM t WHERE id/0 = 1 ORDER BY v <-> '[1,2,3]' LIMIT 2
SELECT id FROM t WHERE id * 2000000000 > 1 ORDER BY v <-> '[1,2,3]' LIMIT 2
SELECT id, name FROM t
SELECT id, name FROM t ORDER BY id
SELECT id FROM t WHERE grp = 2
SELECT id, price FROM t WHERE grp = 2 ORDER BY price, id
SELECT id, price FROM t ORDER BY price DESC, id LIMIT 12
SELECT id, price FROM t ORDER BY price DESC NULLS LAST, id LIMIT 12
SELECT id, price FROM t ORDER BY price NULLS FIRST, id LIMIT 12
SELECT name, id FROM t ORDER BY name, id
SELECT name, id FROM t ORDER BY name DESC, id LIMIT 25
SELECT name, id FROM t ORDER BY 1 NULLS FIRST, 2 DESC LIMIT 25 OFFSET 3
SELECT id, f FROM t ORDER BY f DESC, id LIMIT 6
SELECT id, f FROM t ORDER BY f, id
SELECT id, r FROM t ORDER BY r DESC LIMIT 4
SELECT ok, id FROM t ORDER BY ok DESC, id DESC LIMIT 30
SELECT id, d FROM t ORDER BY d DESC LIMIT 3
SELECT id, ts FROM t ORDER BY ts LIMIT 3
SELECT id, tz FROM t ORDER BY tz DESC LIMIT 3
SELECT u FROM t ORDER BY u LIMIT 4
SELECT u FROM t ORDER BY u DESC OFFSET 50
SELECT n FROM t ORDER BY n DESC LIMIT 4
SELECT grp AS g, id FROM t ORDER BY g, id DESC LIMIT 9
SELECT id FROM t WHERE id > 10 ORDER BY grp, name DESC, id LIMIT ALL OFFSET 2
SELECT id FROM t ORDER BY id LIMIT NULL
SELECT id FROM t ORDER BY id LIMIT 0
SELECT id FROM t ORDER BY id OFFSET 1000
SELECT id FROM t ORDER BY id LIMIT -1
SELECT id FROM t WHERE name LIKE 'N1%' ORDER BY id
SELECT id FROM t WHERE f = 'NaN' ORDER BY id
SELECT id FROM t WHERE tags @> '{x}' ORDER BY id
SELECT id FROM t WHERE id / 0 = 1
SELECT id FROM t WHERE false
SELECT id FROM t WHERE NULL
SELECT count(*) FROM t
SELECT count(*) FROM t WHERE false
SELECT count(*) FROM t WHERE grp = 2
SELECT count(id) AS n FROM t WHERE name IS NULL
SELECT count(name) FROM t
SELECT count(*) FROM t WHERE price > 10 AND name <> 'N3'
SELECT count(*) FROM t WHERE f > 3
SELECT count(*) FROM t WHERE id / 0 = 1
SELECT count(*) FROM t WHERE id IN (SELECT id FROM t WHERE grp = 1)
SELECT count(*) FROM t WHERE d > (SELECT max(d) FROM t) - 10
SELECT id FROM t WHERE d > (SELECT max(d) FROM t) - 3 ORDER BY id
SELECT 1
SELECT 1, 'x', NULL, true, 1.50, -7, 3000000000, 123456789012345678901234567890
SELECT 1 WHERE false
SELECT 1 LIMIT 0
SELECT 'x'::text, 'y'::varchar, 'abc'::varchar(2), 'ab'::char(4)
SELECT '5'::int + 1, 7 / 2, -7 / 2, 7 % -2, -7 % 2, - (3 + 4), 2 * 3 - 1
SELECT 1 / 0
SELECT 7 % 0
SELECT 2147483647 + 1
SELECT -2147483648 - 1
SELECT 2147483647::bigint + 1, 2147483647 * 2::bigint
SELECT 9223372036854775807 + 1
SELECT 32767::smallint + 1::smallint
SELECT - (-2147483648)
SELECT (-2147483648)::int / -1
SELECT 1 + NULL, NULL::int * 2, NULL::text || 'x'
SELECT 'a' || 'b' || 'c', 'a' || 5
SELECT 5::text, true::text, 1.50::text, 70000::smallint
SELECT 3000000000::int
SELECT 1.5::int, 2.5::int, -2.5::int, 1.5::float8::int, 2.5::float8::int
SELECT 1e10, 1.5e-3, .5, 100::numeric(5,2), 1.239::numeric(5,2)
SELECT 12345::numeric(5,2)
SELECT 'x'::int
SELECT '2024-01-05'::date, '2024-01-05 10:00'::timestamp, '10:00'::time, '1 day'::interval::text
SELECT '{1,2}'::int[], '[1,2,3]'::vector, '{"a": 1}'::jsonb, '00000000-0000-0000-0000-000000000001'::uuid
SELECT 1 = 1, 1 < 2, 'a' = 'b'
SELECT 2.5 + 1, 1.5::float8 * 2, 1 + 1.5
SELECT current_schema(), current_schemas(true), current_setting('nosuch.x', true)
SELECT current_setting('nosuch.x')
SELECT current_setting(NULL)
SELECT set_config('my.key', 'v', false), current_setting('my.key')
SELECT quote_literal('it''s'), quote_ident('A b'), pg_size_pretty(123456789::bigint)
SELECT pg_encoding_to_char(6), pg_is_in_recovery(), pg_client_encoding()
SELECT now() = now(), (now() - now())::text, current_date = now()::date
SELECT coalesce(1, 2), greatest(1, 2), upper('a'), abs(-3)
SELECT currval('nosuch')
SELECT nextval('t')
SELECT nosuch()
SELECT 1 AS a, 2 AS a
SELECT (SELECT 1), (SELECT 1 + 1)
SELECT id FROM t WHERE id = 3 + 2
SELECT id FROM t ORDER BY id LIMIT 1 + 1 OFFSET 2 * 2
SELECT unnest(ARRAY[1, 2])
SELECT count(*)
SELECT 1 UNION SELECT 2 ORDER BY 1
SELECT * FROM (SELECT 1 AS a, 'x' AS b) s
SELECT pg_typeof(1)::text, pg_typeof('x')::text, pg_typeof(1.5)::text
SELECT 't'::regclass = 't'::regclass
