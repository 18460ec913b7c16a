-- The relations of information_schema: columns as in PostgreSQL 18 (domains replaced by their
-- base types), and the OID of each relation. queries.sql defines most; the others are empty.

CREATE TABLE information_schema.sql_features ( -- 12604
    feature_id character varying, feature_name character varying, sub_feature_id character
    varying, sub_feature_name character varying, is_supported character varying, is_verified_by
    character varying, comments character varying
);

CREATE TABLE information_schema.sql_implementation_info ( -- 12609
    implementation_info_id character varying, implementation_info_name character varying,
    integer_value integer, character_value character varying, comments character varying
);

CREATE TABLE information_schema.sql_parts ( -- 12614
    feature_id character varying, feature_name character varying, is_supported character
    varying, is_verified_by character varying, comments character varying
);

CREATE TABLE information_schema.sql_sizing ( -- 12619
    sizing_id integer, sizing_name character varying, supported_value integer, comments
    character varying
);

CREATE VIEW information_schema.administrable_role_authorizations ( -- 12455
    grantee name, role_name name, is_grantable character varying
);

CREATE VIEW information_schema.applicable_roles ( -- 12450
    grantee name, role_name name, is_grantable character varying
);

CREATE VIEW information_schema.attributes ( -- 12459
    udt_catalog name, udt_schema name, udt_name name, attribute_name name, ordinal_position
    integer, attribute_default character varying, is_nullable character varying, data_type
    character varying, character_maximum_length integer, character_octet_length integer,
    character_set_catalog name, character_set_schema name, character_set_name name,
    collation_catalog name, collation_schema name, collation_name name, numeric_precision
    integer, numeric_precision_radix integer, numeric_scale integer, datetime_precision integer,
    interval_type character varying, interval_precision integer, attribute_udt_catalog name,
    attribute_udt_schema name, attribute_udt_name name, scope_catalog name, scope_schema name,
    scope_name name, maximum_cardinality integer, dtd_identifier name,
    is_derived_reference_attribute character varying
);

CREATE VIEW information_schema.character_sets ( -- 12464
    character_set_catalog name, character_set_schema name, character_set_name name,
    character_repertoire name, form_of_use name, default_collate_catalog name,
    default_collate_schema name, default_collate_name name
);

CREATE VIEW information_schema.check_constraint_routine_usage ( -- 12469
    constraint_catalog name, constraint_schema name, constraint_name name, specific_catalog
    name, specific_schema name, specific_name name
);

CREATE VIEW information_schema.check_constraints ( -- 12474
    constraint_catalog name, constraint_schema name, constraint_name name, check_clause
    character varying
);

CREATE VIEW information_schema.collation_character_set_applicability ( -- 12484
    collation_catalog name, collation_schema name, collation_name name, character_set_catalog
    name, character_set_schema name, character_set_name name
);

CREATE VIEW information_schema.collations ( -- 12479
    collation_catalog name, collation_schema name, collation_name name, pad_attribute character
    varying
);

CREATE VIEW information_schema.column_column_usage ( -- 12489
    table_catalog name, table_schema name, table_name name, column_name name, dependent_column
    name
);

CREATE VIEW information_schema.column_domain_usage ( -- 12494
    domain_catalog name, domain_schema name, domain_name name, table_catalog name, table_schema
    name, table_name name, column_name name
);

CREATE VIEW information_schema.column_options ( -- 12716
    table_catalog name, table_schema name, table_name name, column_name name, option_name name,
    option_value character varying
);

CREATE VIEW information_schema.column_privileges ( -- 12499
    grantor name, grantee name, table_catalog name, table_schema name, table_name name,
    column_name name, privilege_type character varying, is_grantable character varying
);

CREATE VIEW information_schema.column_udt_usage ( -- 12504
    udt_catalog name, udt_schema name, udt_name name, table_catalog name, table_schema name,
    table_name name, column_name name
);

CREATE VIEW information_schema.columns ( -- 12509
    table_catalog name, table_schema name, table_name name, column_name name, ordinal_position
    integer, column_default character varying, is_nullable character varying, data_type
    character varying, character_maximum_length integer, character_octet_length integer,
    numeric_precision integer, numeric_precision_radix integer, numeric_scale integer,
    datetime_precision integer, interval_type character varying, interval_precision integer,
    character_set_catalog name, character_set_schema name, character_set_name name,
    collation_catalog name, collation_schema name, collation_name name, domain_catalog name,
    domain_schema name, domain_name name, udt_catalog name, udt_schema name, udt_name name,
    scope_catalog name, scope_schema name, scope_name name, maximum_cardinality integer,
    dtd_identifier name, is_self_referencing character varying, is_identity character varying,
    identity_generation character varying, identity_start character varying, identity_increment
    character varying, identity_maximum character varying, identity_minimum character varying,
    identity_cycle character varying, is_generated character varying, generation_expression
    character varying, is_updatable character varying
);

CREATE VIEW information_schema.constraint_column_usage ( -- 12514
    table_catalog name, table_schema name, table_name name, column_name name, constraint_catalog
    name, constraint_schema name, constraint_name name
);

CREATE VIEW information_schema.constraint_table_usage ( -- 12519
    table_catalog name, table_schema name, table_name name, constraint_catalog name,
    constraint_schema name, constraint_name name
);

CREATE VIEW information_schema.data_type_privileges ( -- 12701
    object_catalog name, object_schema name, object_name name, object_type character varying,
    dtd_identifier name
);

CREATE VIEW information_schema.domain_constraints ( -- 12524
    constraint_catalog name, constraint_schema name, constraint_name name, domain_catalog name,
    domain_schema name, domain_name name, is_deferrable character varying, initially_deferred
    character varying
);

CREATE VIEW information_schema.domain_udt_usage ( -- 12529
    udt_catalog name, udt_schema name, udt_name name, domain_catalog name, domain_schema name,
    domain_name name
);

CREATE VIEW information_schema.domains ( -- 12533
    domain_catalog name, domain_schema name, domain_name name, data_type character varying,
    character_maximum_length integer, character_octet_length integer, character_set_catalog
    name, character_set_schema name, character_set_name name, collation_catalog name,
    collation_schema name, collation_name name, numeric_precision integer,
    numeric_precision_radix integer, numeric_scale integer, datetime_precision integer,
    interval_type character varying, interval_precision integer, domain_default character
    varying, udt_catalog name, udt_schema name, udt_name name, scope_catalog name, scope_schema
    name, scope_name name, maximum_cardinality integer, dtd_identifier name
);

CREATE VIEW information_schema.element_types ( -- 12706
    object_catalog name, object_schema name, object_name name, object_type character varying,
    collection_type_identifier name, data_type character varying, character_maximum_length
    integer, character_octet_length integer, character_set_catalog name, character_set_schema
    name, character_set_name name, collation_catalog name, collation_schema name, collation_name
    name, numeric_precision integer, numeric_precision_radix integer, numeric_scale integer,
    datetime_precision integer, interval_type character varying, interval_precision integer,
    udt_catalog name, udt_schema name, udt_name name, scope_catalog name, scope_schema name,
    scope_name name, maximum_cardinality integer, dtd_identifier name
);

CREATE VIEW information_schema.enabled_roles ( -- 12538
    role_name name
);

CREATE VIEW information_schema.foreign_data_wrapper_options ( -- 12724
    foreign_data_wrapper_catalog name, foreign_data_wrapper_name name, option_name name,
    option_value character varying
);

CREATE VIEW information_schema.foreign_data_wrappers ( -- 12728
    foreign_data_wrapper_catalog name, foreign_data_wrapper_name name, authorization_identifier
    name, library_name character varying, foreign_data_wrapper_language character varying
);

CREATE VIEW information_schema.foreign_server_options ( -- 12736
    foreign_server_catalog name, foreign_server_name name, option_name name, option_value
    character varying
);

CREATE VIEW information_schema.foreign_servers ( -- 12740
    foreign_server_catalog name, foreign_server_name name, foreign_data_wrapper_catalog name,
    foreign_data_wrapper_name name, foreign_server_type character varying,
    foreign_server_version character varying, authorization_identifier name
);

CREATE VIEW information_schema.foreign_table_options ( -- 12749
    foreign_table_catalog name, foreign_table_schema name, foreign_table_name name, option_name
    name, option_value character varying
);

CREATE VIEW information_schema.foreign_tables ( -- 12753
    foreign_table_catalog name, foreign_table_schema name, foreign_table_name name,
    foreign_server_catalog name, foreign_server_name name
);

CREATE VIEW information_schema.information_schema_catalog_name ( -- 12441
    catalog_name name
);

CREATE VIEW information_schema.key_column_usage ( -- 12542
    constraint_catalog name, constraint_schema name, constraint_name name, table_catalog name,
    table_schema name, table_name name, column_name name, ordinal_position integer,
    position_in_unique_constraint integer
);

CREATE VIEW information_schema.parameters ( -- 12547
    specific_catalog name, specific_schema name, specific_name name, ordinal_position integer,
    parameter_mode character varying, is_result character varying, as_locator character varying,
    parameter_name name, data_type character varying, character_maximum_length integer,
    character_octet_length integer, character_set_catalog name, character_set_schema name,
    character_set_name name, collation_catalog name, collation_schema name, collation_name name,
    numeric_precision integer, numeric_precision_radix integer, numeric_scale integer,
    datetime_precision integer, interval_type character varying, interval_precision integer,
    udt_catalog name, udt_schema name, udt_name name, scope_catalog name, scope_schema name,
    scope_name name, maximum_cardinality integer, dtd_identifier name, parameter_default
    character varying
);

CREATE VIEW information_schema.referential_constraints ( -- 12552
    constraint_catalog name, constraint_schema name, constraint_name name,
    unique_constraint_catalog name, unique_constraint_schema name, unique_constraint_name name,
    match_option character varying, update_rule character varying, delete_rule character varying
);

CREATE VIEW information_schema.role_column_grants ( -- 12557
    grantor name, grantee name, table_catalog name, table_schema name, table_name name,
    column_name name, privilege_type character varying, is_grantable character varying
);

CREATE VIEW information_schema.role_routine_grants ( -- 12571
    grantor name, grantee name, specific_catalog name, specific_schema name, specific_name name,
    routine_catalog name, routine_schema name, routine_name name, privilege_type character
    varying, is_grantable character varying
);

CREATE VIEW information_schema.role_table_grants ( -- 12634
    grantor name, grantee name, table_catalog name, table_schema name, table_name name,
    privilege_type character varying, is_grantable character varying, with_hierarchy character
    varying
);

CREATE VIEW information_schema.role_udt_grants ( -- 12663
    grantor name, grantee name, udt_catalog name, udt_schema name, udt_name name, privilege_type
    character varying, is_grantable character varying
);

CREATE VIEW information_schema.role_usage_grants ( -- 12672
    grantor name, grantee name, object_catalog name, object_schema name, object_name name,
    object_type character varying, privilege_type character varying, is_grantable character
    varying
);

CREATE VIEW information_schema.routine_column_usage ( -- 12561
    specific_catalog name, specific_schema name, specific_name name, routine_catalog name,
    routine_schema name, routine_name name, table_catalog name, table_schema name, table_name
    name, column_name name
);

CREATE VIEW information_schema.routine_privileges ( -- 12566
    grantor name, grantee name, specific_catalog name, specific_schema name, specific_name name,
    routine_catalog name, routine_schema name, routine_name name, privilege_type character
    varying, is_grantable character varying
);

CREATE VIEW information_schema.routine_routine_usage ( -- 12575
    specific_catalog name, specific_schema name, specific_name name, routine_catalog name,
    routine_schema name, routine_name name
);

CREATE VIEW information_schema.routine_sequence_usage ( -- 12580
    specific_catalog name, specific_schema name, specific_name name, routine_catalog name,
    routine_schema name, routine_name name, sequence_catalog name, sequence_schema name,
    sequence_name name
);

CREATE VIEW information_schema.routine_table_usage ( -- 12585
    specific_catalog name, specific_schema name, specific_name name, routine_catalog name,
    routine_schema name, routine_name name, table_catalog name, table_schema name, table_name
    name
);

CREATE VIEW information_schema.routines ( -- 12590
    specific_catalog name, specific_schema name, specific_name name, routine_catalog name,
    routine_schema name, routine_name name, routine_type character varying, module_catalog name,
    module_schema name, module_name name, udt_catalog name, udt_schema name, udt_name name,
    data_type character varying, character_maximum_length integer, character_octet_length
    integer, character_set_catalog name, character_set_schema name, character_set_name name,
    collation_catalog name, collation_schema name, collation_name name, numeric_precision
    integer, numeric_precision_radix integer, numeric_scale integer, datetime_precision integer,
    interval_type character varying, interval_precision integer, type_udt_catalog name,
    type_udt_schema name, type_udt_name name, scope_catalog name, scope_schema name, scope_name
    name, maximum_cardinality integer, dtd_identifier name, routine_body character varying,
    routine_definition character varying, external_name character varying, external_language
    character varying, parameter_style character varying, is_deterministic character varying,
    sql_data_access character varying, is_null_call character varying, sql_path character
    varying, schema_level_routine character varying, max_dynamic_result_sets integer,
    is_user_defined_cast character varying, is_implicitly_invocable character varying,
    security_type character varying, to_sql_specific_catalog name, to_sql_specific_schema name,
    to_sql_specific_name name, as_locator character varying, created timestamp with time zone,
    last_altered timestamp with time zone, new_savepoint_level character varying,
    is_udt_dependent character varying, result_cast_from_data_type character varying,
    result_cast_as_locator character varying, result_cast_char_max_length integer,
    result_cast_char_octet_length integer, result_cast_char_set_catalog name,
    result_cast_char_set_schema name, result_cast_char_set_name name,
    result_cast_collation_catalog name, result_cast_collation_schema name,
    result_cast_collation_name name, result_cast_numeric_precision integer,
    result_cast_numeric_precision_radix integer, result_cast_numeric_scale integer,
    result_cast_datetime_precision integer, result_cast_interval_type character varying,
    result_cast_interval_precision integer, result_cast_type_udt_catalog name,
    result_cast_type_udt_schema name, result_cast_type_udt_name name, result_cast_scope_catalog
    name, result_cast_scope_schema name, result_cast_scope_name name,
    result_cast_maximum_cardinality integer, result_cast_dtd_identifier name
);

CREATE VIEW information_schema.schemata ( -- 12595
    catalog_name name, schema_name name, schema_owner name, default_character_set_catalog name,
    default_character_set_schema name, default_character_set_name name, sql_path character
    varying
);

CREATE VIEW information_schema.sequences ( -- 12599
    sequence_catalog name, sequence_schema name, sequence_name name, data_type character
    varying, numeric_precision integer, numeric_precision_radix integer, numeric_scale integer,
    start_value character varying, minimum_value character varying, maximum_value character
    varying, increment character varying, cycle_option character varying
);

CREATE VIEW information_schema.table_constraints ( -- 12624
    constraint_catalog name, constraint_schema name, constraint_name name, table_catalog name,
    table_schema name, table_name name, constraint_type character varying, is_deferrable
    character varying, initially_deferred character varying, enforced character varying,
    nulls_distinct character varying
);

CREATE VIEW information_schema.table_privileges ( -- 12629
    grantor name, grantee name, table_catalog name, table_schema name, table_name name,
    privilege_type character varying, is_grantable character varying, with_hierarchy character
    varying
);

CREATE VIEW information_schema.tables ( -- 12638
    table_catalog name, table_schema name, table_name name, table_type character varying,
    self_referencing_column_name name, reference_generation character varying,
    user_defined_type_catalog name, user_defined_type_schema name, user_defined_type_name name,
    is_insertable_into character varying, is_typed character varying, commit_action character
    varying
);

CREATE VIEW information_schema.transforms ( -- 12643
    udt_catalog name, udt_schema name, udt_name name, specific_catalog name, specific_schema
    name, specific_name name, group_name name, transform_type character varying
);

CREATE VIEW information_schema.triggered_update_columns ( -- 12648
    trigger_catalog name, trigger_schema name, trigger_name name, event_object_catalog name,
    event_object_schema name, event_object_table name, event_object_column name
);

CREATE VIEW information_schema.triggers ( -- 12653
    trigger_catalog name, trigger_schema name, trigger_name name, event_manipulation character
    varying, event_object_catalog name, event_object_schema name, event_object_table name,
    action_order integer, action_condition character varying, action_statement character
    varying, action_orientation character varying, action_timing character varying,
    action_reference_old_table name, action_reference_new_table name, action_reference_old_row
    name, action_reference_new_row name, created timestamp with time zone
);

CREATE VIEW information_schema.udt_privileges ( -- 12658
    grantor name, grantee name, udt_catalog name, udt_schema name, udt_name name, privilege_type
    character varying, is_grantable character varying
);

CREATE VIEW information_schema.usage_privileges ( -- 12667
    grantor name, grantee name, object_catalog name, object_schema name, object_name name,
    object_type character varying, privilege_type character varying, is_grantable character
    varying
);

CREATE VIEW information_schema.user_defined_types ( -- 12676
    user_defined_type_catalog name, user_defined_type_schema name, user_defined_type_name name,
    user_defined_type_category character varying, is_instantiable character varying, is_final
    character varying, ordering_form character varying, ordering_category character varying,
    ordering_routine_catalog name, ordering_routine_schema name, ordering_routine_name name,
    reference_type character varying, data_type character varying, character_maximum_length
    integer, character_octet_length integer, character_set_catalog name, character_set_schema
    name, character_set_name name, collation_catalog name, collation_schema name, collation_name
    name, numeric_precision integer, numeric_precision_radix integer, numeric_scale integer,
    datetime_precision integer, interval_type character varying, interval_precision integer,
    source_dtd_identifier name, ref_dtd_identifier name
);

CREATE VIEW information_schema.user_mapping_options ( -- 12762
    authorization_identifier name, foreign_server_catalog name, foreign_server_name name,
    option_name name, option_value character varying
);

CREATE VIEW information_schema.user_mappings ( -- 12767
    authorization_identifier name, foreign_server_catalog name, foreign_server_name name
);

CREATE VIEW information_schema.view_column_usage ( -- 12681
    view_catalog name, view_schema name, view_name name, table_catalog name, table_schema name,
    table_name name, column_name name
);

CREATE VIEW information_schema.view_routine_usage ( -- 12686
    table_catalog name, table_schema name, table_name name, specific_catalog name,
    specific_schema name, specific_name name
);

CREATE VIEW information_schema.view_table_usage ( -- 12691
    view_catalog name, view_schema name, view_name name, table_catalog name, table_schema name,
    table_name name
);

CREATE VIEW information_schema.views ( -- 12696
    table_catalog name, table_schema name, table_name name, view_definition character varying,
    check_option character varying, is_updatable character varying, is_insertable_into character
    varying, is_trigger_updatable character varying, is_trigger_deletable character varying,
    is_trigger_insertable_into character varying
);
