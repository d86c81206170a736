"""A dead server's number in postmaster.pid does not keep a new one out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.launcher import postgres
from config.launcher.accounts import MYSELF
from config.launcher.cluster import Cluster

_REST = "/data\n1795476113\n5432\n\n127.0.0.1\n  1234567         3\nready   \n"


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(programs=tmp_path, data=tmp_path, account=MYSELF, password="")


def _write(cluster: Cluster, number: object) -> Path:
    path = cluster.data / "postmaster.pid"
    path.write_text(f"{number}\n{_REST}")
    return path


def test_a_zombie_gives_way_and_the_shared_memory_key_stays(cluster: Cluster) -> None:
    dead = subprocess.Popen(["true"])
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)  # ended, not reaped
    path = _write(cluster, dead.pid)

    postgres.disown_dead_postmaster(cluster)

    assert path.read_text() == f"{os.getpid()}\n{_REST}"
    dead.wait()


def test_a_stranger_with_the_number_gives_way(cluster: Cluster) -> None:
    path = _write(cluster, os.getppid())

    postgres.disown_dead_postmaster(cluster)

    assert path.read_text().startswith(f"{os.getpid()}\n")


def test_a_server_in_the_folder_keeps_its_number(cluster: Cluster) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], cwd=cluster.data, stdin=subprocess.PIPE
    ) as server:
        path = _write(cluster, server.pid)

        postgres.disown_dead_postmaster(cluster)

        assert path.read_text().startswith(f"{server.pid}\n")


@pytest.mark.parametrize("text", ["", "\n", "nonsense\nmore", "-12\nsingle user"])
def test_another_file_is_left_alone(cluster: Cluster, text: str) -> None:
    path = cluster.data / "postmaster.pid"
    path.write_text(text)

    postgres.disown_dead_postmaster(cluster)

    assert path.read_text() == text
