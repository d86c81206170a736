"""The newest leaves of the log of the test's organization."""

from typing import Any

from django.db import connection

from tests.retention.conftest import Stage


def of(stage: Stage, action: str) -> list[dict[str, Any]]:
    with stage.scope(), connection.cursor() as cursor:
        cursor.execute(
            "select convert_from(leaf, 'UTF8')::json from audit_entry"
            " where convert_from(leaf, 'UTF8')::json ->> 'action' = %s order by id",
            [action],
        )
        return [row[0] for row in cursor.fetchall()]
