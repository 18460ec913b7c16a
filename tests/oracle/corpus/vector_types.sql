-- One statement a line; test_vector_types.py runs them on PostgreSQL with pgvector and on vecsql.
-- expressions
select '[70000]'::vector::halfvec
select '[1234567]'::vector::halfvec
select '[1e20]'::vector::halfvec
select '[1e-20,1]'::vector::halfvec
select array[70000]::halfvec
select array[1e10::float8]::halfvec
select array[1.5,2.5]::halfvec(3)
select array[1,null]::halfvec
select array[1,null]::sparsevec
select '{}'::int[]::halfvec
select '{}'::int[]::sparsevec
select '{}'::int[]::vector
select array['NaN'::float4]::halfvec
select array['NaN'::float8]::sparsevec
select array['inf'::float8]::sparsevec
select array[1e39::float8]::vector
select array[1e39::float8]::sparsevec
select array[1e39::float8]::halfvec
select array[1e-50::float8]::sparsevec
select array[1,0,2]::sparsevec
select array[1,0,2]::sparsevec(4)
select '[1,0,2]'::vector::sparsevec
select '[1,0,2]'::halfvec::sparsevec
select '{1:1,3:70000}/3'::sparsevec::halfvec
select '{1:1,3:1e-9}/3'::sparsevec::halfvec
select '[1e-9,1]'::vector::halfvec::sparsevec
select '{1:1,3:2}/3'::sparsevec::vector
select '{1:1,3:2}/20000'::sparsevec::vector
select '{1:1,3:2}/20000'::sparsevec::halfvec
select '{1:1,3:2}/3'::sparsevec::vector(4)
select '{1:1,3:2}/3'::sparsevec::real[]
select '[1,2]'::halfvec::real[]
select '[1,2]'::halfvec::vector
select '[1,2]'::halfvec <-> '[3,3]'
select '[1,2]'::halfvec <-> '[3,3]'::vector
select '[1,2]'::vector <-> '{1:1}/2'::sparsevec
select '[1,2]'::halfvec <-> '{1:1}/2'::sparsevec
select '[1,2]'::halfvec = '[1,2]'::vector
select '[1,2]'::halfvec <-> '[3,3,3]'
select '[1,2]'::halfvec <#> '[3,3]', '[1,2]'::halfvec <=> '[3,3]', '[1,2]'::halfvec <+> '[3,3]'
select '[65504,65504]'::halfvec <-> '[-65504,-65504]', '[65504,65504]'::halfvec <=> '[-65504,-65504]', '[65504,65504]'::halfvec <#> '[-65504,-65504]'
select '[0,0]'::halfvec <=> '[1,1]'
select '[65504]'::halfvec + '[65504]'
select '[0.0001]'::halfvec * '[0.0001]'
select '[1,2]'::halfvec + '[65504,0.1]', '[1,2]'::halfvec - '[0.3,0.1]', '[1,2]'::halfvec * '[0.3,0.1]', '[1,2]'::halfvec || '[0.3,0.1]'
select '[1,2]'::halfvec + '[1]'
select '[1,2]'::halfvec < '[1,3]', '[1,2]'::halfvec < '[1]', '[1]'::halfvec < '[1,2]'
select l2_norm('[3,4]'::halfvec), l2_normalize('[3,4]'::halfvec), l2_normalize('[0,0]'::halfvec), vector_dims('[3,4]'::halfvec), subvector('[1,2,3,4,5]'::halfvec, 2, 3)
select l2_norm('[65504,65504]'::halfvec), vector_norm('[1,2]'::halfvec)
select subvector('[1,2,3,4,5]'::halfvec, 7, 3)
select subvector('[1,2,3,4,5]'::halfvec, 2, 0)
select binary_quantize('[1,0,-1,0.5,-0]'::vector), binary_quantize('[1,0,-1,0.5,-0]'::halfvec)
select binary_quantize('[1,0,-1]'::vector)::bit(4)
select hamming_distance(B'1010', B'1100'), jaccard_distance(B'1010', B'1100'), B'1010' <~> B'1100', B'1010' <%> B'1100', B'0000' <%> B'0000', B'1010' <%> B'0101'
select B'101' <~> B'10'
select B'101' <~> '100', '100' <~> '101'
select B'101'::varbit <~> B'111'
select '{1:1,3:2}/3'::sparsevec <-> '{1:1,2:2}/3', '{1:1,3:2}/3'::sparsevec <#> '{1:1,2:2}/3', '{1:1,3:2}/3'::sparsevec <=> '{1:1,2:2}/3', '{1:1,3:2}/3'::sparsevec <+> '{1:1,2:2}/3'
select '{}/3'::sparsevec <=> '{1:1,2:2}/3'
select '{1:1}/3'::sparsevec <-> '{1:1,2:2}/4'
select l2_norm('{1:3,2:4}/3'::sparsevec), l2_normalize('{1:3,2:4}/3'::sparsevec), l2_normalize('{}/3'::sparsevec)
select '{1:1}/3'::sparsevec + '{1:1,2:2}/3'
select '{1:1}/3'::sparsevec < '{1:1,2:2}/3', '{1:1}/3'::sparsevec < '{2:-1}/3','{1:1}/3'::sparsevec < '{1:1}/4', '{1:1}/3'::sparsevec < '{1:1,4:-1}/4','{1:1}/3'::sparsevec = '{1:1}/3'
select vector_dims('{1:1}/3'::sparsevec)
select l2_normalize('{1:1e38,2:1e38}/3'::sparsevec)
select l2_norm('{1:1e38,2:1e38}/3'::sparsevec), '{1:1e38,2:1e38}/3'::sparsevec <-> '{}/3'
select avg(h), sum(h) from (values ('[1,2]'::halfvec), ('[3,5]'), (null)) t(h)
select sum(h) from (values ('[65504]'::halfvec), ('[65504]')) t(h)
select avg(h) from (values ('[65504]'::halfvec), ('[65504]')) t(h)
select avg(h) from (values ('[1,2]'::halfvec), ('[3]')) t(h)
select sum(h) from (values ('[1,2]'::halfvec), ('[3]')) t(h)
select avg(h) from (values ('[1,2]'::vector), ('[3]')) t(h)
select sum(h) from (values ('[1,2]'::vector), ('[3]')) t(h)
select avg(h), sum(h) from (values ('[1,2]'::halfvec), ('[3,5]')) t(h) where false
select sum(h) from (values ('{1:1}/3'::sparsevec)) t(h)
select min(h) from (values ('[1,2]'::halfvec)) t(h)
select h from (values ('[1,2]'::halfvec), ('[1]'), ('[0,5]')) t(h) order by h
select h from (values ('{1:1}/3'::sparsevec), ('{1:-1}/3'), ('{2:4}/3'), ('{2:-4}/3'), ('{}/3'),('{1:1,2:2}/3')) t(h) order by h
select h, count(*) from (values ('{1:1}/3'::sparsevec), ('{1:1}/3')) t(h) group by h
select distinct h from (values ('[1,2]'::halfvec), ('[1,2]')) t(h)
select array_agg(h) from (values ('[1,2]'::halfvec), ('[1,2]')) t(h)
select array_agg(h) from (values ('{1:1}/3'::sparsevec), ('{1:1}/3')) t(h)
select '{"[1,2]","[3,4]"}'::halfvec[]
select '{"{1:1,2:3}/3"}'::sparsevec[]
select halfvec '[1,2]', sparsevec '{1:1}/2', pg_typeof('[1,2]'::halfvec(2)), format_type('halfvec'::regtype, 3), format_type('sparsevec'::regtype, 3)
select '[1,2]'::halfvec::text, '{1:1}/2'::sparsevec::text, '[1,2]'::text::halfvec
select '[1,2]'::halfvec::sparsevec(3)
select l2_distance('[1,2]'::halfvec,'[3,4]'), inner_product('[1,2]'::halfvec,'[3,4]'), cosine_distance('[1,2]'::halfvec,'[3,4]'), l1_distance('[1,2]'::halfvec,'[3,4]')
select l2_distance('[1,2]','[3,4]')
select '[1,2]' <-> '[3,4]'
select l2_normalize('[1,2]')
select binary_quantize('[1,2]')
select halfvec_l2_squared_distance('[1,2]','[3,4]'), sparsevec_l2_squared_distance('{1:1}/2','{1:2}/2'), vector_l2_squared_distance('[1,2]','[3,4]')
select hamming_distance('101','100')
select bit_count(B'101'), length(B'101'), B'101' & B'110', B'101' | B'010', B'101' # B'111', ~B'101', B'101' || B'1'
select to_json('[1,2]'::halfvec), to_json('{1:1}/2'::sparsevec)
-- casts, explicit and on assignment
select '101'::bit(4), B'101'::bit(2), '101'::varbit(2), B'101'::varbit(4)
create table tb(b bit(4), h halfvec(2), s sparsevec(3), v vector(2))
insert into tb(b) values ('101')
insert into tb(b) values (B'101')
insert into tb(b) values (B'1010'::varbit)
insert into tb(h) values ('[1,2]'::vector), (array[1,2]), ('{1:1}/2'::sparsevec)
insert into tb(h) values ('[1,2]'::vector)
insert into tb(h) values ('[1,2,3]'::vector)
insert into tb(h) values (array[1,2,3])
insert into tb(h) values ('[1,2,3]'::vector(3))
insert into tb(h) values (array[1.5,2])
insert into tb(h) values ('{1:1}/2'::sparsevec)
insert into tb(s) values ('[1,2]'::vector)
insert into tb(s) values ('[1,2,3]'::vector), ('[1,2,3]'::halfvec)
insert into tb(s) values (array[1,2,3])
insert into tb(v) values ('[1,2]'::halfvec)
insert into tb(v) values ('{1:1}/2'::sparsevec)
insert into tb(v) values ('1')
insert into tb(v) values (1)
insert into tb(h) values (1)
insert into tb(h) values ('x'::text)
select * from tb
select h::text::halfvec from tb where h is not null
select '[1,2]'::vector::halfvec(3)
select 1::halfvec
select '[1,2]'::halfvec::int[]
select '[1,2]'::vector::int[]
select '[1,2]'::vector::float8[]
select '[1,2]'::halfvec::float8[]
select array['[1,2]'::halfvec]::vector[]
select array_to_halfvec(array[1,2],2,true), vector_to_halfvec('[1,2]',2,true), halfvec_to_float4('[1,2]',2,true)
select B'101' = B'101', B'101' < B'11'
-- tables
create table t (id int primary key, h halfvec(3), s sparsevec(5), b bit(6), h2 halfvec, s2 sparsevec, ha halfvec[], sa sparsevec[])
insert into t values (1, '[1,2,3]', '{1:1,3:2}/5', '101010', '[1,2]', '{1:1}/9', '{"[1,2]"}', '{"{1:1}/2"}')
insert into t values (2, '[2,2,3]', '{2:1,3:2}/5', '111010', '[1,2,4]', '{1:1}/8', '{"[1,2]","[1]"}', '{"{1:1}/2",NULL}'), (3, '[-2,2,3.5]', '{}/5', '011010', '[1]', '{}/8', '{}', null), (4, null,null,null,null,null,null,null)
insert into t values (5, '[0,0,0]', '{5:-1}/5', '000000', null, null, null, null)
select * from t order by id
select id, h <-> '[1,1,1]' from t order by h <-> '[1,1,1]' limit 3
select id, h <=> '[1,1,1]' from t order by h <=> '[1,1,1]' limit 10
select id, h <#> '[1,1,1]' from t order by h <#> '[1,1,1]' limit 3
select id, h <+> '[1,1,1]' from t order by h <+> '[1,1,1]', id limit 3
select id, h <-> '[1,1,1]'::vector from t order by h <-> '[1,1,1]'::vector limit 3
select id, s <-> '{1:1}/5' from t order by s <-> '{1:1}/5' limit 10
select id, s <=> '{1:1}/5' from t order by s <=> '{1:1}/5', id limit 10
select id, s <#> '{1:1}/5' from t order by s <#> '{1:1}/5',id limit 10
select id, s <+> '{1:1}/5' from t order by s <+> '{1:1}/5', id limit 10
select id, s <-> '[1,1,0,0,0]'::vector from t order by s <-> '[1,1,0,0,0]'::vector, id limit 10
select id, b <~> '101011' from t order by b <~> '101011' limit 10
select id, b <%> '101011' from t order by b <%> '101011' limit 10
select id from t order by b <~> '1010111' limit 10
select id from t order by h <-> '[1,2]' limit 10
select id from t order by s <-> '{1:1}/6' limit 10
select id, h2 <-> '[1,2]' from t where id = 1 order by h2 <-> '[1,2]' limit 10
select id from t where h <-> '[1,1,1]' < 2 order by h <-> '[1,1,1]' limit 5
select id from t where id > 1 and h is not null order by h <-> '[1,1,1]' limit 5 offset 1
select avg(h), sum(h) from t
select id from t order by h
select id from t order by s
select distinct s from t order by s
select distinct h from t order by h
select s, count(*) from t group by s order by s
select h, count(*) from t group by h order by h
update t set h = h + '[1,1,1]', s = l2_normalize(s) where id = 2 returning *
update t set h = '[1,2]' where id = 2
select t1.id, t2.id from t t1 cross join lateral (select id from t t2 order by t1.h <-> t2.h limit 2) t2 order by 1, 2
select id from t order by h <-> (select h from t where id = 1) limit 2
select binary_quantize(h), binary_quantize(h)::bit(3) <~> '101' from t order by id
select id from t order by binary_quantize(h)::bit(3) <~> '101', id limit 3
select h = '[1,2,3]', h::vector, h::vector::halfvec, h::sparsevec, s::vector, s::halfvec from t order by id
select h::vector(3) <-> '[1,1,1]' from t order by id
select id from t where h = '[1,2,3]'
select id from t where h in ('[1,2,3]', '[-2,2,3.5]')
select id from t where s = '{1:1,3:2}/5'
select id from t where s in ('{1:1,3:2}/5', '{}/5')
select array_agg(h order by id), array_agg(s order by id) from t
select coalesce(h, '[9,9,9]'), greatest(h, '[1,1,1]') from t order by id
select max(id) from t where h < '[2,0,0]'
create index on t (h)
create unique index on t (s)
alter table t add column hh halfvec(2) default '[1,2]'
select hh from t limit 1
alter table t alter column h type vector(3)
select h from t order by id
alter table t alter column h type halfvec(3)
select pg_typeof(h), pg_typeof(s), pg_typeof(b), pg_typeof(ha) from t limit 1
select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum
create table t5 as select id, h, s, b from t
select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = 't5'::regclass and attnum > 0 order by attnum
insert into t (id, h) values (10, '[1,2,70000]')
insert into t (id, h) values (10, array[1,2,70000])
insert into t (id, s) values (10, '{1:1}/6')
insert into t (id, s) values (10, array[1,2])
select h::text, s::text, b::text from t order by id
select to_jsonb(t) - 'id' from t where id = 1
select row(h, s) from t where id = 1
with x as (select * from t order by h <-> '[1,2,3]' limit 2) select count(*) from x
-- keys and the catalog
create table u (id int, h halfvec(2), s sparsevec(3), b bit(4))
create index on u (h)
create unique index on u (s)
create unique index on u (h)
create unique index on u (b)
insert into u values (1, '[1,2]', '{1:1}/3', '1010')
insert into u values (2, '[1,2]', '{1:2}/3', '1011')
insert into u values (2, '[1,3]', '{1:1}/3', '1011')
insert into u values (2, '[1,3]', '{1:2}/3', '1010')
insert into u values (2, '[1,3]', '{1:2}/3', '1011')
select * from u where h = '[1,3]'
select * from u where s = '{1:1}/3'
select * from u where b = '1010'
insert into u values (2, '[1,3]', '{1:2}/3', '1010') on conflict (h) do update set id = excluded.id + 1 returning *
create index on u using hash (h)
select t.typname, t.typlen, t.typcategory, t.typtype from pg_type t where typname in ('halfvec','sparsevec','_halfvec','_sparsevec') order by 1
-- expressions over columns, in every place that searches
create table x (id int primary key, g int, e vector(4), h halfvec(4), b bit(4))
insert into x values (1, 1, '[1,2,-3,4]', '[1,2,-3,4]', '1101'), (2, 1, '[-1,2,3,4]', '[1,0,0,0]', '0111'), (3, 2, '[0,0,0,0]', '[0,0,0,0]', '0000'), (4, 2, null, null, null), (5, 2, '[5,5,5,5]', '[5,5,5,5]', '1111')
select id from x where subvector(e, 1, 2) <-> '[1,2]' < 3 order by id
select id from x where binary_quantize(e) <~> '1101' < 2 order by id
select id from x where h <=> '[1,1,1,1]' >= 0.1 order by id
select id from x where b <~> '1101' <= 2 order by b <~> '1101', id limit 3
select id from x where e::halfvec(4) <-> '[1,2,3,4]' < 9 order by e::halfvec(4) <-> '[1,2,3,4]', id limit 3
select distinct on (g) g, id from x order by g, subvector(e, 1, 2) <-> '[-1,2]'
select distinct on (g) g, id from x order by g, h <-> '[1,0,0,0]'
select a.id, n.id from x a cross join lateral (select id from x c order by c.h <-> a.h, id limit 1) n order by 1
select a.id, n.id from x a cross join lateral (select id from x c order by c.e::halfvec(4) <-> a.h, id limit 1) n order by 1
select a.id, n.id from x a cross join lateral (select id from x c order by binary_quantize(c.e) <~> a.b, id limit 1) n order by 1
select id, 1 - (h <=> '[1,1,1,1]') from x where 1 - (h <=> '[1,1,1,1]') > 0.4 order by h <=> '[1,1,1,1]', id limit 9
