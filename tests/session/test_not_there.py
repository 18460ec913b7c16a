"""What vecsql does not do is refused by name, or accepted with a warning, never silently."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.session.conftest import Run, run_in
from vecsql import errors
from vecsql.executor.context import Notice
from vecsql.session.session import Session
from vecsql.storage.engine import StorageEngine, open_engine

REFUSED = [
    ("CREATE TEMP TABLE x (a int)", "temporary tables are not supported"),
    ("CREATE TEMPORARY TABLE IF NOT EXISTS x (LIKE t) ON COMMIT DROP", "temporary tables are not supported"),
    ("CREATE LOCAL TEMP TABLE x AS SELECT 1", "temporary tables are not supported"),
    ("CREATE TEMP SEQUENCE x", "temporary sequences are not supported"),
    ("CREATE OR REPLACE TEMP VIEW x AS SELECT 1", "temporary views are not supported"),
    ("CREATE USER bob PASSWORD 'x'", "CREATE ROLE is not supported"),
    ("ALTER GROUP g ADD USER bob", "ALTER ROLE is not supported"),
    ("ALTER USER bob SET work_mem = '1MB'", "ALTER ROLE ... SET is not supported"),
    ("ALTER SYSTEM SET work_mem = '1MB'", "ALTER SYSTEM is not supported"),
    ("ALTER DATABASE postgres SET work_mem = '1MB'", "ALTER DATABASE ... SET is not supported"),
    ("DROP OWNED BY bob", "DROP OWNED is not supported"),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "row-level security is not supported"),
    ("ALTER TABLE t FORCE ROW LEVEL SECURITY", "row-level security is not supported"),
    ("CREATE POLICY p ON t USING (true)", "CREATE POLICY is not supported"),
    ("ALTER POLICY p ON t USING (true)", "ALTER POLICY is not supported"),
    ("SECURITY LABEL ON TABLE t IS 'x'", "SECURITY LABEL is not supported"),
    ("LOAD 'x'", "LOAD is not supported"),
    ("CLUSTER t USING t_pkey", "CLUSTER is not supported"),
    ("REFRESH MATERIALIZED VIEW m", "REFRESH MATERIALIZED VIEW is not supported"),
    ("CALL f()", "CALL is not supported"),
    ("IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c", "IMPORT FOREIGN SCHEMA is not supported"),
    ("CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()", "CREATE EVENT TRIGGER is not supported"),
    ("CREATE OR REPLACE RULE r AS ON INSERT TO t DO INSTEAD NOTHING", "CREATE RULE is not supported"),
    ("CREATE AGGREGATE a(int) (sfunc = f, stype = int)", "CREATE AGGREGATE is not supported"),
    ("CREATE FOREIGN TABLE f (a int) SERVER s", "CREATE FOREIGN TABLE is not supported"),
    ("CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL)", "virtual generated columns are not supported"),
    ("CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a + 1))", "virtual generated columns are not supported"),
    ("ALTER TABLE t INHERIT u", 'this form of ALTER TABLE is not supported (at or near "INHERIT")'),
    ("ALTER VIEW v SET (security_barrier)", 'this form of ALTER VIEW is not supported (at or near "SET")'),
]  # fmt: skip


@pytest.fixture
def notices(session: Session) -> list[Notice]:
    found: list[Notice] = []
    session.on_notice = found.append
    return found


@pytest.mark.parametrize(("sql", "message"), REFUSED)
def test_refused_by_name(run: Run, sql: str, message: str) -> None:
    run("CREATE TABLE t (id int PRIMARY KEY)")
    with pytest.raises(errors.FeatureNotSupported) as raised:
        run(sql)
    assert raised.value.message == message
    assert run("SELECT relname FROM pg_class WHERE relname IN ('x', 'g', 'f', 'p')") == []


@pytest.mark.parametrize(
    ("sql", "warning"),
    [
        ("GRANT SELECT ON t TO bob, eve", "privileges are not enforced: every user may do everything"),
        ("REVOKE ALL ON t FROM PUBLIC", "privileges are not enforced: every user may do everything"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO bob", "privileges are not enforced: every user may do everything"),
        ("ALTER TABLE t OWNER TO bob", "owners are not kept: every user may do everything"),
        ("ALTER SCHEMA public OWNER TO bob", "owners are not kept: every user may do everything"),
        ("REASSIGN OWNED BY a TO b", "owners are not kept: every user may do everything"),
    ],
)  # fmt: skip
def test_accepted_with_one_warning(run: Run, notices: list[Notice], sql: str, warning: str) -> None:
    run("CREATE TABLE t (id int PRIMARY KEY)")
    run(sql)
    assert [(n.severity, n.sqlstate, n.message) for n in notices] == [("WARNING", "01000", warning)]


def test_the_one_owner_may_be_named(run: Run, notices: list[Notice]) -> None:
    run("CREATE TABLE t (id int PRIMARY KEY)")
    run("ALTER TABLE t OWNER TO postgres")
    run("ALTER SCHEMA public OWNER TO CURRENT_USER")
    run("ALTER TABLE t DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY")
    assert notices == []


def test_roles_are_dropped_only_if_they_exist(run: Run, notices: list[Notice]) -> None:
    run("DROP USER IF EXISTS bob")
    assert [n.message for n in notices] == ['role "bob" does not exist, skipping']
    with pytest.raises(errors.UndefinedObject, match='role "bob" does not exist'):
        run("DROP ROLE bob")


def test_on_commit_is_for_temporary_tables(run: Run) -> None:
    with pytest.raises(errors.InvalidTableDefinition):
        run("CREATE TABLE x (a int) ON COMMIT PRESERVE ROWS")


def test_a_read_only_database_shows_that_it_is(tmp_path: Path) -> None:
    path = str(tmp_path / "read_only.vecsql")
    open_engine(path).close()
    with open_engine(path, read_only=True) as engine:
        session = Session(engine)
        run = run_in(session)
        assert run("SHOW default_transaction_read_only") == [("on",)]
        assert run("SHOW transaction_read_only") == [("on",)]
        assert run("SELECT current_setting('transaction_read_only')") == [("on",)]
        session.close()


def test_show_outside_a_block_shows_a_new_transaction(run: Run) -> None:
    run("SET default_transaction_isolation = 'repeatable read'")
    assert run("SHOW transaction_isolation") == [("repeatable read",)]


def test_staging_by_an_ordinary_table_from_two_sessions_at_once(engine: StorageEngine) -> None:
    setup = Session(engine)
    run_in(setup)("CREATE TABLE items (id int PRIMARY KEY, a int)")
    setup.close()
    both = threading.Barrier(2)

    def stage(value: int) -> None:
        session = Session(engine)
        run = run_in(session)
        both.wait()
        for _ in range(5):
            run("BEGIN; CREATE TABLE stage (LIKE items)")
            run(f"INSERT INTO stage SELECT i, {value} FROM generate_series(1, 20) i")
            run(
                "INSERT INTO items SELECT * FROM stage"
                " ON CONFLICT (id) DO UPDATE SET a = items.a + excluded.a"
            )
            run("DROP TABLE stage; COMMIT")
        session.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(stage, (1, 100)))
    session = Session(engine)
    assert run_in(session)("SELECT count(*), min(a), max(a) FROM items") == [(20, 505, 505)]
    assert run_in(session)("SELECT relname FROM pg_class WHERE relname = 'stage'") == []
    session.close()


@pytest.mark.parametrize(
    "sql",
    ["SET ROLE bob", "SET LOCAL SESSION AUTHORIZATION bob", "SELECT set_config('role', 'bob', false)"],
)  # fmt: skip
def test_a_lesser_role_cannot_be_taken_on(run: Run, sql: str) -> None:
    with pytest.raises(errors.InvalidParameterValue, match='role "bob" does not exist'):
        run(sql)
    run("SET ROLE postgres; SET ROLE NONE; RESET ROLE; SET SESSION AUTHORIZATION DEFAULT")
