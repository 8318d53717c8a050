"""The database itself refuses to change or remove a journal entry."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

REFUSE_POSTGRES = """
CREATE FUNCTION journal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only';
END
$$;
CREATE TRIGGER journal_entry_append_only BEFORE UPDATE OR DELETE ON journal_entry
    FOR EACH ROW EXECUTE FUNCTION journal_refuse_change();
CREATE TRIGGER journal_entry_no_truncate BEFORE TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_change();
"""
ALLOW_POSTGRES = """
DROP TRIGGER journal_entry_append_only ON journal_entry;
DROP TRIGGER journal_entry_no_truncate ON journal_entry;
DROP FUNCTION journal_refuse_change();
"""
REFUSE_SQLITE = [
    f"CREATE TRIGGER journal_entry_no_{verb.lower()} BEFORE {verb} ON journal_entry "
    "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    for verb in ("UPDATE", "DELETE")
]
ALLOW_SQLITE = ["DROP TRIGGER journal_entry_no_update", "DROP TRIGGER journal_entry_no_delete"]


def refuse(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    run(schema_editor, {"postgresql": [REFUSE_POSTGRES], "sqlite": REFUSE_SQLITE})


def allow(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    run(schema_editor, {"postgresql": [ALLOW_POSTGRES], "sqlite": ALLOW_SQLITE})


def run(schema_editor: BaseDatabaseSchemaEditor, statements: dict[str, list[str]]) -> None:
    # a database without these triggers would break a promise: fail rather than go on
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunPython(refuse, allow)]
