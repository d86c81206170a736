"""Starts the servers when a run begins and removes every trace when it ends."""

import contextlib
import os
import shutil

import pytest

from tests.harness import servers, stand, templates

_STACK = pytest.StashKey[contextlib.ExitStack]()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """In the first process, before it starts workers.

    Migrations that fail are reported by the tests that need a database only.
    """
    if stand.is_worker() or session.config.option.collectonly:
        return
    stack = session.config.stash[_STACK] = contextlib.ExitStack()
    at = stand.of_this_run()
    stack.enter_context(servers.valkey_running(at))
    try:
        found = templates.copy_into(at)
    except RuntimeError as failure:
        os.environ[stand.FAILURE] = str(failure)
        return
    stack.enter_context(
        servers.postgres_running(found, port=at.postgres_port, folder=at.path)
    )


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """After the workers ended."""
    if stand.is_worker():
        return
    config.stash.get(_STACK, contextlib.ExitStack()).close()
    shutil.rmtree(stand.of_this_run().path, ignore_errors=True)
