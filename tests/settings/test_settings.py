"""Settings: values' syntax, errors, and what transactions do to them; texts as PostgreSQL 18 prints them."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecsql import errors
from vecsql.settings import SETTINGS, Settings
from vecsql.settings.checks import zone_of


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("work_mem", "64MB", "64MB"),
        ("work_mem", "1024", "1MB"),
        ("work_mem", "1.5MB", "1536kB"),
        ("statement_timeout", "90000", "90s"),
        ("statement_timeout", "1min", "1min"),
        ("statement_timeout", "0", "0"),
        ("jit", "t", "on"),
        ("jit", "OF", "off"),
        ("hnsw.ef_search", " 200 ", "200"),
        ("seq_page_cost", "1.25", "1.25"),
        ("client_min_messages", "WARNING", "warning"),
        ("client_encoding", "utf-8", "UTF8"),
        ("datestyle", "ISO, DMY", "ISO, DMY"),
        ("timezone", "europe/zurich", "Europe/Zurich"),
        ("timezone", "2", "<+02>-02"),
        ("TimeZone", "-3.5", "<-03:30>+03:30"),
    ],
)
def test_values_are_read_and_shown(settings: Settings, name: str, value: str, shown: str) -> None:
    settings.set(name, value)
    assert settings.show(name) == shown


@pytest.mark.parametrize(
    ("name", "value", "sqlstate", "message"),
    [
        ("hnsw.ef_search", "0", "22023", '0 is outside the valid range for parameter "hnsw.ef_search" (1 .. 1000)'),
        ("hnsw.ef_search", "x", "22023", 'invalid value for parameter "hnsw.ef_search": "x"'),
        ("statement_timeout", "-1", "22023", '-1 ms is outside the valid range for parameter "statement_timeout" (0 ms .. 2147483647 ms)'),
        ("jit", "maybe", "22023", 'parameter "jit" requires a Boolean value'),
        ("hnsw.iterative_scan", "on", "22023", 'invalid value for parameter "hnsw.iterative_scan": "on"'),
        ("timezone", "Mars/Olympus", "22023", 'invalid value for parameter "TimeZone": "Mars/Olympus"'),
        ("nope", "1", "42704", 'unrecognized configuration parameter "nope"'),
        ("hnsw.nope", "1", "42602", 'invalid configuration parameter name "hnsw.nope"'),
        ("server_version", "1", "55P02", 'parameter "server_version" cannot be changed'),
        ("max_connections", "5", "55P02", 'parameter "max_connections" cannot be changed without restarting the server'),
        ("client_encoding", "latin1", "0A000", "conversion between LATIN1 and UTF8 is not supported"),
        ("intervalstyle", "iso_8601", "0A000", "IntervalStyle = iso_8601 is not supported"),
    ],
)  # fmt: skip
def test_bad_values(settings: Settings, name: str, value: str, sqlstate: str, message: str) -> None:
    with pytest.raises(errors.Error) as raised:
        settings.set(name, value)
    assert (raised.value.sqlstate, raised.value.message) == (sqlstate, message)


def test_enum_errors_list_the_choices(settings: Settings) -> None:
    with pytest.raises(errors.InvalidParameterValue) as raised:
        settings.set("hnsw.iterative_scan", "on")
    assert raised.value.hint == "Available values: off, relaxed_order, strict_order."


def test_names_of_unknown_extensions_are_allowed(settings: Settings) -> None:
    settings.set("my.thing", "x")
    assert settings.show("my.thing") == "x"
    with pytest.raises(errors.UndefinedObject):
        settings.show("my.other")


def test_rollback_undoes_set_and_commit_ends_set_local(settings: Settings) -> None:
    settings.begin()
    settings.set("work_mem", "1MB")
    settings.rollback()
    assert settings.show("work_mem") == "4MB"
    settings.begin()
    settings.set("work_mem", "1MB")
    settings.set("work_mem", "2MB", local=True)
    assert settings.show("work_mem") == "2MB"
    settings.commit()
    assert settings.show("work_mem") == "1MB"


def test_rollback_to_a_savepoint(settings: Settings) -> None:
    settings.begin()
    settings.set("jit", "off")
    settings.savepoint("a")
    settings.set("jit", "on", local=True)
    settings.rollback_to("a")
    assert settings.show("jit") == "off"
    settings.commit()
    assert settings.show("jit") == "off"


def test_reset_goes_back_to_the_start_up_value(settings: Settings) -> None:
    settings.start("work_mem", "8MB")
    settings.set("work_mem", "9MB")
    settings.set_default("work_mem")
    assert settings.show("work_mem") == "8MB"


def test_reports_only_what_changed(settings: Settings) -> None:
    assert ("server_encoding", "UTF8") in settings.reports()
    assert settings.reports() == []
    settings.set("application_name", "psql")
    settings.set("work_mem", "1MB")
    assert settings.reports() == [("application_name", "psql")]


def test_rows_cover_every_setting(settings: Settings) -> None:
    rows = {row["name"]: row for row in settings.rows()}
    assert set(rows) == {s.name for s in SETTINGS.values()}
    assert rows["work_mem"]["setting"] == "4096"
    assert rows["work_mem"]["unit"] == "kB"
    assert rows["hnsw.ef_search"]["min_val"] == "1"


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda s: s.name)
def test_every_default_is_a_valid_value(setting: object) -> None:
    assert setting.parse(setting.show(setting.default)) == setting.default  # type: ignore[attr-defined]


@given(st.integers(64, 2**31 - 1))
def test_shown_sizes_read_back(value: int) -> None:
    settings = Settings()
    settings.set("work_mem", f"{value}kB")
    before = settings.get("work_mem")
    settings.set("work_mem", settings.show("work_mem"))
    assert settings.get("work_mem") == before == value


_OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.sampled_from(["work_mem", "jit"]), st.booleans()),
        st.tuples(st.sampled_from(["begin", "commit", "rollback", "savepoint", "rollback_to"])),
    ),
    max_size=30,
)


@given(_OPERATIONS)
def test_histories_agree_with_a_model_of_copied_dicts(history: list[tuple[str, ...]]) -> None:
    """The model copies both layers at every mark."""
    settings = Settings()
    session: dict[str, str] = {}
    local: dict[str, str] = {}
    marks: list[tuple[dict[str, str], dict[str, str]]] = []
    for step, (operation, *arguments) in enumerate(history):
        if operation == "set":
            name, is_local = arguments
            value = f"{step + 64}kB" if name == "work_mem" else ("on" if step % 2 else "off")
            settings.set(name, value, local=bool(is_local))
            if not is_local:
                session[name] = value
                local.pop(name, None)
            elif marks:
                local[name] = value
        elif operation == "begin" and not marks:
            settings.begin()
            marks = [(dict(session), dict(local))]
        elif operation == "savepoint" and marks:
            settings.savepoint("s")
            marks.append((dict(session), dict(local)))
        elif operation == "rollback_to" and len(marks) > 1:
            settings.rollback_to("s")
            session, local = (dict(part) for part in marks[-1])
        elif operation == "commit" and marks:
            settings.commit()
            marks, local = [], {}
        elif operation == "rollback" and marks:
            settings.rollback()
            session, local = dict(marks[0][0]), {}
            marks = []
        for name in ("work_mem", "jit"):
            expected = local.get(name, session.get(name))
            if expected is not None:
                assert settings.get(name) == SETTINGS[name].parse(expected)


def test_zone_of() -> None:
    moment = datetime.datetime(2024, 7, 1, tzinfo=datetime.UTC)
    assert zone_of("UTC") is datetime.UTC
    assert moment.astimezone(zone_of("<-03:30>+03:30")).utcoffset() == datetime.timedelta(
        hours=-3, minutes=-30
    )
    assert moment.astimezone(zone_of("Europe/Zurich")).hour == 2
