"""`make run` works for an ordinary user in a clean copy, with Python and make alone."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from config.launcher import ports
from config.launcher.surroundings import BASE_DIR
from tests.config.launcher.installation import bare_environment

_UID = 65534
_NOT_COPIED = (".git", ".venv", ".custos", "__pycache__", ".*_cache", ".hypothesis")
_SECONDS = 600

pytestmark = [
    pytest.mark.slow,
    pytest.mark.allowed_skip,  # an ordinary user runs all the other tests as one
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
]


def test_an_ordinary_user_starts_from_a_clean_copy() -> None:
    folder = Path("/tmp") / f"custos-ordinary-{os.getpid()}"
    shutil.copytree(BASE_DIR, folder, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    try:
        subprocess.run(["chown", "-R", f"{_UID}:{_UID}", str(folder)], check=True)
        folder.chmod(0o700)
        _make_run(folder)
    finally:
        shutil.rmtree(folder)


def _make_run(folder: Path) -> None:
    port = ports.any_free()
    environment = bare_environment(
        HOME=str(folder), PORT=str(port), PATH="/usr/local/bin:/usr/bin:/bin"
    )
    become = ["setpriv", f"--reuid={_UID}", f"--regid={_UID}", "--clear-groups"]
    with subprocess.Popen(
        [*become, "make", "run"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line == f"Custos is ready at http://127.0.0.1:{port}\n":
                break
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C at a terminal
        process.wait(_SECONDS)

    assert f"Custos is ready at http://127.0.0.1:{port}\n" in said, "".join(said)
    assert ports.is_free(port)
