"""PostgreSQL runs as oneself, under another number, or as somebody unprivileged."""

import os
import pwd
import subprocess

import pytest

from config.launcher import accounts
from config.launcher.accounts import MYSELF, Account
from config.launcher.problems import CannotStart


def test_an_ordinary_user_runs_it_as_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    somebody = next(entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid)
    monkeypatch.setattr(os, "geteuid", lambda: somebody)

    assert accounts.for_postgres({}) == MYSELF


def test_root_appears_as_somebody_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(accounts, "_works", lambda _account: True)

    chosen = accounts.for_postgres({})

    assert chosen.mapped_to
    assert pwd.getpwuid(chosen.mapped_to).pw_name


def test_root_gives_way_where_namespaces_are_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(accounts, "_works", lambda _account: False)

    chosen = accounts.for_postgres({})

    assert chosen.switched_to
    assert chosen.switched_to[0] != 0


def test_root_may_name_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    nobody = pwd.getpwnam("nobody")

    chosen = accounts.for_postgres({"CUSTOS_POSTGRES_ACCOUNT": "nobody"})

    assert chosen == Account(switched_to=(nobody.pw_uid, nobody.pw_gid))


def test_an_unknown_account_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    with pytest.raises(CannotStart, match="CUSTOS_POSTGRES_ACCOUNT"):
        accounts.for_postgres({"CUSTOS_POSTGRES_ACCOUNT": "nobody-like-that"})


def test_a_user_without_a_name_and_namespaces_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    monkeypatch.setattr(accounts, "_works", lambda _account: False)

    with pytest.raises(CannotStart, match="DATABASE_URL"):
        accounts.for_postgres({})


def test_a_child_becomes_its_program() -> None:
    done = subprocess.run(
        MYSELF.command("sh", "-c", "echo $PPID"),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == str(os.getpid())
