"""An address is connected as another role without losing the rest of it."""

import pytest

from config.launcher.provisioning import Logins

LOGINS = Logins(prefix="custos", passwords={"app": "pass-word_1"})


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (
            "postgres://admin:secret@db.example:5433/site?sslmode=require",
            "postgres://custos_app:pass-word_1@db.example:5433/site?sslmode=require",
        ),
        (
            "postgres://db.example/site",
            "postgres://custos_app:pass-word_1@db.example/site",
        ),
        (
            "postgres://a:b%40c@[::1]:5432/s",
            "postgres://custos_app:pass-word_1@[::1]:5432/s",
        ),
    ],
)
def test_only_the_login_changes(base: str, expected: str) -> None:
    assert LOGINS.url("app", base=base) == expected
