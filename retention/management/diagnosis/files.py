"""Examines what lies outside the databases: keys, published heads, room on the disk."""

import os
import shutil
from datetime import datetime
from pathlib import Path

from django.conf import settings

from audit.log import heads
from kit import keyfiles, sealing, signing
from retention.management.diagnosis.findings import Finding, Probe, asked, bad, ok, warn

_GIB = 1 << 30
_PRIVATE = 0o600


@asked(way_out="Put the file back from where it is kept apart from backups.")
def keys(_at: datetime) -> Finding:
    """Key files are whole, and only Custos can read them."""
    sealing.installation_keys()
    log_key = Path(settings.CUSTOS_LOG_KEY_FILE)
    signing.load(log_key)
    installation_key = Path(settings.CUSTOS_INSTALLATION_KEY_FILE)
    keyfiles.read(installation_key)
    wide = [
        path.name
        for path in (installation_key, log_key)
        if path.stat().st_mode & 0o777 != _PRIVATE
    ]
    if wide:
        return warn(
            f"The mode of {' and '.join(wide)} is not 0600.",
            way_out="chmod 600, unless a secret store mounts them for the group.",
        )
    return ok("The installation key and the log key are there, closed to others.")


@asked(way_out="See “After a restore” in docs/operations.md before anything else.")
def published_heads(_at: datetime) -> Finding:
    """No published head of the audit log is ahead of, or other than, the database."""
    folder = Path(settings.CUSTOS_CHECKPOINT_DIR)
    # The sequencer makes the folder with the first head.
    existing = folder if folder.exists() else folder.parent
    if not os.access(existing, os.W_OK | os.X_OK):
        way_out = "Create it, or make it writable for the sequencer."
        return bad(f"{folder} cannot be written.", way_out=way_out)
    broken = heads.disagreements(key=signing.load(Path(settings.CUSTOS_LOG_KEY_FILE)))
    if broken:
        return bad(
            "; ".join(broken),
            way_out="Restored from a backup? Open a new epoch (docs/operations.md)."
            " If not, keep the database as it is: it was changed.",
        )
    return ok("The published heads of the audit log agree with the database.")


@asked(way_out="Create CUSTOS_HOME, or make it readable.")
def disk(_at: datetime) -> Finding:
    """Room for blobs, checkpoints and the outbox."""
    usage = shutil.disk_usage(settings.CUSTOS_HOME)
    free = f"{usage.free / _GIB:.1f} GiB are free where {settings.CUSTOS_HOME} lies."
    way_out = "Make room, or move CUSTOS_BLOB_URL elsewhere."
    if usage.free < _GIB // 2:
        return bad(free, way_out=way_out)
    return warn(free, way_out=way_out) if usage.free < 2 * _GIB else ok(free)


PROBES: dict[str, Probe] = {
    "keys": keys,
    "published heads": published_heads,
    "disk": disk,
}
