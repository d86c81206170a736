"""Verifiers that others wrote."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

_SOURCE = Path(__file__).parents[2] / "data" / "go-verifier" / "main.go"
_SUMDB = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")

GoVerifier = Callable[..., tuple[int, str]]


def _go() -> str | None:
    found = sorted(Path("/usr/lib").glob("go-*/bin/go"))
    return shutil.which("go") or (str(found[-1]) if found else None)


@pytest.fixture(scope="session")
def go_verifier(tmp_path_factory: pytest.TempPathFactory) -> GoVerifier:
    """Runs Go's note and tlog over an export: exit code and what was said."""
    go = _go()
    if go is None or not _SUMDB.is_dir():
        pytest.skip("needs Debian's golang-golang-x-mod-dev and a Go compiler")
    folder = tmp_path_factory.mktemp("go")
    surroundings = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GOCACHE": str(folder / "cache"),
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "CGO_ENABLED": "0",
    }
    subprocess.run(
        [go, "build", "-p=1", "-o", str(folder / "verifier"), str(_SOURCE)],
        env=surroundings,
        check=True,
        cwd=folder,
    )

    def verify(export: Path, *more: Path) -> tuple[int, str]:
        unpacked = folder / "export"
        shutil.rmtree(unpacked, ignore_errors=True)
        with ZipFile(export) as archive:
            archive.extractall(unpacked)
        done = subprocess.run(
            [str(folder / "verifier"), str(unpacked), *map(str, more)],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    return verify
