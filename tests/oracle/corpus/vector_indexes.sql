-- One statement a line: definitions, names and errors of vector indexes on other types, expressions and some of the rows.
create table items (id int primary key, category int, name text, e vector(4), h halfvec(4), s sparsevec(9), b bit(8), live bool)
create index on items using hnsw ((e::halfvec(4)) halfvec_l2_ops)
create index on items using hnsw ((binary_quantize(e)::bit(4)) bit_hamming_ops)
create index on items using hnsw (e vector_l2_ops) where (category = 3)
create index on items using hnsw (e vector_cosine_ops) where category = 3 and live
create index on items using hnsw (e vector_l1_ops) with (m = 8) where name is not null
create index on items using hnsw (h halfvec_cosine_ops)
create index on items using hnsw (h halfvec_l1_ops)
create index on items using hnsw (s sparsevec_ip_ops)
create index on items using hnsw (b bit_jaccard_ops)
create index on items using hnsw (b bit_hamming_ops)
create index on items using hnsw ((subvector(e, 1, 2)::vector(2)) vector_ip_ops)
create index ni on items using hnsw ((l2_normalize(e)::vector(4)) vector_ip_ops)
select indexname, indexdef from pg_indexes where tablename = 'items' order by 1
select attrelid::regclass::text, attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid in (select indexrelid from pg_index where indrelid = 'items'::regclass) order by 1, attnum
select pg_get_indexdef(indexrelid, 1, true) from pg_index where indrelid = 'items'::regclass order by indexrelid::regclass::text
select pg_get_expr(indpred, indrelid) from pg_index where indrelid = 'items'::regclass order by indexrelid::regclass::text
create index on items using hnsw ((binary_quantize(e)) bit_hamming_ops)
create index on items using hnsw ((e::halfvec) halfvec_l2_ops)
create index on items using hnsw ((e::halfvec(4)) vector_l2_ops)
create index on items using hnsw ((e::halfvec(4)))
create index on items using hnsw (h vector_l2_ops)
create index on items using hnsw (s halfvec_l2_ops)
create index on items using hnsw (b)
create index on items using hnsw (h)
create index on items using hnsw (s bit_hamming_ops)
create index on items using hnsw (e vector_hamming_ops)
create index on items using hnsw ((nosuch::halfvec(4)) halfvec_l2_ops)
create index on items using hnsw (e vector_l2_ops) where category
create index on items using hnsw (e vector_l2_ops) where nosuch = 3
create index on items using hnsw (e vector_l2_ops) where random() < 0.5
create index on items using hnsw (category vector_l2_ops)
create index on items using hnsw (e vector_l2_ops, h halfvec_l2_ops)
insert into items select g, g % 5, 'n' || g, ('[' || g || ',1,2,' || -g || ']')::vector, null, null, null, true from generate_series(1, 20) g
update items set h = e, b = repeat((id % 2)::text, 8)::bit(8), s = e
update items set s = ('{1:' || id || '}/9')::sparsevec
select id from items order by e::halfvec(4) <-> '[5,1,2,-5]' limit 1
select id, e::halfvec(4) <-> '[5,1,2,-5]' from items where category = 3 order by e::halfvec(4) <-> '[5,1,2,-5]' limit 1
select id from items where category = 3 order by e <-> '[5,1,2,-5]', id limit 3
select id from (select id, e from items order by binary_quantize(e)::bit(4) <~> binary_quantize('[5,1,2,-5]'::vector), id limit 10) t order by e <-> '[5,1,2,-5]' limit 1
select id from items order by subvector(e, 1, 2)::vector(2) <#> '[5,1]' limit 3
select id, binary_quantize(e) <~> '1110', binary_quantize(e)::bit(6) <~> '111000' from items order by binary_quantize(e) <~> '1110', id limit 3
select id from items order by e::halfvec(3) <-> '[5,1,2]' limit 3
alter table items rename column e to emb
select indexname, indexdef from pg_indexes where tablename = 'items' order by 1
select id from items order by emb::halfvec(4) <-> '[5,1,2,-5]' limit 1
alter table items drop column category
select indexname from pg_indexes where tablename = 'items' order by 1
alter table items drop column emb
select indexname from pg_indexes where tablename = 'items' order by 1
