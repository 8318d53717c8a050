"""The chain holds under concurrency, and every kind of tampering shows."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from auditing.accounts.models import User
from auditing.journal.models import Entry, Head
from auditing.journal.services import GENESIS, SYSTEM, first_broken_entry, record


def tamper(sql: str, *params: object) -> None:
    """Change rows as somebody could who owns the database and can switch its triggers off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql, params)
            cursor.execute("SET session_replication_role = origin")
        else:
            cursor.execute("DROP TRIGGER journal_entry_no_update")
            cursor.execute("DROP TRIGGER journal_entry_no_delete")
            cursor.execute(sql, params)


def three_entries(by: User) -> list[Entry]:
    return [record(by=by, verb=verb, subject=by) for verb in ("opened", "moved", "closed")]


def test_an_empty_journal_holds(db):
    assert first_broken_entry() is None


def test_entries_follow_one_another(lead):
    first, second, third = three_entries(lead)
    assert (first.previous_hash, second.previous_hash, third.previous_hash) == (
        GENESIS,
        first.hash,
        second.hash,
    )
    assert [first.sequence, second.sequence, third.sequence] == [1, 2, 3]
    assert first_broken_entry() is None


def test_an_entry_names_who_did_what(lead):
    record(by=lead, verb="renamed", subject=lead, details={"old": "x"})
    entry = Entry.objects.get()
    assert (entry.actor_id, entry.actor_name, entry.verb) == (lead.pk, "Lead", "renamed")
    assert (entry.subject_kind, entry.subject_id, entry.details) == (
        "accounts.user",
        str(lead.pk),
        {"old": "x"},
    )


def test_the_system_acts_without_a_person(lead):
    assert record(by=None, verb="released", subject=lead).actor_name == SYSTEM


@pytest.mark.parametrize(
    "details",
    [
        {"zero": -0.0, "huge": 1e22, "small": 1e-7, "third": 1 / 3, "big": 2**60, "one": 1.0},
        {"nul": "a\0b", "surrogate": "\ud800", "emoji": "é☃𝄞", "\0key": 1},
        {"nested": [{"deep": (1, 2.5, None, True)}]},
    ],
)
def test_a_hash_holds_after_the_database_gave_the_details_back(lead, details):
    record(by=lead, verb="noted", subject=lead, details=details)
    assert first_broken_entry() is None


def test_what_is_not_json_is_refused(lead):
    with pytest.raises(ValueError, match="Out of range float"):
        record(by=lead, verb="noted", subject=lead, details={"x": float("nan")})


@pytest.mark.parametrize(
    ("sql", "sequence", "reason"),
    [
        (
            "UPDATE journal_entry SET verb = 'forged' WHERE sequence = 2",
            2,
            "its content does not match its hash",
        ),
        (
            "UPDATE journal_entry SET actor_name = 'x' WHERE sequence = 1",
            1,
            "its content does not match its hash",
        ),
        ("DELETE FROM journal_entry WHERE sequence = 2", 2, "an entry is missing"),
        ("DELETE FROM journal_entry WHERE sequence = 3", 3, "entries are missing from the end"),
        ("UPDATE journal_entry SET previous_hash = 'x' WHERE sequence = 3", 3, "it does not follow"),
    ],
)
def test_tampering_shows(lead, sql, sequence, reason):
    three_entries(lead)
    tamper(sql)
    broken = first_broken_entry()
    assert broken is not None
    assert broken[0] == sequence
    assert reason in broken[1]


@pytest.mark.parametrize(
    "sql", ["UPDATE journal_entry SET verb = 'forged'", "DELETE FROM journal_entry", "TRUNCATE journal_entry"]
)
def test_the_database_itself_refuses_change(lead, sql):
    if connection.vendor == "sqlite" and sql.startswith("TRUNCATE"):
        pytest.skip("SQLite has no TRUNCATE")
    three_entries(lead)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert Entry.objects.count() == 3


def test_the_orm_cannot_delete_an_entry(lead):
    three_entries(lead)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Entry.objects.all().delete()


def test_a_rolled_back_act_leaves_no_entry(lead):
    with transaction.atomic():
        record(by=lead, verb="began", subject=lead)
        transaction.set_rollback(True)
    assert not Entry.objects.exists()
    assert first_broken_entry() is None


@pytest.mark.django_db(transaction=True)
def test_eight_threads_append_and_the_chain_holds(lead):
    def append(thread: int) -> None:
        try:
            for step in range(10):
                record(by=lead, verb="counted", subject=lead, details={"thread": thread, "step": step})
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(append, range(8)))
    assert Entry.objects.count() == 80
    assert Head.objects.get().sequence == 80
    assert first_broken_entry() is None


def test_verify_journal_says_it_holds(lead, capsys):
    three_entries(lead)
    call_command("verify_journal", "--json")
    assert json.loads(capsys.readouterr().out) == {"ok": True, "entries": 3}


def test_verify_journal_says_where_it_breaks(lead, capsys):
    three_entries(lead)
    tamper("UPDATE journal_entry SET verb = 'forged' WHERE sequence = 2")
    with pytest.raises(SystemExit) as stop:
        call_command("verify_journal", "--json")
    assert stop.value.code == 2
    answer = json.loads(capsys.readouterr().out)
    assert answer == {
        "ok": False,
        "entries": 3,
        "broken_at": 2,
        "reason": "its content does not match its hash",
    }
