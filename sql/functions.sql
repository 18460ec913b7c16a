-- Functions of the system catalog as DuckDB macros. The line before a macro is its signature in
-- PostgreSQL's types and the macro's name; overloads are tried in the order given.

-- : pg_function_is_visible(oid) -> boolean = vs_is_visible
-- : pg_operator_is_visible(oid) -> boolean = vs_is_visible
-- : pg_opclass_is_visible(oid) -> boolean = vs_is_visible
-- : pg_opfamily_is_visible(oid) -> boolean = vs_is_visible
-- : pg_collation_is_visible(oid) -> boolean = vs_is_visible
-- : pg_conversion_is_visible(oid) -> boolean = vs_is_visible
-- : pg_statistics_obj_is_visible(oid) -> boolean = vs_is_visible
-- : pg_ts_config_is_visible(oid) -> boolean = vs_is_visible
-- : pg_ts_dict_is_visible(oid) -> boolean = vs_is_visible
-- : pg_ts_parser_is_visible(oid) -> boolean = vs_is_visible
-- : pg_ts_template_is_visible(oid) -> boolean = vs_is_visible
CREATE OR REPLACE MACRO vs_is_visible(o) AS (o IS NOT NULL);

-- Expressions are kept as printed text.
-- : pg_get_expr(pg_node_tree, oid) -> text = vs_get_expr_2
CREATE OR REPLACE MACRO vs_get_expr_2(expression, relation) AS (expression);

-- int2vector and oidvector count from 0, arrays from 1.
-- : generate_subscripts(int2vector, integer) -> setof integer = vs_vector_subscripts
-- : generate_subscripts(oidvector, integer) -> setof integer = vs_vector_subscripts
CREATE OR REPLACE MACRO vs_vector_subscripts(a, dimension) AS
    (CASE WHEN dimension = 1 THEN CAST(range(0, len(a)) AS INTEGER[]) ELSE [] END);

-- : generate_subscripts(anyarray, integer) -> setof integer = vs_subscripts
CREATE OR REPLACE MACRO vs_subscripts(a, dimension) AS
    (CASE WHEN dimension = 1 THEN CAST(range(1, len(a) + 1) AS INTEGER[]) ELSE [] END);

-- : pg_get_statisticsobjdef_expressions(oid) -> text[] = vs_no_texts
CREATE OR REPLACE MACRO vs_no_texts(o) AS (CAST(NULL AS VARCHAR[]));

-- : pg_collation_for(anyelement) -> text = vs_collation_for
CREATE OR REPLACE MACRO vs_collation_for(x) AS ('"default"');

-- : pg_filenode_relation(oid, oid) -> regclass = vs_filenode_relation
CREATE OR REPLACE MACRO vs_filenode_relation(tablespace, filenode) AS (filenode);

-- : pg_relation_filenode(regclass) -> oid = vs_relation_filenode
CREATE OR REPLACE MACRO vs_relation_filenode(o) AS (o);

-- : pg_get_replica_identity_index(regclass) -> regclass = vs_no_oid
CREATE OR REPLACE MACRO vs_no_oid(o) AS (CAST(NULL AS BIGINT));

-- : pg_get_partition_strategy(oid) -> text = vs_no_text
CREATE OR REPLACE MACRO vs_no_text(o) AS (CAST(NULL AS VARCHAR));

-- : pg_index_column_has_property(regclass, integer, text) -> boolean = vs_index_column_property
CREATE OR REPLACE MACRO vs_index_column_property(index, col, property) AS
    (CASE WHEN property IN ('orderable', 'asc', 'nulls_last', 'returnable') THEN true
          WHEN property IN ('desc', 'nulls_first', 'distance_orderable') THEN false END);

-- : pg_lsn_out(text) -> text = vs_same
CREATE OR REPLACE MACRO vs_same(x) AS (x);
