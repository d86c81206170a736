"""Ports are kept while they are free, and the web's is refused with a way out."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.launcher import bootstrap, ports
from config.launcher.home import Memory
from config.launcher.problems import CannotStart


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "launcher.json")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((ports.HOST, 0))
        server.listen()
        yield int(server.getsockname()[1])


def test_a_found_port_is_kept(memory: Memory) -> None:
    first = ports.kept(memory, name="valkey")

    assert ports.kept(memory, name="valkey") == first


def test_a_taken_port_gives_way_to_another(memory: Memory, taken: int) -> None:
    memory.keep("port:valkey", taken)

    other = ports.kept(memory, name="valkey")

    assert other != taken
    assert memory.recall("port:valkey") == other


def test_a_taken_web_port_names_a_free_one(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "_SECONDS_TO_FREE", 0.0)

    with pytest.raises(CannotStart, match=r"make run PORT=\d+") as refusal:
        ports.for_web(str(taken))

    assert ports.is_free(int(str(refusal.value).partition("PORT=")[2].split("`")[0]))


@pytest.mark.parametrize("asked", ["", "http", "0", "-1", "65536"])
def test_what_is_no_port_is_refused(asked: str) -> None:
    with pytest.raises(CannotStart, match="no port"):
        ports.for_web(asked)


def test_a_taken_port_is_told_before_anything_is_installed(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[object] = []
    monkeypatch.setattr(ports, "_SECONDS_TO_FREE", 0.0)
    monkeypatch.setattr(bootstrap, "_is_complete", lambda _files: False)
    monkeypatch.setattr(bootstrap, "_install", installed.append)
    monkeypatch.setenv("PORT", str(taken))

    with pytest.raises(SystemExit, match=f"Port {taken} is taken"):
        bootstrap.main([])
    assert not installed

    bootstrap.main(["--dev"])  # tests listen nowhere
    assert installed
