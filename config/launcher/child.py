"""Becomes another program that ends with its parent, under another account if asked.

Run as a script, by path, in front of every program that the launcher starts:

    child.py --parent PID --signal N [--map UID | --switch UID GID] -- PROGRAM ...

`--map` enters a user namespace in which the caller appears as UID: PostgreSQL refuses
to run as root, yet files stay root's own and nobody's permissions widen. `--switch`
gives up root for good; it is for kernels without user namespaces.
"""

import argparse
import ctypes
import os
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000


def main() -> None:
    """Reads the command line and becomes the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--map", type=int)
    parser.add_argument("--switch", type=int, nargs=2)
    parser.add_argument("program", nargs="+")
    asked = parser.parse_args()
    if asked.map is not None:
        _appear_as(asked.map)
    elif asked.switch:
        _switch_to(*asked.switch)
    # After the change of account: the kernel forgets the signal on each such change.
    end_with_parent(asked.signal)
    if os.getppid() != asked.parent:
        raise SystemExit("The launcher ended before its child began.")
    os.execvp(asked.program[0], asked.program)  # noqa: S606


def end_with_parent(number: int) -> None:
    """Ask the kernel for signal `number` when the parent of this process ends."""
    _check(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number))


def _appear_as(uid: int) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _check(ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{uid} {outer_gid} 1")


def _switch_to(uid: int, gid: int) -> None:
    os.chdir("/")
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main()
