"""Gives the table of a simple kind its second line: what a hold covers is not deleted.

For migrations, after the one that made `retention_refuse_held_kind`. A table whose
rows go by a cascade has the guard too, where its rows have an owner: the statement that
would take a held one along fails as a whole.
"""

from collections.abc import Sequence

from django.db import migrations


def guard(
    table: str,
    *,
    owner: str = "owner_id",
    kinds: Sequence[str] = (),
    active: str = "created_at",
    scope: tuple[str, str] = ("", ""),
) -> migrations.RunSQL:
    """Refuses each statement that deletes a row which a hold covers.

    `kinds` are the names under which a hold may want the rows, `active` the column of
    their last activity, `scope` the pair of `Storage.scope`: the words of the arms in
    `retention.holds.coverage`.
    """
    arguments = ", ".join(
        f"'{one}'" for one in (owner, ",".join(kinds), active, *scope)
    )
    return migrations.RunSQL(
        f"create or replace trigger {table}_is_not_held after delete on {table}"
        " referencing old table as gone for each statement"
        f" execute function retention_refuse_held_kind({arguments})",
        f"drop trigger {table}_is_not_held on {table}",
    )
