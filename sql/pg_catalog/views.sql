-- The views of pg_catalog: columns as in PostgreSQL 18, and the OID of each relation.
-- queries.sql defines most; vecsql/catalog fills those about the running server; the others are empty.

CREATE VIEW pg_catalog.pg_aios ( -- 12355
    pid integer, io_id integer, io_generation bigint, state text, operation text, off bigint,
    length bigint, target text, handle_data_len smallint, raw_result integer, result text,
    target_desc text, f_sync boolean, f_localmem boolean, f_buffered boolean
);

CREATE VIEW pg_catalog.pg_available_extension_versions ( -- 12085
    name name, version text, installed boolean, superuser boolean, trusted boolean, relocatable
    boolean, schema name, requires name[], comment text
);

CREATE VIEW pg_catalog.pg_available_extensions ( -- 12081
    name name, default_version text, installed_version text, comment text
);

CREATE VIEW pg_catalog.pg_backend_memory_contexts ( -- 12142
    name text, ident text, type text, level integer, path integer[], total_bytes bigint,
    total_nblocks bigint, free_bytes bigint, free_chunks bigint, used_bytes bigint
);

CREATE VIEW pg_catalog.pg_config ( -- 12130
    name text, setting text
);

CREATE VIEW pg_catalog.pg_cursors ( -- 12077
    name text, statement text, is_holdable boolean, is_binary boolean, is_scrollable boolean,
    creation_time timestamp with time zone
);

CREATE VIEW pg_catalog.pg_file_settings ( -- 12110
    sourcefile text, sourceline integer, seqno integer, name text, setting text, applied
    boolean, error text
);

CREATE VIEW pg_catalog.pg_group ( -- 12010
    groname name, grosysid oid, grolist oid[]
);

CREATE VIEW pg_catalog.pg_hba_file_rules ( -- 12114
    rule_number integer, file_name text, line_number integer, type text, database text[],
    user_name text[], address text, netmask text, auth_method text, options text[], error text
);

CREATE VIEW pg_catalog.pg_ident_file_mappings ( -- 12118
    map_number integer, file_name text, line_number integer, map_name text, sys_name text,
    pg_username text, error text
);

CREATE VIEW pg_catalog.pg_indexes ( -- 12043
    schemaname name, tablename name, indexname name, tablespace name, indexdef text
);

CREATE VIEW pg_catalog.pg_locks ( -- 12073
    locktype text, database oid, relation oid, page integer, tuple smallint, virtualxid text,
    transactionid xid, classid oid, objid oid, objsubid smallint, virtualtransaction text, pid
    integer, mode text, granted boolean, fastpath boolean, waitstart timestamp with time zone
);

CREATE VIEW pg_catalog.pg_matviews ( -- 12038
    schemaname name, matviewname name, matviewowner name, tablespace name, hasindexes boolean,
    ispopulated boolean, definition text
);

CREATE VIEW pg_catalog.pg_policies ( -- 12018
    schemaname name, tablename name, policyname name, permissive text, roles name[], cmd text,
    qual text, with_check text
);

CREATE VIEW pg_catalog.pg_prepared_statements ( -- 12095
    name text, statement text, prepare_time timestamp with time zone, parameter_types regtype[],
    result_types regtype[], from_sql boolean, generic_plans bigint, custom_plans bigint
);

CREATE VIEW pg_catalog.pg_prepared_xacts ( -- 12090
    transaction xid, gid text, prepared timestamp with time zone, owner name, database name
);

CREATE VIEW pg_catalog.pg_publication_tables ( -- 12068
    pubname name, schemaname name, tablename name, attnames name[], rowfilter text
);

CREATE VIEW pg_catalog.pg_replication_origin_status ( -- 12343
    local_id oid, external_id text, remote_lsn pg_lsn, local_lsn pg_lsn
);

CREATE VIEW pg_catalog.pg_replication_slots ( -- 12261
    slot_name name, plugin name, slot_type text, datoid oid, database name, temporary boolean,
    active boolean, active_pid integer, xmin xid, catalog_xmin xid, restart_lsn pg_lsn,
    confirmed_flush_lsn pg_lsn, wal_status text, safe_wal_size bigint, two_phase boolean,
    two_phase_at pg_lsn, inactive_since timestamp with time zone, conflicting boolean,
    invalidation_reason text, failover boolean, synced boolean
);

CREATE VIEW pg_catalog.pg_roles ( -- 12000
    rolname name, rolsuper boolean, rolinherit boolean, rolcreaterole boolean, rolcreatedb
    boolean, rolcanlogin boolean, rolreplication boolean, rolconnlimit integer, rolpassword
    text, rolvaliduntil timestamp with time zone, rolbypassrls boolean, rolconfig text[], oid
    oid
);

CREATE VIEW pg_catalog.pg_rules ( -- 12023
    schemaname name, tablename name, rulename name, definition text
);

CREATE VIEW pg_catalog.pg_seclabels ( -- 12099
    objoid oid, classoid oid, objsubid integer, objtype text, objnamespace oid, objname text,
    provider text, label text
);

CREATE VIEW pg_catalog.pg_sequences ( -- 12048
    schemaname name, sequencename name, sequenceowner name, data_type regtype, start_value
    bigint, min_value bigint, max_value bigint, increment_by bigint, cycle boolean, cache_size
    bigint, last_value bigint
);

CREATE VIEW pg_catalog.pg_settings ( -- 12104
    name text, setting text, unit text, category text, short_desc text, extra_desc text, context
    text, vartype text, source text, min_val text, max_val text, enumvals text[], boot_val text,
    reset_val text, sourcefile text, sourceline integer, pending_restart boolean
);

CREATE VIEW pg_catalog.pg_shadow ( -- 12005
    usename name, usesysid oid, usecreatedb boolean, usesuper boolean, userepl boolean,
    usebypassrls boolean, passwd text, valuntil timestamp with time zone, useconfig text[]
);

CREATE VIEW pg_catalog.pg_shmem_allocations ( -- 12134
    name text, off bigint, size bigint, allocated_size bigint
);

CREATE VIEW pg_catalog.pg_shmem_allocations_numa ( -- 12138
    name text, numa_node integer, size bigint
);

CREATE VIEW pg_catalog.pg_stat_activity ( -- 12226
    datid oid, datname name, pid integer, leader_pid integer, usesysid oid, usename name,
    application_name text, client_addr inet, client_hostname text, client_port integer,
    backend_start timestamp with time zone, xact_start timestamp with time zone, query_start
    timestamp with time zone, state_change timestamp with time zone, wait_event_type text,
    wait_event text, state text, backend_xid xid, backend_xmin xid, query_id bigint, query text,
    backend_type text
);

CREATE VIEW pg_catalog.pg_stat_all_indexes ( -- 12187
    relid oid, indexrelid oid, schemaname name, relname name, indexrelname name, idx_scan
    bigint, last_idx_scan timestamp with time zone, idx_tup_read bigint, idx_tup_fetch bigint
);

CREATE VIEW pg_catalog.pg_stat_all_tables ( -- 12146
    relid oid, schemaname name, relname name, seq_scan bigint, last_seq_scan timestamp with time
    zone, seq_tup_read bigint, idx_scan bigint, last_idx_scan timestamp with time zone,
    idx_tup_fetch bigint, n_tup_ins bigint, n_tup_upd bigint, n_tup_del bigint, n_tup_hot_upd
    bigint, n_tup_newpage_upd bigint, n_live_tup bigint, n_dead_tup bigint, n_mod_since_analyze
    bigint, n_ins_since_vacuum bigint, last_vacuum timestamp with time zone, last_autovacuum
    timestamp with time zone, last_analyze timestamp with time zone, last_autoanalyze timestamp
    with time zone, vacuum_count bigint, autovacuum_count bigint, analyze_count bigint,
    autoanalyze_count bigint, total_vacuum_time double precision, total_autovacuum_time double
    precision, total_analyze_time double precision, total_autoanalyze_time double precision
);

CREATE VIEW pg_catalog.pg_stat_archiver ( -- 12289
    archived_count bigint, last_archived_wal text, last_archived_time timestamp with time zone,
    failed_count bigint, last_failed_wal text, last_failed_time timestamp with time zone,
    stats_reset timestamp with time zone
);

CREATE VIEW pg_catalog.pg_stat_bgwriter ( -- 12293
    buffers_clean bigint, maxwritten_clean bigint, buffers_alloc bigint, stats_reset timestamp
    with time zone
);

CREATE VIEW pg_catalog.pg_stat_checkpointer ( -- 12297
    num_timed bigint, num_requested bigint, num_done bigint, restartpoints_timed bigint,
    restartpoints_req bigint, restartpoints_done bigint, write_time double precision, sync_time
    double precision, buffers_written bigint, slru_written bigint, stats_reset timestamp with
    time zone
);

CREATE VIEW pg_catalog.pg_stat_database ( -- 12270
    datid oid, datname name, numbackends integer, xact_commit bigint, xact_rollback bigint,
    blks_read bigint, blks_hit bigint, tup_returned bigint, tup_fetched bigint, tup_inserted
    bigint, tup_updated bigint, tup_deleted bigint, conflicts bigint, temp_files bigint,
    temp_bytes bigint, deadlocks bigint, checksum_failures bigint, checksum_last_failure
    timestamp with time zone, blk_read_time double precision, blk_write_time double precision,
    session_time double precision, active_time double precision, idle_in_transaction_time double
    precision, sessions bigint, sessions_abandoned bigint, sessions_fatal bigint,
    sessions_killed bigint, parallel_workers_to_launch bigint, parallel_workers_launched bigint,
    stats_reset timestamp with time zone
);

CREATE VIEW pg_catalog.pg_stat_database_conflicts ( -- 12275
    datid oid, datname name, confl_tablespace bigint, confl_lock bigint, confl_snapshot bigint,
    confl_bufferpin bigint, confl_deadlock bigint, confl_active_logicalslot bigint
);

CREATE VIEW pg_catalog.pg_stat_gssapi ( -- 12257
    pid integer, gss_authenticated boolean, principal text, encrypted boolean,
    credentials_delegated boolean
);

CREATE VIEW pg_catalog.pg_stat_io ( -- 12301
    backend_type text, object text, context text, reads bigint, read_bytes numeric, read_time
    double precision, writes bigint, write_bytes numeric, write_time double precision,
    writebacks bigint, writeback_time double precision, extends bigint, extend_bytes numeric,
    extend_time double precision, hits bigint, evictions bigint, reuses bigint, fsyncs bigint,
    fsync_time double precision, stats_reset timestamp with time zone
);

CREATE VIEW pg_catalog.pg_stat_progress_analyze ( -- 12309
    pid integer, datid oid, datname name, relid oid, phase text, sample_blks_total bigint,
    sample_blks_scanned bigint, ext_stats_total bigint, ext_stats_computed bigint,
    child_tables_total bigint, child_tables_done bigint, current_child_table_relid oid,
    delay_time double precision
);

CREATE VIEW pg_catalog.pg_stat_progress_basebackup ( -- 12329
    pid integer, phase text, backup_total bigint, backup_streamed bigint, tablespaces_total
    bigint, tablespaces_streamed bigint
);

CREATE VIEW pg_catalog.pg_stat_progress_cluster ( -- 12319
    pid integer, datid oid, datname name, relid oid, command text, phase text,
    cluster_index_relid oid, heap_tuples_scanned bigint, heap_tuples_written bigint,
    heap_blks_total bigint, heap_blks_scanned bigint, index_rebuild_count bigint
);

CREATE VIEW pg_catalog.pg_stat_progress_copy ( -- 12333
    pid integer, datid oid, datname name, relid oid, command text, type text, bytes_processed
    bigint, bytes_total bigint, tuples_processed bigint, tuples_excluded bigint, tuples_skipped
    bigint
);

CREATE VIEW pg_catalog.pg_stat_progress_create_index ( -- 12324
    pid integer, datid oid, datname name, relid oid, index_relid oid, command text, phase text,
    lockers_total bigint, lockers_done bigint, current_locker_pid bigint, blocks_total bigint,
    blocks_done bigint, tuples_total bigint, tuples_done bigint, partitions_total bigint,
    partitions_done bigint
);

CREATE VIEW pg_catalog.pg_stat_progress_vacuum ( -- 12314
    pid integer, datid oid, datname name, relid oid, phase text, heap_blks_total bigint,
    heap_blks_scanned bigint, heap_blks_vacuumed bigint, index_vacuum_count bigint,
    max_dead_tuple_bytes bigint, dead_tuple_bytes bigint, num_dead_item_ids bigint,
    indexes_total bigint, indexes_processed bigint, delay_time double precision
);

CREATE VIEW pg_catalog.pg_stat_recovery_prefetch ( -- 12244
    stats_reset timestamp with time zone, prefetch bigint, hit bigint, skip_init bigint,
    skip_new bigint, skip_fpw bigint, skip_rep bigint, wal_distance integer, block_distance
    integer, io_depth integer
);

CREATE VIEW pg_catalog.pg_stat_replication ( -- 12231
    pid integer, usesysid oid, usename name, application_name text, client_addr inet,
    client_hostname text, client_port integer, backend_start timestamp with time zone,
    backend_xmin xid, state text, sent_lsn pg_lsn, write_lsn pg_lsn, flush_lsn pg_lsn,
    replay_lsn pg_lsn, write_lag interval, flush_lag interval, replay_lag interval,
    sync_priority integer, sync_state text, reply_time timestamp with time zone
);

CREATE VIEW pg_catalog.pg_stat_replication_slots ( -- 12266
    slot_name text, spill_txns bigint, spill_count bigint, spill_bytes bigint, stream_txns
    bigint, stream_count bigint, stream_bytes bigint, total_txns bigint, total_bytes bigint,
    stats_reset timestamp with time zone
);

CREATE VIEW pg_catalog.pg_stat_slru ( -- 12236
    name text, blks_zeroed bigint, blks_hit bigint, blks_read bigint, blks_written bigint,
    blks_exists bigint, flushes bigint, truncates bigint, stats_reset timestamp with time zone
);

CREATE VIEW pg_catalog.pg_stat_ssl ( -- 12253
    pid integer, ssl boolean, version text, cipher text, bits integer, client_dn text,
    client_serial numeric, issuer_dn text
);

CREATE VIEW pg_catalog.pg_stat_subscription ( -- 12248
    subid oid, subname name, worker_type text, pid integer, leader_pid integer, relid oid,
    received_lsn pg_lsn, last_msg_send_time timestamp with time zone, last_msg_receipt_time
    timestamp with time zone, latest_end_lsn pg_lsn, latest_end_time timestamp with time zone
);

CREATE VIEW pg_catalog.pg_stat_subscription_stats ( -- 12347
    subid oid, subname name, apply_error_count bigint, sync_error_count bigint,
    confl_insert_exists bigint, confl_update_origin_differs bigint, confl_update_exists bigint,
    confl_update_missing bigint, confl_delete_origin_differs bigint, confl_delete_missing
    bigint, confl_multiple_unique_conflicts bigint, stats_reset timestamp with time zone
);

CREATE VIEW pg_catalog.pg_stat_sys_indexes ( -- 12192
    relid oid, indexrelid oid, schemaname name, relname name, indexrelname name, idx_scan
    bigint, last_idx_scan timestamp with time zone, idx_tup_read bigint, idx_tup_fetch bigint
);

CREATE VIEW pg_catalog.pg_stat_sys_tables ( -- 12156
    relid oid, schemaname name, relname name, seq_scan bigint, last_seq_scan timestamp with time
    zone, seq_tup_read bigint, idx_scan bigint, last_idx_scan timestamp with time zone,
    idx_tup_fetch bigint, n_tup_ins bigint, n_tup_upd bigint, n_tup_del bigint, n_tup_hot_upd
    bigint, n_tup_newpage_upd bigint, n_live_tup bigint, n_dead_tup bigint, n_mod_since_analyze
    bigint, n_ins_since_vacuum bigint, last_vacuum timestamp with time zone, last_autovacuum
    timestamp with time zone, last_analyze timestamp with time zone, last_autoanalyze timestamp
    with time zone, vacuum_count bigint, autovacuum_count bigint, analyze_count bigint,
    autoanalyze_count bigint, total_vacuum_time double precision, total_autovacuum_time double
    precision, total_analyze_time double precision, total_autoanalyze_time double precision
);

CREATE VIEW pg_catalog.pg_stat_user_functions ( -- 12279
    funcid oid, schemaname name, funcname name, calls bigint, total_time double precision,
    self_time double precision
);

CREATE VIEW pg_catalog.pg_stat_user_indexes ( -- 12196
    relid oid, indexrelid oid, schemaname name, relname name, indexrelname name, idx_scan
    bigint, last_idx_scan timestamp with time zone, idx_tup_read bigint, idx_tup_fetch bigint
);

CREATE VIEW pg_catalog.pg_stat_user_tables ( -- 12165
    relid oid, schemaname name, relname name, seq_scan bigint, last_seq_scan timestamp with time
    zone, seq_tup_read bigint, idx_scan bigint, last_idx_scan timestamp with time zone,
    idx_tup_fetch bigint, n_tup_ins bigint, n_tup_upd bigint, n_tup_del bigint, n_tup_hot_upd
    bigint, n_tup_newpage_upd bigint, n_live_tup bigint, n_dead_tup bigint, n_mod_since_analyze
    bigint, n_ins_since_vacuum bigint, last_vacuum timestamp with time zone, last_autovacuum
    timestamp with time zone, last_analyze timestamp with time zone, last_autoanalyze timestamp
    with time zone, vacuum_count bigint, autovacuum_count bigint, analyze_count bigint,
    autoanalyze_count bigint, total_vacuum_time double precision, total_autovacuum_time double
    precision, total_analyze_time double precision, total_autoanalyze_time double precision
);

CREATE VIEW pg_catalog.pg_stat_wal ( -- 12305
    wal_records bigint, wal_fpi bigint, wal_bytes numeric, wal_buffers_full bigint, stats_reset
    timestamp with time zone
);

CREATE VIEW pg_catalog.pg_stat_wal_receiver ( -- 12240
    pid integer, status text, receive_start_lsn pg_lsn, receive_start_tli integer, written_lsn
    pg_lsn, flushed_lsn pg_lsn, received_tli integer, last_msg_send_time timestamp with time
    zone, last_msg_receipt_time timestamp with time zone, latest_end_lsn pg_lsn, latest_end_time
    timestamp with time zone, slot_name text, sender_host text, sender_port integer, conninfo
    text
);

CREATE VIEW pg_catalog.pg_stat_xact_all_tables ( -- 12151
    relid oid, schemaname name, relname name, seq_scan bigint, seq_tup_read bigint, idx_scan
    bigint, idx_tup_fetch bigint, n_tup_ins bigint, n_tup_upd bigint, n_tup_del bigint,
    n_tup_hot_upd bigint, n_tup_newpage_upd bigint
);

CREATE VIEW pg_catalog.pg_stat_xact_sys_tables ( -- 12161
    relid oid, schemaname name, relname name, seq_scan bigint, seq_tup_read bigint, idx_scan
    bigint, idx_tup_fetch bigint, n_tup_ins bigint, n_tup_upd bigint, n_tup_del bigint,
    n_tup_hot_upd bigint, n_tup_newpage_upd bigint
);

CREATE VIEW pg_catalog.pg_stat_xact_user_functions ( -- 12284
    funcid oid, schemaname name, funcname name, calls bigint, total_time double precision,
    self_time double precision
);

CREATE VIEW pg_catalog.pg_stat_xact_user_tables ( -- 12170
    relid oid, schemaname name, relname name, seq_scan bigint, seq_tup_read bigint, idx_scan
    bigint, idx_tup_fetch bigint, n_tup_ins bigint, n_tup_upd bigint, n_tup_del bigint,
    n_tup_hot_upd bigint, n_tup_newpage_upd bigint
);

CREATE VIEW pg_catalog.pg_statio_all_indexes ( -- 12200
    relid oid, indexrelid oid, schemaname name, relname name, indexrelname name, idx_blks_read
    bigint, idx_blks_hit bigint
);

CREATE VIEW pg_catalog.pg_statio_all_sequences ( -- 12213
    relid oid, schemaname name, relname name, blks_read bigint, blks_hit bigint
);

CREATE VIEW pg_catalog.pg_statio_all_tables ( -- 12174
    relid oid, schemaname name, relname name, heap_blks_read bigint, heap_blks_hit bigint,
    idx_blks_read bigint, idx_blks_hit bigint, toast_blks_read bigint, toast_blks_hit bigint,
    tidx_blks_read bigint, tidx_blks_hit bigint
);

CREATE VIEW pg_catalog.pg_statio_sys_indexes ( -- 12205
    relid oid, indexrelid oid, schemaname name, relname name, indexrelname name, idx_blks_read
    bigint, idx_blks_hit bigint
);

CREATE VIEW pg_catalog.pg_statio_sys_sequences ( -- 12218
    relid oid, schemaname name, relname name, blks_read bigint, blks_hit bigint
);

CREATE VIEW pg_catalog.pg_statio_sys_tables ( -- 12179
    relid oid, schemaname name, relname name, heap_blks_read bigint, heap_blks_hit bigint,
    idx_blks_read bigint, idx_blks_hit bigint, toast_blks_read bigint, toast_blks_hit bigint,
    tidx_blks_read bigint, tidx_blks_hit bigint
);

CREATE VIEW pg_catalog.pg_statio_user_indexes ( -- 12209
    relid oid, indexrelid oid, schemaname name, relname name, indexrelname name, idx_blks_read
    bigint, idx_blks_hit bigint
);

CREATE VIEW pg_catalog.pg_statio_user_sequences ( -- 12222
    relid oid, schemaname name, relname name, blks_read bigint, blks_hit bigint
);

CREATE VIEW pg_catalog.pg_statio_user_tables ( -- 12183
    relid oid, schemaname name, relname name, heap_blks_read bigint, heap_blks_hit bigint,
    idx_blks_read bigint, idx_blks_hit bigint, toast_blks_read bigint, toast_blks_hit bigint,
    tidx_blks_read bigint, tidx_blks_hit bigint
);

CREATE VIEW pg_catalog.pg_stats ( -- 12053
    schemaname name, tablename name, attname name, inherited boolean, null_frac real, avg_width
    integer, n_distinct real, most_common_vals anyarray, most_common_freqs real[],
    histogram_bounds anyarray, correlation real, most_common_elems anyarray,
    most_common_elem_freqs real[], elem_count_histogram real[], range_length_histogram anyarray,
    range_empty_frac real, range_bounds_histogram anyarray
);

CREATE VIEW pg_catalog.pg_stats_ext ( -- 12058
    schemaname name, tablename name, statistics_schemaname name, statistics_name name,
    statistics_owner name, attnames name[], exprs text[], kinds "char"[], inherited boolean,
    n_distinct pg_ndistinct, dependencies pg_dependencies, most_common_vals text[],
    most_common_val_nulls boolean[], most_common_freqs double precision[],
    most_common_base_freqs double precision[]
);

CREATE VIEW pg_catalog.pg_stats_ext_exprs ( -- 12063
    schemaname name, tablename name, statistics_schemaname name, statistics_name name,
    statistics_owner name, expr text, inherited boolean, null_frac real, avg_width integer,
    n_distinct real, most_common_vals anyarray, most_common_freqs real[], histogram_bounds
    anyarray, correlation real, most_common_elems anyarray, most_common_elem_freqs real[],
    elem_count_histogram real[]
);

CREATE VIEW pg_catalog.pg_tables ( -- 12033
    schemaname name, tablename name, tableowner name, tablespace name, hasindexes boolean,
    hasrules boolean, hastriggers boolean, rowsecurity boolean
);

CREATE VIEW pg_catalog.pg_timezone_abbrevs ( -- 12122
    abbrev text, utc_offset interval, is_dst boolean
);

CREATE VIEW pg_catalog.pg_timezone_names ( -- 12126
    name text, abbrev text, utc_offset interval, is_dst boolean
);

CREATE VIEW pg_catalog.pg_user ( -- 12014
    usename name, usesysid oid, usecreatedb boolean, usesuper boolean, userepl boolean,
    usebypassrls boolean, passwd text, valuntil timestamp with time zone, useconfig text[]
);

CREATE VIEW pg_catalog.pg_user_mappings ( -- 12338
    umid oid, srvid oid, srvname name, umuser oid, usename name, umoptions text[]
);

CREATE VIEW pg_catalog.pg_views ( -- 12028
    schemaname name, viewname name, viewowner name, definition text
);

CREATE VIEW pg_catalog.pg_wait_events ( -- 12351
    type text, name text, description text
);
