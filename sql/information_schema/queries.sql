-- Views of information_schema, in DuckDB's SQL (see vecsql/catalog/system_views.py). A declared column
-- that a query does not give is NULL.

CREATE VIEW information_schema.information_schema_catalog_name AS
SELECT $database AS catalog_name;

CREATE VIEW information_schema.schemata AS
SELECT $database AS catalog_name, n.nspname AS schema_name,
       vs_pg_get_userbyid_1($state, n.nspowner) AS schema_owner
FROM pg_catalog.pg_namespace n;

CREATE VIEW information_schema.tables AS
SELECT $database AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
       CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'f' THEN 'FOREIGN' ELSE 'BASE TABLE' END AS table_type,
       CASE WHEN c.relkind = 'r' THEN 'YES' ELSE 'NO' END AS is_insertable_into, 'NO' AS is_typed
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'f', 'p');

CREATE VIEW information_schema.columns AS
SELECT $database AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, a.attname AS column_name,
       a.attnum AS ordinal_position,
       CASE WHEN a.attgenerated = '' THEN d.adbin END AS column_default,
       CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable,
       CASE WHEN t.typelem <> 0 AND t.typlen = -1 AND t.typcategory = 'A' THEN 'ARRAY'
            WHEN tn.nspname = 'pg_catalog' THEN vs_format_type_2(a.atttypid, NULL)
            ELSE 'USER-DEFINED' END AS data_type,
       CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod >= 4 THEN a.atttypmod - 4
            WHEN t.typname IN ('bit', 'varbit') AND a.atttypmod >= 0 THEN a.atttypmod
            END AS character_maximum_length,
       CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod >= 4 THEN 4 * (a.atttypmod - 4)
            WHEN t.typname IN ('text', 'varchar', 'bpchar') THEN 1073741824 END AS character_octet_length,
       CASE t.typname WHEN 'int2' THEN 16 WHEN 'int4' THEN 32 WHEN 'int8' THEN 64 WHEN 'float4' THEN 24
            WHEN 'float8' THEN 53
            WHEN 'numeric' THEN CASE WHEN a.atttypmod >= 4 THEN ((a.atttypmod - 4) >> 16) & 65535 END
            END AS numeric_precision,
       CASE WHEN t.typname IN ('int2', 'int4', 'int8', 'float4', 'float8') THEN 2
            WHEN t.typname = 'numeric' THEN 10 END AS numeric_precision_radix,
       CASE WHEN t.typname IN ('int2', 'int4', 'int8') THEN 0
            WHEN t.typname = 'numeric' AND a.atttypmod >= 4 THEN (a.atttypmod - 4) & 2047
            END AS numeric_scale,
       CASE WHEN t.typname = 'date' THEN 0
            WHEN t.typname IN ('time', 'timetz', 'timestamp', 'timestamptz')
            THEN CASE WHEN a.atttypmod < 0 THEN 6 ELSE a.atttypmod END
            WHEN t.typname = 'interval' THEN 6 END AS datetime_precision,
       CASE WHEN co.oid IS NOT NULL THEN $database END AS collation_catalog,
       CASE WHEN co.oid IS NOT NULL THEN 'pg_catalog' END AS collation_schema, co.collname AS collation_name,
       $database AS udt_catalog, tn.nspname AS udt_schema, t.typname AS udt_name,
       CAST(a.attnum AS VARCHAR) AS dtd_identifier, 'NO' AS is_self_referencing,
       CASE WHEN a.attidentity IN ('a', 'd') THEN 'YES' ELSE 'NO' END AS is_identity,
       CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END AS identity_generation,
       CASE WHEN a.attidentity <> '' THEN CAST(s.seqstart AS VARCHAR) END AS identity_start,
       CASE WHEN a.attidentity <> '' THEN CAST(s.seqincrement AS VARCHAR) END AS identity_increment,
       CASE WHEN a.attidentity <> '' THEN CAST(s.seqmax AS VARCHAR) END AS identity_maximum,
       CASE WHEN a.attidentity <> '' THEN CAST(s.seqmin AS VARCHAR) END AS identity_minimum,
       CASE WHEN a.attidentity <> '' AND s.seqcycle THEN 'YES' ELSE 'NO' END AS identity_cycle,
       CASE WHEN a.attgenerated = '' THEN 'NEVER' ELSE 'ALWAYS' END AS is_generated,
       CASE WHEN a.attgenerated <> '' THEN d.adbin END AS generation_expression,
       CASE WHEN c.relkind = 'r' THEN 'YES' ELSE 'NO' END AS is_updatable
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND co.collname <> 'default'
LEFT JOIN pg_catalog.pg_depend dep ON dep.refobjid = c.oid AND dep.refobjsubid = a.attnum
     AND dep.deptype = 'i' AND dep.classid = 1259 AND dep.refclassid = 1259
LEFT JOIN pg_catalog.pg_sequence s ON s.seqrelid = dep.objid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'f', 'p');

CREATE VIEW information_schema.table_constraints AS
SELECT $database AS constraint_catalog, n.nspname AS constraint_schema, c.conname AS constraint_name,
       $database AS table_catalog, n.nspname AS table_schema, r.relname AS table_name,
       CASE c.contype WHEN 'c' THEN 'CHECK' WHEN 'n' THEN 'CHECK' WHEN 'f' THEN 'FOREIGN KEY'
            WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' END AS constraint_type,
       CASE WHEN c.condeferrable THEN 'YES' ELSE 'NO' END AS is_deferrable,
       CASE WHEN c.condeferred THEN 'YES' ELSE 'NO' END AS initially_deferred,
       CASE WHEN c.conenforced THEN 'YES' ELSE 'NO' END AS enforced,
       CASE WHEN c.contype = 'u' THEN CASE WHEN i.indnullsnotdistinct THEN 'NO' ELSE 'YES' END END AS nulls_distinct
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class r ON r.oid = c.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.conindid
WHERE c.contype IN ('c', 'n', 'f', 'p', 'u');

CREATE VIEW information_schema.key_column_usage AS
SELECT $database AS constraint_catalog, k.nspname AS constraint_schema, k.conname AS constraint_name,
       $database AS table_catalog, k.nspname AS table_schema, k.relname AS table_name,
       a.attname AS column_name, k.position AS ordinal_position,
       CASE WHEN k.contype = 'f' THEN k.position END AS position_in_unique_constraint
FROM (SELECT n.nspname, c.conname, c.conrelid, c.contype, r.relname,
             unnest(c.conkey) AS attnum, generate_subscripts(c.conkey, 1) AS position
      FROM pg_catalog.pg_constraint c
      JOIN pg_catalog.pg_class r ON r.oid = c.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
      WHERE c.contype IN ('p', 'u', 'f')) k
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.attnum;

CREATE VIEW information_schema.constraint_column_usage AS
SELECT $database AS table_catalog, k.nspname AS table_schema, k.relname AS table_name,
       a.attname AS column_name, $database AS constraint_catalog, k.nspname AS constraint_schema,
       k.conname AS constraint_name
FROM (SELECT n.nspname, c.conname, r.relname,
             CASE WHEN c.contype = 'f' THEN c.confrelid ELSE c.conrelid END AS relid,
             unnest(CASE WHEN c.contype = 'f' THEN c.confkey ELSE c.conkey END) AS attnum
      FROM pg_catalog.pg_constraint c
      JOIN pg_catalog.pg_class r ON r.oid = CASE WHEN c.contype = 'f' THEN c.confrelid ELSE c.conrelid END
      JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
      WHERE c.contype IN ('c', 'n', 'p', 'u', 'f')) k
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.relid AND a.attnum = k.attnum;

CREATE VIEW information_schema.constraint_table_usage AS
SELECT $database AS table_catalog, n.nspname AS table_schema, r.relname AS table_name,
       $database AS constraint_catalog, n.nspname AS constraint_schema, c.conname AS constraint_name
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class r ON r.oid = c.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
WHERE c.contype IN ('p', 'u');

CREATE VIEW information_schema.referential_constraints AS
SELECT $database AS constraint_catalog, n.nspname AS constraint_schema, c.conname AS constraint_name,
       $database AS unique_constraint_catalog, un.nspname AS unique_constraint_schema,
       u.conname AS unique_constraint_name, 'NONE' AS match_option,
       CASE c.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT'
            WHEN 'r' THEN 'RESTRICT' ELSE 'NO ACTION' END AS update_rule,
       CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT'
            WHEN 'r' THEN 'RESTRICT' ELSE 'NO ACTION' END AS delete_rule
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
LEFT JOIN pg_catalog.pg_constraint u ON u.conindid = c.conindid AND u.contype IN ('p', 'u')
LEFT JOIN pg_catalog.pg_namespace un ON un.oid = u.connamespace
WHERE c.contype = 'f';

CREATE VIEW information_schema.check_constraints AS
SELECT $database AS constraint_catalog, n.nspname AS constraint_schema, c.conname AS constraint_name,
       CASE WHEN c.contype = 'n' THEN a.attname || ' IS NOT NULL'
            ELSE substring(vs_pg_get_constraintdef_1($state, c.oid), 8,
                           length(vs_pg_get_constraintdef_1($state, c.oid)) - 8) END AS check_clause
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype IN ('c', 'n');

CREATE VIEW information_schema.sequences AS
SELECT $database AS sequence_catalog, n.nspname AS sequence_schema, c.relname AS sequence_name,
       vs_format_type_2(s.seqtypid, NULL) AS data_type,
       CASE s.seqtypid WHEN 21 THEN 16 WHEN 23 THEN 32 ELSE 64 END AS numeric_precision,
       2 AS numeric_precision_radix, 0 AS numeric_scale,
       CAST(s.seqstart AS VARCHAR) AS start_value, CAST(s.seqmin AS VARCHAR) AS minimum_value,
       CAST(s.seqmax AS VARCHAR) AS maximum_value, CAST(s.seqincrement AS VARCHAR) AS increment,
       CASE WHEN s.seqcycle THEN 'YES' ELSE 'NO' END AS cycle_option
FROM pg_catalog.pg_sequence s
JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                  WHERE d.classid = 1259 AND d.objid = c.oid AND d.deptype = 'i');

CREATE VIEW information_schema.views AS
SELECT $database AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
       vs_pg_get_viewdef_1($state, c.oid) AS view_definition, 'NONE' AS check_option,
       'NO' AS is_updatable, 'NO' AS is_insertable_into, 'NO' AS is_trigger_updatable,
       'NO' AS is_trigger_deletable, 'NO' AS is_trigger_insertable_into
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v';

CREATE VIEW information_schema.routines AS
SELECT $database AS specific_catalog, n.nspname AS specific_schema, p.proname || '_' || p.oid AS specific_name,
       $database AS routine_catalog, n.nspname AS routine_schema, p.proname AS routine_name,
       CASE p.prokind WHEN 'f' THEN 'FUNCTION' WHEN 'p' THEN 'PROCEDURE' END AS routine_type,
       vs_format_type_2(p.prorettype, NULL) AS data_type, $database AS type_udt_catalog,
       tn.nspname AS type_udt_schema, t.typname AS type_udt_name, '0' AS dtd_identifier,
       'EXTERNAL' AS routine_body, p.prosrc AS routine_definition, p.prosrc AS external_name,
       upper(l.lanname) AS external_language, 'GENERAL' AS parameter_style,
       CASE WHEN p.provolatile = 'i' THEN 'YES' ELSE 'NO' END AS is_deterministic, 'MODIFIES' AS sql_data_access,
       CASE WHEN p.prokind <> 'p' THEN CASE WHEN p.proisstrict THEN 'YES' ELSE 'NO' END END AS is_null_call,
       'YES' AS schema_level_routine, 0 AS max_dynamic_result_sets, 'INVOKER' AS security_type,
       'NO' AS as_locator, 'NO' AS is_udt_dependent
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
LEFT JOIN pg_catalog.pg_type t ON t.oid = p.prorettype
LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace;

CREATE VIEW information_schema.character_sets AS
SELECT 'UTF8' AS character_set_name, 'UCS' AS character_repertoire, 'UTF8' AS form_of_use,
       $database AS default_collate_catalog;

CREATE VIEW information_schema.collations AS
SELECT $database AS collation_catalog, 'pg_catalog' AS collation_schema, c.collname AS collation_name,
       'NO PAD' AS pad_attribute
FROM pg_catalog.pg_collation c;

CREATE VIEW information_schema.element_types AS
SELECT $database AS object_catalog, n.nspname AS object_schema, c.relname AS object_name,
       CASE WHEN c.relkind = 'v' THEN 'VIEW' ELSE 'TABLE' END AS object_type,
       CAST(a.attnum AS VARCHAR) AS collection_type_identifier,
       CASE WHEN tn.nspname = 'pg_catalog' THEN vs_format_type_2(e.oid, NULL) ELSE 'USER-DEFINED' END AS data_type,
       $database AS udt_catalog, tn.nspname AS udt_schema, e.typname AS udt_name,
       'a' || a.attnum AS dtd_identifier
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND t.typcategory = 'A'
JOIN pg_catalog.pg_type e ON e.oid = t.typelem
JOIN pg_catalog.pg_namespace tn ON tn.oid = e.typnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v');

CREATE VIEW information_schema.enabled_roles AS
SELECT $user AS role_name UNION SELECT 'postgres';

CREATE VIEW information_schema.table_privileges AS
SELECT 'postgres' AS grantor, 'postgres' AS grantee, $database AS table_catalog, n.nspname AS table_schema,
       c.relname AS table_name, p.kind AS privilege_type, 'YES' AS is_grantable,
       CASE WHEN p.kind = 'SELECT' THEN 'YES' ELSE 'NO' END AS with_hierarchy
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
     (SELECT unnest(['INSERT', 'SELECT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS kind) p
WHERE c.relkind IN ('r', 'v');

CREATE VIEW information_schema.role_table_grants AS
SELECT * FROM information_schema.table_privileges;

CREATE VIEW information_schema.user_defined_types AS
SELECT $database AS user_defined_type_catalog, n.nspname AS user_defined_type_schema,
       c.relname AS user_defined_type_name, 'STRUCTURED' AS user_defined_type_category,
       'YES' AS is_instantiable
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'c';
