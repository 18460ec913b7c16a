"""Every setting vecsql knows: those that drivers, tools and pgvector's users read or set."""

from __future__ import annotations

from vecsql.settings import checks
from vecsql.settings.definition import Setting

RESERVED_PREFIXES = ("hnsw", "ivfflat", "vecsql")
SERVER_VERSION = "18.0"
SERVER_VERSION_NUM = 180000
_MAX = 2**31 - 1
_KB_MAX = 2147483647

_LEVELS = (
    "debug5",
    "debug4",
    "debug3",
    "debug2",
    "debug1",
    "log",
    "info",
    "notice",
    "warning",
    "error",
)
_ISOLATION = ("serializable", "repeatable read", "read committed", "read uncommitted")

_LOCALE = "Client Connection Defaults / Locale and Formatting"
_STATEMENT = "Client Connection Defaults / Statement Behavior"
_PRESET = "Preset Options"
_MEMORY = "Resource Usage / Memory"
_WORKERS = "Resource Usage / Worker Processes"
_PLANNER = "Query Tuning / Planner Method Configuration"
_COST = "Query Tuning / Planner Cost Constants"
_OTHER = "Query Tuning / Other Planner Options"
_CONNECTION = "Connections and Authentication / Connection Settings"
_TCP = "Connections and Authentication / TCP Settings"
_AUTH = "Connections and Authentication / Authentication"
_COMPAT = "Version and Platform Compatibility / Previous PostgreSQL Versions"
_LOG = "Reporting and Logging / What to Log"
_WHEN = "Reporting and Logging / When to Log"
_WAL = "Write-Ahead Log / Settings"
_STATS = "Statistics / Cumulative Query and Index Statistics"
_LOCKS = "Lock Management"
_CUSTOM = "Customized Options"


def _fixed(name: str, value: bool | int | str, description: str, **more: object) -> Setting:
    kind = "bool" if isinstance(value, bool) else "integer" if isinstance(value, int) else "string"
    fields = {"category": _PRESET, "context": "internal", **more}
    return Setting(name, kind, value, description, **fields)  # type: ignore[arg-type]


def _milliseconds(name: str, default: int, description: str) -> Setting:
    return Setting(
        name, "integer", default, description, _STATEMENT, unit="ms", minimum=0, maximum=_MAX
    )


def _planner(name: str, description: str) -> Setting:
    return Setting(name, "bool", True, f"Enables the planner's use of {description}.", _PLANNER)


def _cost(name: str, default: float, description: str) -> Setting:
    return Setting(name, "real", default, description, _COST, minimum=0, maximum=1.79769e308)


def _sighup(
    name: str, kind: str, default: bool | int | str, description: str, category: str, **more: object
) -> Setting:
    return Setting(name, kind, default, description, category, "sighup", **more)  # type: ignore[arg-type]


_FORMATTING = (
    Setting("client_encoding", "string", "UTF8", "Sets the client's character set encoding.", _LOCALE, report=True, check=checks.client_encoding),
    Setting("DateStyle", "string", "ISO, MDY", "Sets the display format for date and time values.", _LOCALE, report=True, is_list=True, check=checks.date_style),
    Setting("TimeZone", "string", "UTC", "Sets the time zone for displaying and interpreting time stamps.", _LOCALE, report=True, check=checks.time_zone),
    Setting("IntervalStyle", "enum", "postgres", "Sets the display format for interval values.", _LOCALE, choices=("postgres", "postgres_verbose", "sql_standard", "iso_8601"), report=True, check=checks.only("postgres", "IntervalStyle")),
    Setting("extra_float_digits", "integer", 1, "Sets the number of digits displayed for floating-point values.", _LOCALE, minimum=-15, maximum=3),
    Setting("bytea_output", "enum", "hex", "Sets the output format for bytea.", _STATEMENT, choices=("escape", "hex"), check=checks.only("hex", "bytea_output")),
    Setting("xmlbinary", "enum", "base64", "Sets how binary values are to be encoded in XML.", _STATEMENT, choices=("base64", "hex")),
    Setting("xmloption", "enum", "content", "Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.", _STATEMENT, choices=("content", "document")),
    Setting("lc_messages", "string", "C", "Sets the language in which messages are displayed.", _LOCALE, "superuser"),
    Setting("lc_monetary", "string", "C", "Sets the locale for formatting monetary amounts.", _LOCALE),
    Setting("lc_numeric", "string", "C", "Sets the locale for formatting numbers.", _LOCALE),
    Setting("lc_time", "string", "C", "Sets the locale for formatting date and time values.", _LOCALE),
    Setting("default_text_search_config", "string", "pg_catalog.simple", "Sets default text search configuration.", _LOCALE),
)  # fmt: skip

_SESSION = (
    Setting("application_name", "string", "", "Sets the application name to be reported in statistics and logs.", _LOG, report=True),
    Setting("search_path", "string", '"$user", public', "Sets the schema search order for names that are not schema-qualified.", _STATEMENT, report=True, is_list=True),
    Setting("session_authorization", "string", "postgres", "Sets the current user name and the session user name.", _STATEMENT, report=True),
    Setting("role", "string", "none", "Sets the current role.", _STATEMENT),
    Setting("is_superuser", "bool", True, "Shows whether the current user is a superuser.", _PRESET, "internal", report=True),
    Setting("row_security", "bool", True, "Enables row security.", _STATEMENT),
    Setting("check_function_bodies", "bool", True, "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE.", _STATEMENT),
    Setting("default_table_access_method", "string", "heap", "Sets the default table access method for new tables.", _STATEMENT),
    Setting("default_tablespace", "string", "", "Sets the default tablespace to create tables and indexes in.", _STATEMENT),
    Setting("default_toast_compression", "enum", "pglz", "Sets the default compression method for compressible values.", _STATEMENT, choices=("pglz", "lz4")),
    Setting("temp_tablespaces", "string", "", "Sets the tablespace(s) to use for temporary tables and sort files.", _STATEMENT, is_list=True),
    Setting("session_replication_role", "enum", "origin", "Sets the session's behavior for triggers and rewrite rules.", _STATEMENT, "superuser", choices=("origin", "replica", "local")),
    Setting("session_preload_libraries", "string", "", "Lists shared libraries to preload into each backend.", _STATEMENT, "superuser", is_list=True),
    Setting("client_min_messages", "enum", "notice", "Sets the message levels that are sent to the client.", _WHEN, choices=_LEVELS),
    Setting("log_min_messages", "enum", "warning", "Sets the message levels that are logged.", _WHEN, "superuser", choices=(*_LEVELS, "fatal", "panic")),
    Setting("log_statement", "enum", "none", "Sets the type of statements logged.", _LOG, "superuser", choices=("none", "ddl", "mod", "all")),
    Setting("log_duration", "bool", False, "Logs the duration of each completed SQL statement.", _LOG, "superuser"),
    Setting("log_min_duration_statement", "integer", -1, "Sets the minimum execution time above which all statements will be logged.", _WHEN, "superuser", unit="ms", minimum=-1, maximum=_MAX),
    Setting("standard_conforming_strings", "bool", True, "Causes '...' strings to treat backslashes literally.", _COMPAT, report=True, check=checks.only(True, "standard_conforming_strings")),
    Setting("backslash_quote", "enum", "safe_encoding", 'Sets whether "\\\'" is allowed in string literals.', _COMPAT, choices=("safe_encoding", "on", "off")),
    Setting("escape_string_warning", "bool", True, "Warn about backslash escapes in ordinary string literals.", _COMPAT),
    Setting("quote_all_identifiers", "bool", False, "When generating SQL fragments, quote all identifiers.", _COMPAT),
    Setting("synchronize_seqscans", "bool", True, "Enables synchronized sequential scans.", _COMPAT),
    Setting("transform_null_equals", "bool", False, 'Treats "expr=NULL" as "expr IS NULL".', "Version and Platform Compatibility / Other Platforms and Clients"),
    Setting("password_encryption", "enum", "scram-sha-256", "Chooses the algorithm for encrypting passwords.", _AUTH, choices=("md5", "scram-sha-256")),
    Setting("track_activities", "bool", True, "Collects information about executing commands.", _STATS, "superuser"),
    Setting("track_io_timing", "bool", False, "Collects timing statistics for database I/O activity.", _STATS, "superuser"),
)  # fmt: skip

_TRANSACTIONS = (
    Setting("transaction_isolation", "enum", "read committed", "Sets the current transaction's isolation level.", _STATEMENT, choices=_ISOLATION),
    Setting("transaction_read_only", "bool", False, "Sets the current transaction's read-only status.", _STATEMENT),
    Setting("transaction_deferrable", "bool", False, "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.", _STATEMENT),
    Setting("default_transaction_isolation", "enum", "read committed", "Sets the transaction isolation level of each new transaction.", _STATEMENT, choices=_ISOLATION),
    Setting("default_transaction_read_only", "bool", False, "Sets the default read-only status of new transactions.", _STATEMENT, report=True),
    Setting("default_transaction_deferrable", "bool", False, "Sets the default deferrable status of new transactions.", _STATEMENT),
    Setting("synchronous_commit", "enum", "on", "Sets the current transaction's synchronization level.", _WAL, choices=("local", "remote_write", "remote_apply", "on", "off")),
    _milliseconds("statement_timeout", 0, "Sets the maximum allowed duration of any statement."),
    _milliseconds("lock_timeout", 0, "Sets the maximum allowed duration of any wait for a lock."),
    _milliseconds("transaction_timeout", 0, "Sets the maximum allowed duration of any transaction within a session (not a prepared transaction)."),
    _milliseconds("idle_in_transaction_session_timeout", 0, "Sets the maximum allowed idle time between queries, when in a transaction."),
    _milliseconds("idle_session_timeout", 0, "Sets the maximum allowed idle time between queries, when not in a transaction."),
    Setting("deadlock_timeout", "integer", 1000, "Sets the time to wait on a lock before checking for deadlock.", _LOCKS, "superuser", unit="ms", minimum=1, maximum=_MAX),
    Setting("max_locks_per_transaction", "integer", 64, "Sets the maximum number of locks per transaction.", _LOCKS, "postmaster", minimum=10, maximum=_MAX),
    Setting("gin_fuzzy_search_limit", "integer", 0, "Sets the maximum allowed result for exact search by GIN.", _STATEMENT, minimum=0, maximum=_MAX),
)  # fmt: skip

_SERVER = (
    _fixed("server_version", f"{SERVER_VERSION} (vecsql)", "Shows the server version.", report=True),
    _fixed("server_version_num", SERVER_VERSION_NUM, "Shows the server version as an integer."),
    _fixed("server_encoding", "UTF8", "Shows the server (database) character set encoding.", report=True),
    _fixed("integer_datetimes", True, "Shows whether datetimes are integer based.", report=True),
    _fixed("in_hot_standby", False, "Shows whether hot standby is currently active.", report=True),
    _fixed("lc_collate", "C", "Shows the collation order locale."),
    _fixed("lc_ctype", "C", "Shows the character classification and case conversion locale."),
    _fixed("block_size", 8192, "Shows the size of a disk block."),
    _fixed("max_identifier_length", 63, "Shows the maximum identifier length."),
    _fixed("max_index_keys", 32, "Shows the maximum number of index keys."),
    _fixed("max_function_args", 100, "Shows the maximum number of function arguments."),
    _fixed("data_checksums", True, "Shows whether data checksums are turned on for this cluster."),
    _fixed("data_directory", "", "Sets the server's data directory.", context="postmaster", category="File Locations"),
    _fixed("max_connections", 100, "Sets the maximum number of concurrent connections.", context="postmaster", category=_CONNECTION),
    _fixed("superuser_reserved_connections", 0, "Sets the number of connection slots reserved for superusers.", context="postmaster", category=_CONNECTION),
    _fixed("port", 5433, "Sets the TCP port the server listens on.", context="postmaster", category=_CONNECTION),
    _fixed("listen_addresses", "127.0.0.1", "Sets the host name or IP address(es) to listen to.", context="postmaster", category=_CONNECTION),
    _fixed("unix_socket_directories", "", "Sets the directories where Unix-domain sockets will be created.", context="postmaster", category=_CONNECTION),
    _fixed("wal_level", "replica", "Sets the level of information written to the WAL.", context="postmaster", category=_WAL),
    _fixed("shared_preload_libraries", "", "Lists shared libraries to preload into server.", context="postmaster", category=_STATEMENT),
    _sighup("ssl", "bool", False, "Enables SSL connections.", "Connections and Authentication / SSL"),
    _sighup("fsync", "bool", True, "Forces synchronization of updates to disk.", _WAL),
    _sighup("full_page_writes", "bool", True, "Writes full pages to WAL when first modified after a checkpoint.", _WAL),
    _sighup("autovacuum", "bool", True, "Starts the autovacuum subprocess.", "Vacuuming / Automatic Vacuuming"),
    _sighup("log_timezone", "string", "UTC", "Sets the time zone to use in log messages.", _LOG),
    Setting("tcp_keepalives_idle", "integer", 0, "Time between issuing TCP keepalives.", _TCP, unit="s", minimum=0, maximum=_MAX),
    Setting("tcp_keepalives_interval", "integer", 0, "Time between TCP keepalive retransmits.", _TCP, unit="s", minimum=0, maximum=_MAX),
    Setting("tcp_keepalives_count", "integer", 0, "Maximum number of TCP keepalive retransmits.", _TCP, minimum=0, maximum=_MAX),
)  # fmt: skip

_RESOURCES = (
    Setting("work_mem", "integer", 4096, "Sets the maximum memory to be used for query workspaces.", _MEMORY, unit="kB", minimum=64, maximum=_KB_MAX),
    Setting("maintenance_work_mem", "integer", 65536, "Sets the maximum memory to be used for maintenance operations.", _MEMORY, unit="kB", minimum=64, maximum=_KB_MAX),
    Setting("temp_buffers", "integer", 1024, "Sets the maximum number of temporary buffers used by each session.", _MEMORY, unit="8kB", minimum=100, maximum=1073741823),
    Setting("hash_mem_multiplier", "real", 2.0, "Multiple of \"work_mem\" to use for hash tables.", _MEMORY, minimum=1, maximum=1000),
    _fixed("shared_buffers", 16384, "Sets the number of shared memory buffers used by the server.", context="postmaster", category=_MEMORY, unit="8kB"),
    Setting("max_parallel_workers_per_gather", "integer", 2, "Sets the maximum number of parallel processes per executor node.", _WORKERS, minimum=0, maximum=1024),
    Setting("max_parallel_maintenance_workers", "integer", 2, "Sets the maximum number of parallel processes per maintenance operation.", _WORKERS, minimum=0, maximum=1024),
    Setting("max_parallel_workers", "integer", 8, "Sets the maximum number of parallel workers that can be active at one time.", _WORKERS, minimum=0, maximum=1024),
    _fixed("max_worker_processes", 8, "Maximum number of concurrent worker processes.", context="postmaster", category=_WORKERS),
    Setting("effective_io_concurrency", "integer", 16, "Number of simultaneous requests that can be handled efficiently by the disk subsystem.", _WORKERS, minimum=0, maximum=1000),
    Setting("vacuum_cost_delay", "real", 0.0, "Vacuum cost delay in milliseconds.", _WORKERS, unit="ms", minimum=0, maximum=100),
)  # fmt: skip

_TUNING = (
    _planner("enable_seqscan", "sequential-scan plans"),
    _planner("enable_indexscan", "index-scan plans"),
    _planner("enable_indexonlyscan", "index-only-scan plans"),
    _planner("enable_bitmapscan", "bitmap-scan plans"),
    _planner("enable_tidscan", "TID scan plans"),
    _planner("enable_sort", "explicit sort steps"),
    _planner("enable_incremental_sort", "incremental sort steps"),
    _planner("enable_hashagg", "hashed aggregation plans"),
    _planner("enable_hashjoin", "hash join plans"),
    _planner("enable_mergejoin", "merge join plans"),
    _planner("enable_nestloop", "nested-loop join plans"),
    _planner("enable_material", "materialization"),
    _planner("enable_memoize", "memoization"),
    _planner("enable_gathermerge", "gather merge plans"),
    _planner("enable_parallel_append", "parallel append plans"),
    _planner("enable_parallel_hash", "parallel hash plans"),
    _planner("enable_partition_pruning", "plan-time and execution-time partition pruning"),
    Setting("enable_partitionwise_join", "bool", False, "Enables partitionwise join.", _PLANNER),
    Setting("enable_partitionwise_aggregate", "bool", False, "Enables partitionwise aggregation and grouping.", _PLANNER),
    Setting("jit", "bool", True, "Allow JIT compilation.", _OTHER),
    Setting("geqo", "bool", True, "Enables genetic query optimization.", "Query Tuning / Genetic Query Optimizer"),
    Setting("plan_cache_mode", "enum", "auto", "Controls the planner's selection of custom or generic plan.", _OTHER, choices=("auto", "force_generic_plan", "force_custom_plan")),
    Setting("constraint_exclusion", "enum", "partition", "Enables the planner to use constraints to optimize queries.", _OTHER, choices=("partition", "on", "off")),
    Setting("cursor_tuple_fraction", "real", 0.1, "Sets the planner's estimate of the fraction of a cursor's rows that will be retrieved.", _OTHER, minimum=0, maximum=1),
    Setting("default_statistics_target", "integer", 100, "Sets the default statistics target.", _OTHER, minimum=1, maximum=10000),
    Setting("from_collapse_limit", "integer", 8, "Sets the FROM-list size beyond which subqueries are not collapsed.", _OTHER, minimum=1, maximum=_MAX),
    Setting("join_collapse_limit", "integer", 8, "Sets the FROM-list size beyond which JOIN constructs are not flattened.", _OTHER, minimum=1, maximum=_MAX),
    _cost("seq_page_cost", 1.0, "Sets the planner's estimate of the cost of a sequentially fetched disk page."),
    _cost("random_page_cost", 4.0, "Sets the planner's estimate of the cost of a nonsequentially fetched disk page."),
    _cost("cpu_tuple_cost", 0.01, "Sets the planner's estimate of the cost of processing each tuple (row)."),
    _cost("cpu_index_tuple_cost", 0.005, "Sets the planner's estimate of the cost of processing each index entry during an index scan."),
    _cost("cpu_operator_cost", 0.0025, "Sets the planner's estimate of the cost of processing each operator or function call."),
    _cost("parallel_setup_cost", 1000.0, "Sets the planner's estimate of the cost of starting up worker processes for parallel query."),
    _cost("parallel_tuple_cost", 0.1, "Sets the planner's estimate of the cost of passing each tuple (row) from worker to leader backend."),
    _cost("jit_above_cost", 100000.0, "Perform JIT compilation if query is more expensive."),
    Setting("effective_cache_size", "integer", 524288, "Sets the planner's assumption about the total size of the data caches.", _COST, unit="8kB", minimum=1, maximum=_MAX),
    Setting("min_parallel_table_scan_size", "integer", 1024, "Sets the minimum amount of table data for a parallel scan.", _COST, unit="8kB", minimum=0, maximum=715827882),
)  # fmt: skip

_VECTOR = (
    Setting("hnsw.ef_search", "integer", 40, "Sets the size of the dynamic candidate list for search", _CUSTOM, minimum=1, maximum=1000),
    Setting("hnsw.iterative_scan", "enum", "off", "Sets the mode for iterative scans", _CUSTOM, choices=("off", "relaxed_order", "strict_order")),
    Setting("hnsw.max_scan_tuples", "integer", 20000, "Sets the max number of tuples to visit for iterative scans", _CUSTOM, minimum=1, maximum=_MAX),
    Setting("hnsw.scan_mem_multiplier", "real", 1.0, "Sets the multiple of work_mem to use for iterative scans", _CUSTOM, minimum=1, maximum=1000),
    Setting("vecsql.recall", "real", 0.95, "Sets the share of the true nearest rows that vector searches must find", _CUSTOM, minimum=0.0, maximum=1.0),
    Setting("vecsql.force_strategy", "enum", "auto", "Forces how vector searches run, for tests", _CUSTOM, choices=("auto", "graph", "ivf", "codes", "exact")),
    Setting("vecsql.filter_cache_size", "integer", 262144, "Sets the memory for the rows that filters keep, shared by all sessions", _CUSTOM, unit="kB", minimum=64, maximum=_KB_MAX),
    Setting("ivfflat.probes", "integer", 1, "Sets the number of probes", _CUSTOM, minimum=1, maximum=32768),
    Setting("ivfflat.iterative_scan", "enum", "off", "Sets the mode for iterative scans", _CUSTOM, choices=("off", "relaxed_order")),
    Setting("ivfflat.max_probes", "integer", 32768, "Sets the max number of probes for iterative scans", _CUSTOM, minimum=1, maximum=32768),
)  # fmt: skip

SETTINGS: dict[str, Setting] = {
    setting.name.lower(): setting
    for group in (_FORMATTING, _SESSION, _TRANSACTIONS, _SERVER, _RESOURCES, _TUNING, _VECTOR)
    for setting in sorted(group, key=lambda s: s.name.lower())
}
_ALIASES = {"time zone": "timezone", "transaction isolation level": "transaction_isolation"}


def find(name: str) -> Setting | None:
    """The setting of that name (any case; SHOW's two-word names too), or None."""
    key = name.lower()
    return SETTINGS.get(_ALIASES.get(key, key))
