"""What hostile and large files cost: the memory of a process that only reads."""

import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from config.launcher.surroundings import BASE_DIR
from tests.workspaces.content.files import conversation

pytestmark = pytest.mark.slow

MEGABYTE = 1024 * 1024
_READ = """
import resource, sys
from pathlib import Path
from django.conf import settings
settings.configure(USE_I18N=False)
from tests.workspaces.content.files import drafts
list(drafts(Path("tests/data/chatgpt/mikegraham-minimal.json")))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    said = sum(1 for _draft in drafts(Path(sys.argv[1])))
except Exception as refused:
    said = f"{type(refused).__name__}: {refused}"
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
print(said)
"""


def read(path: Path) -> tuple[float, str]:
    """How many megabytes reading the file takes at most, and how it ends."""
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path)],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    kilobytes, said = done.stdout.split("\n", 1)
    return int(kilobytes) / 1024, said.strip()


def packed(path: Path, start: bytes, filler: bytes, times: int) -> Path:
    """A gzip file of `start` and much filler, without ever holding it unpacked."""
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 31)
    with path.open("wb") as file:
        file.write(squeeze.compress(start))
        for _turn in range(times):
            file.write(squeeze.compress(filler))
        file.write(squeeze.flush())
    return path


def test_a_string_of_a_gigabyte(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.json.gz", b'[{"title": "', b"a" * MEGABYTE, 1_024)

    megabytes, said = read(path)

    assert said.startswith("ImportRefused: a.json.gz")
    assert megabytes < 250


def test_a_string_of_a_gigabyte_that_is_not_packed(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.write(b'[{"title": "')
        for _turn in range(256):
            file.write(b"a" * 4 * MEGABYTE)

    megabytes, said = read(path)

    assert "one conversation is longer than 33,554,432 characters" in said
    assert megabytes < 350


def test_a_line_of_a_gigabyte(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.jsonl.gz", b'{"id": "', b"a" * MEGABYTE, 1_024)

    megabytes, said = read(path)

    assert said.startswith("ImportRefused: a.jsonl.gz")
    assert megabytes < 250


def test_many_empty_lists(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.json.gz", b'[{"title": [', b"[]," * MEGABYTE, 64)

    megabytes, said = read(path)

    assert said.startswith("ImportRefused: a.json.gz")
    assert megabytes < 350


def test_ten_thousand_levels(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"title": ' + "[" * 10_000 + "]" * 10_000 + "}]")

    megabytes, said = read(path)

    assert "a.json, conversation 1: the JSON is nested deeper than 100 levels." in said
    assert megabytes < 50


def test_a_large_export_is_read_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("w") as file:
        file.write("[")
        for number in range(60_000):
            file.write(json.dumps(conversation(number)) + ",")
        file.write(json.dumps(conversation(60_000)) + "]")

    megabytes, said = read(path)

    assert said == "60001"
    assert megabytes < 40
