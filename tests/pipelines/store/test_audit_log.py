"""Audit log: entries are added only, and every change past the trigger is found."""

import threading

import psycopg
import pytest
from click.testing import CliRunner

from pipelines.commands.audit import audit
from pipelines.config.settings import Config, StoreConfig
from pipelines.store.audit_log import AuditHead, add_entry, entries, newest_head, problems
from pipelines.store.pool import open_database, transaction


@pytest.fixture
def pool(reused_postgres_dsn, tmp_path):
    with open_database(Config(store=StoreConfig(dsn=reused_postgres_dsn), data_dir=tmp_path)) as pool:
        yield pool


@pytest.fixture
def connection(pool, reused_postgres_dsn):
    """A connection of a superuser, past the trigger. The log has five entries."""
    with psycopg.connect(reused_postgres_dsn, autocommit=True) as connection:
        for name in ("rina", "budi", "sari", "é 'x'", "tono"):
            with transaction(pool) as other:
                add_entry(other, "admin", "account added", name, {"roles": "planner", "count": 2})
        connection.execute("SET session_replication_role = replica")
        yield connection


def found(connection, noted=None):
    return list(problems(entries(connection), noted))


def test_a_log_that_was_only_added_to_is_whole(connection):
    assert found(connection) == []
    assert found(connection, newest_head(connection)) == []
    assert [entry.subject for entry in entries(connection, after=3)] == ["é 'x'", "tono"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE audit_log SET actor = 'budi' WHERE number = 3", "entry 3 was changed"),
        ("UPDATE audit_log SET at = at - interval '1 microsecond' WHERE number = 3", "entry 3 was changed"),
        ("UPDATE audit_log SET details = details || '{\"count\": 3}' WHERE number = 1", "entry 1 was changed"),
        ("UPDATE audit_log SET details = '{}' WHERE number = 5", "entry 5 was changed"),
        ("DELETE FROM audit_log WHERE number = 2", "entries 2 to 2 are missing"),
        ("DELETE FROM audit_log WHERE number < 3", "entries 1 to 2 are missing"),
        (
            "DELETE FROM audit_log WHERE number = 2; UPDATE audit_log SET number = number - 1 WHERE number > 2",
            "entry 2 does not follow entry 1: one of them was replaced",
        ),
    ],
)
def test_every_change_is_found(connection, change, problem):
    for statement in change.split("; "):
        connection.execute(statement)
    assert problem in found(connection)


def test_missing_entries_at_the_end_and_a_rewritten_log_are_found_by_a_noted_head(connection):
    head = newest_head(connection)
    connection.execute("DELETE FROM audit_log WHERE number = 5")
    assert found(connection) == []
    assert found(connection, head) == ["the log ends before entry 5, which was noted"]
    with connection.transaction():
        add_entry(connection, "admin", "account added", "palsu")
    assert found(connection) == []
    assert found(connection, head) == ["entry 5 is not the one that was noted: the log was written again"]


@pytest.mark.parametrize("change", ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"])
def test_the_database_refuses_changes(connection, pool, change):
    with pytest.raises(psycopg.errors.RaiseException, match="never changed or deleted"), pool.connection() as other:
        other.execute(change)
    assert found(connection) == []


def test_entries_of_several_programs_at_once_form_one_chain(connection, pool):
    def add_some():
        for _ in range(20):
            with transaction(pool) as other:
                add_entry(other, "a", "signed in", "a")

    threads = [threading.Thread(target=add_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found(connection) == []
    assert newest_head(connection).number == 85


def test_an_entry_of_what_was_rolled_back_does_not_exist(connection, pool):
    with pytest.raises(ZeroDivisionError), transaction(pool) as other:
        add_entry(other, "a", "signed in", "a")
        raise ZeroDivisionError
    assert newest_head(connection).number == 5


def test_command_prints_a_head_by_which_it_finds_what_is_missing(connection, tmp_path, reused_postgres_dsn):
    config = tmp_path / "city.yaml"
    config.write_text(f"store: {{dsn: '{reused_postgres_dsn}'}}\ndata_dir: {tmp_path}\n")
    whole = CliRunner().invoke(audit, ["verify", str(config)])
    assert whole.exit_code == 0
    head = whole.output.split()[-1]
    assert whole.output == f"5 entries, 0 problems, head {head}\n"
    connection.execute("DELETE FROM audit_log WHERE number = 5")
    short = CliRunner().invoke(audit, ["verify", "--head", head, str(config)])
    assert (short.exit_code, short.output.splitlines()[0]) == (1, "the log ends before entry 5, which was noted")
    listed = CliRunner().invoke(audit, ["list", "--after", "3", str(config)])
    assert listed.output.endswith("admin  account added  é 'x'  count=2 roles=planner\n")


@pytest.mark.parametrize("text", ["", "5", "5:abc", "x:" + "0" * 64, "-1:" + "0" * 64, "²:" + "0" * 64])
def test_text_that_is_no_head_is_refused(text):
    with pytest.raises(ValueError, match="NUMBER:HASH"):
        AuditHead.parse(text)
