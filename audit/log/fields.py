"""A column of PostgreSQL's 64-bit transaction ids, and the id of the present one."""

from typing import Any

from django.db import models


class TransactionIdField(models.BigIntegerField):  # type: ignore[type-arg]
    """An xid8: grows with every writing transaction and is never used twice."""

    description = "PostgreSQL transaction id"

    def db_type(self, *_: Any, **__: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, *_: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else str(value)


class CurrentTransactionId(models.Func):
    """The id of the transaction that runs the statement."""

    function = "pg_current_xact_id"
    arity = 0
    output_field = TransactionIdField()
