"""Gives the table of a simple kind its second line: what a hold covers is not deleted.

For migrations, after the one that made `retention_refuse_held_kind`. A table whose
rows go by a cascade has the guard too, where its rows have an owner: the statement that
would take a held one along fails as a whole.
"""

from django.db import migrations


def guard(table: str, *, owner: str = "owner_id") -> migrations.RunSQL:
    """Refuses each statement that deletes a row whose owner is held."""
    return migrations.RunSQL(
        f"create trigger {table}_is_not_held after delete on {table}"
        " referencing old table as gone for each statement"
        f" execute function retention_refuse_held_kind('{owner}')",
        f"drop trigger {table}_is_not_held on {table}",
    )
