-- Statements in the manner of drivers, ORMs and tools, in the form that captured.py reads.
-- x1
SELECT typname AS name, oid, typarray AS array_oid, oid::regtype::text AS regtype, typdelim AS delimiter
FROM pg_type t WHERE t.oid = to_regtype($1) ORDER BY t.oid;

-- x1
SELECT typname, oid FROM pg_type WHERE typname IN ('vector', 'int4');

-- x1
SELECT t.oid, t.typelem AS elemtype, t.typtype AS kind FROM pg_catalog.pg_type AS t
INNER JOIN pg_catalog.pg_namespace ns ON ns.oid = t.typnamespace WHERE t.typname = 'vector' AND ns.nspname = 'public';

-- x1
WITH RECURSIVE tree(oid, name, elemtype, depth) AS (
    SELECT ti.oid, ti.typname, ti.typelem, 0 FROM pg_catalog.pg_type AS ti WHERE ti.oid = any($1::oid[])
    UNION ALL
    SELECT ti.oid, ti.typname, ti.typelem, tt.depth + 1 FROM pg_catalog.pg_type ti, tree tt
    WHERE tt.elemtype IS NOT NULL AND ti.oid = tt.elemtype
) SELECT DISTINCT *, elemtype::regtype::text AS element FROM tree ORDER BY depth DESC;

-- x1
SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class
JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace
WHERE pg_catalog.pg_class.relname = $1::VARCHAR AND pg_catalog.pg_class.relkind = ANY (ARRAY['r', 'p', 'f', 'v', 'm'])
AND pg_catalog.pg_table_is_visible(pg_catalog.pg_class.oid) AND pg_catalog.pg_namespace.nspname != 'pg_catalog';

-- x1
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
    (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) AS default
FROM pg_attribute a WHERE a.attrelid = 'docs'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum;

-- x1
SELECT i.indexrelid::regclass::text, array_agg(a.attname ORDER BY k.ord) AS columns
FROM pg_index i CROSS JOIN LATERAL (SELECT unnest(i.indkey) AS attnum, generate_subscripts(i.indkey, 1) AS ord) k
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum GROUP BY i.indexrelid;

-- x1
SELECT c.conname, c.contype, c.conkey, pg_get_constraintdef(c.oid, true) FROM pg_constraint c
WHERE c.conrelid = 'docs'::regclass::oid ORDER BY c.conname;

-- x1
SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname OPERATOR(pg_catalog.~) '^(docs)$' COLLATE pg_catalog.default
  AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 2, 3;

-- x1
SELECT column_name, data_type, udt_name, is_nullable, column_default FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = 'docs' ORDER BY ordinal_position;

-- x1
SELECT tc.constraint_name, kcu.column_name FROM information_schema.table_constraints tc
JOIN information_schema.key_column_usage kcu USING (constraint_schema, constraint_name)
WHERE tc.constraint_type = 'PRIMARY KEY' AND tc.table_name = 'docs';

-- x1
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = ANY (current_schemas(false)) AND tablename = 'docs';

-- x1
SELECT current_schema(), current_database(), current_user, version(), pg_backend_pid() > 0;

-- x1
SELECT name, setting FROM pg_settings WHERE name = 'server_version_num';

-- x1
SELECT am.amname, oc.opcname, oc.opcintype::regtype FROM pg_opclass oc JOIN pg_am am ON am.oid = oc.opcmethod
WHERE oc.opcname LIKE 'vector%' ORDER BY 1, 2;

-- x1
SELECT e.extname, e.extversion, n.nspname, d.description FROM pg_extension e
LEFT JOIN pg_namespace n ON n.oid = e.extnamespace
LEFT JOIN pg_description d ON d.objoid = e.oid AND d.classoid = 'pg_catalog.pg_extension'::pg_catalog.regclass;

-- x1
SELECT a.attname, pg_get_serial_sequence(c.relname::text, a.attname) FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relname = 'docs' AND a.attnum > 0;

-- x1
SELECT obj_description('docs'::regclass, 'pg_class'), col_description('docs'::regclass, 1),
    has_table_privilege('docs', 'SELECT'), pg_size_pretty(pg_total_relation_size('docs'));

-- x1
SELECT word, catcode FROM pg_catalog.pg_get_keywords() WHERE catcode IN ('R', 'T');

-- x1
SELECT CASE WHEN c.relkind = 'S' THEN c.relname::text ELSE c.oid::regclass::text END
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace;
