"""The folder holds whole blobs for their owner alone."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from kit.blobs import LocalFolder

ID = UUID("0123456789abcdef0123456789abcdef")


def files_below(root: Path) -> list[Path]:
    return [path.relative_to(root) for path in root.rglob("*") if path.is_file()]


def test_a_blob_lies_two_levels_down_closed_to_others(tmp_path: Path) -> None:
    LocalFolder(tmp_path).put(ID, [b"text"])

    (path,) = files_below(tmp_path)
    assert path == Path("01/23/0123456789abcdef0123456789abcdef.blob")
    assert (tmp_path / path).stat().st_mode & 0o777 == 0o600


def test_a_broken_upload_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        LocalFolder(tmp_path).put(ID, [b"text", None])  # type: ignore[list-item]

    assert files_below(tmp_path) == []


def test_a_replaced_blob_is_read_to_its_old_end(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    folder.put(ID, [b"old"])
    reading = folder.open(ID)

    folder.put(ID, [b"new"])

    assert b"".join(reading) == b"old"


def test_strange_files_in_the_folder_are_no_blobs(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    folder.put(ID, [b"text"])
    (tmp_path / "01/23/notes.blob").touch()
    (tmp_path / "unfinished/tmp1").touch()

    assert list(folder.ids()) == [ID]


def test_what_a_killed_writer_left_goes_once_it_is_old(tmp_path: Path) -> None:
    blobs = LocalFolder(tmp_path)
    blobs.put(ID, [b"whole"])
    old, young = (tmp_path / "unfinished" / name for name in ("old", "young"))
    for one in (old, young):
        one.write_bytes(b"half")
    a_day = timedelta(days=1)
    os.utime(old, (0, 0))

    assert blobs.forget_unfinished(older_than=a_day) == 1
    assert blobs.forget_unfinished(older_than=a_day) == 0

    assert [one.name for one in (tmp_path / "unfinished").iterdir()] == ["young"]
    assert blobs.exists(ID)
