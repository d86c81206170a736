"""Puts heads, anchors and keys into the words and parts of the Integrity page."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.anchors import selectors as anchors
from audit.anchors.models import AuditAnchor
from audit.expiry.selectors import MOST_COUNTED
from audit.explorer.pages import Pages
from audit.integrity import comparing
from audit.integrity.forms import EVER, DaysForm, YearsForm, years
from audit.integrity.seen import Seen, Verdict
from audit.integrity.selectors import Head
from audit.log import checkpoints, cosignatures
from audit.log.selectors import Log
from audit.pruning import selectors as pruned
from audit.pruning.models import AuditPruning
from audit.pruning.rules import GRACE, is_shorter
from kit import formatting
from kit.formatting import grouped

_ANCHORS = 12


def page(
    log: Log,
    *,
    pages: Pages,
    heads: Sequence[Head],
    last: Seen | None,
    verdict: Verdict,
    now: datetime,
) -> dict[str, Any]:
    """What the page shows."""
    newest = heads[0] if heads else None
    return {
        "crumbs": [
            *pages.crumbs()[:-1],
            {"label": _("Audit log"), "url": pages.list_url()},
            {"label": _("Integrity")},
        ],
        "notice": comparing.with_seen(verdict, last=last, newest=newest),
        "head": newest and _facts(newest, now=now),
        "note": newest and newest.block.note,
        "earlier": [_earlier(head) for head in heads[1:]],
        "anchors": [_anchor(one, now=now) for one in anchors.newest(count=_ANCHORS)],
        "witness": cosignatures.configured_key(),
        "has_authority": bool(settings.CUSTOS_TIMESTAMP_URL),
        "keys": _keys(log, newest=newest),
        "keys_url": settings.CUSTOS_BASE_URL.rstrip("/") + reverse("audit:log-keys"),
        "tiles_url": settings.CUSTOS_BASE_URL.rstrip("/") + "/v1/audit/log/",
        "epoch": newest.block.epoch if newest else 1,
    }


def details(pages: Pages, *, days: int, can: Any) -> dict[str, Any]:
    """The card that says how long details are kept, with its form."""
    return {
        "days": days,
        "form": DaysForm(initial={"days": days}),
        "url": pages.url("details-kept"),
        "can": can,
    }


def details_page(
    pages: Pages, *, days: int, form: DaysForm, asked: dict[str, str] | None
) -> dict[str, Any]:
    """What the page before the change shows; `asked` where days were given."""
    return {
        "crumbs": [
            *pages.crumbs()[:-1],
            {"label": _("Audit log"), "url": pages.list_url()},
            {"label": _("Integrity"), "url": pages.url("integrity")},
            {"label": _("Details")},
        ],
        "days": days,
        "form": form,
        "asked": asked,
        "url": pages.url("details-kept"),
    }


def asked(
    pages: Pages, log: Log, *, days: int, before: int, gone: int, at: datetime
) -> dict[str, str]:
    """What the days take at once, in words, and where to go from there.

    Entries that only their details kept longer go after their own grace.
    """
    number = grouped(gone) if gone < MOST_COUNTED else _("%s or more") % grouped(gone)
    if days > before:
        text = _("Details that are gone stay gone; all others stay longer.")
    elif gone:
        text = ngettext(
            "%s entry loses its details within minutes, for good: who acted, from"
            " where, and the values before and after. The entry and its proof stay.",
            "%s entries lose their details within minutes, for good: who acted, from"
            " where, and the values before and after. Entries and proofs stay.",
            gone,
        )
        text %= number
    else:
        text = _("No entry loses its details now.")
    entries = pruned.days()
    if entries is not None and entries < before and days < before:
        later = _would_go(log, days=entries, detail_days=days, at=at + GRACE)
        text = _("%(details)s Entries go earlier too: %(later)s") % {
            "details": text,
            "later": later,
        }
    return {
        "action_url": f"{pages.url('details-kept')}?days={days}",
        "title": _("Keep details for %(days)d days instead of %(before)d")
        % {"days": days, "before": before},
        "text": text,
        "keep_url": pages.url("integrity"),
        "keep_label": _("Keep %d days") % before,
        "danger_label": _("Keep details for %d days") % days,
    }


def pruning(pages: Pages, *, state: AuditPruning | None, can: Any) -> dict[str, Any]:
    """The card that says how long entries are kept and how far the log is pruned."""
    days = state.days if state else None
    waits = ""
    if state is not None and state.until_epoch is not None:
        waits = _("Up to index %(index)s of epoch %(epoch)s they go from %(when)s on.")
        waits %= {
            "index": grouped(state.until_index or 0),
            "epoch": state.until_epoch,
            "when": formatting.absolute(state.goes_from) if state.goes_from else "",
        }
    return {
        "text": _kept(days),
        "below": pruned.sentence(state.done) if state else "",
        "waits": waits,
        "form": YearsForm(initial={"days": EVER if days is None else str(days)}),
        "url": pages.url("log-kept"),
        "can": can,
    }


def log_page(
    pages: Pages,
    *,
    days: int | None,
    form: YearsForm,
    asked: dict[str, str] | None,
) -> dict[str, Any]:
    """What the page before the change shows; `asked` where a time was chosen."""
    return {
        "crumbs": [
            *pages.crumbs()[:-1],
            {"label": _("Audit log"), "url": pages.list_url()},
            {"label": _("Integrity"), "url": pages.url("integrity")},
            {"label": _("Entries")},
        ],
        "kept": _kept(days),
        "form": form,
        "url": pages.url("log-kept"),
        "asked": asked,
    }


def asked_of_log(
    pages: Pages, log: Log, *, days: int | None, before: int | None, at: datetime
) -> dict[str, str]:
    """What a time takes of the log, in words, and where to go from there."""
    chosen = EVER if days is None else str(days)
    title = _("Keep entries: %(after)s instead of %(before)s") % {
        "after": years(days).lower(),
        "before": years(before).lower(),
    }
    text = _("Entries that are gone stay gone; all others stay longer.")
    if days is not None and is_shorter(before=before, after=days):
        text = _would_go(log, days=days, at=at + GRACE)
    return {
        "action_url": f"{pages.url('log-kept')}?days={chosen}",
        "title": title,
        "text": text,
        "keep_url": pages.url("integrity"),
        "keep_label": _("Change nothing"),
        "danger_label": title,
    }


def _kept(days: int | None) -> str:
    if days is None:
        return _("Entries are kept for ever.")
    return _("Entries are kept for %s.") % years(days).lower()


def _would_go(
    log: Log, *, days: int, detail_days: int | None = None, at: datetime
) -> str:
    """The preview of a shorter time, at the end of its grace."""
    found = pruned.preview(
        organization_id=log.organization_id, days=days, detail_days=detail_days, at=at
    )
    held = _("A legal hold keeps the next ones, until it is released.")
    if not found.entries or found.first_at is None or found.last_at is None:
        text = _(
            "No entry is that old yet. From %s on each goes once it is, for good, with"
            " all that is left of its details. Hashes stay: every signed head holds."
        ) % formatting.absolute(at)
        return f"{text} {held}" if found.waits_for_hold else text
    number = grouped(found.entries)
    text = _(
        "%(number)s entries, made from %(first)s to %(last)s, go from %(when)s on, for"
        " good, with all that is left of their details. Until then a longer time undoes"
        " it. Their hashes stay: every signed head still holds."
    ) % {
        "number": _("%s or more") % number if found.is_more else number,
        "first": formatting.absolute(found.first_at),
        "last": formatting.absolute(found.last_at),
        "when": formatting.absolute(at),
    }
    return f"{text} {held}" if found.waits_for_hold else text


def _facts(head: Head, *, now: datetime) -> list[dict[str, Any]]:
    block = head.block
    sealed = formatting.absolute(head.sealed_at, seconds=True)
    ago = formatting.relative(head.sealed_at, now=now)
    signers = ", ".join(_fingerprint(key.key_hash) for key in head.signers)
    return [
        {"name": _("Entries"), "value": grouped(block.end)},
        {"name": _("Epoch"), "value": str(block.epoch)},
        {"name": _("Sealed"), "value": f"{sealed}, {ago}"},
        {"name": _("Root"), "value": _root(block.root), "is_mono": True},
        {"name": _("Signed by"), "value": signers or _("nobody known")},
        {
            "name": _("Outside the database"),
            "value": _("the same head") if head.is_published else _("another head"),
        },
    ]


def _earlier(head: Head) -> dict[str, Any]:
    return {
        "epoch": head.block.epoch,
        "size": head.block.end,
        "root": _root(head.block.root),
    }


def _anchor(one: AuditAnchor, *, now: datetime) -> dict[str, Any]:
    return {
        "at": one.anchored_at,
        "ago": formatting.relative(one.anchored_at, now=now),
        "epoch": one.epoch,
        "size": one.size,
        "index": one.index,
        "is_proven": one.index is not None,
        "witness": one.cosigned and cosignatures.last_name(one.cosigned),
        "witnessed_at": one.cosigned_at,
        "stamped_at": one.stamped_at,
    }


def _keys(log: Log, *, newest: Head | None) -> list[dict[str, Any]]:
    signing = newest.signers if newest else ()
    return [
        {
            "vkey": key.vkey,
            "fingerprint": _fingerprint(key.key_hash),
            "epoch": key.name.rpartition("/")[2],
            "signs_now": key in signing,
        }
        for key in reversed(checkpoints.keys_of(log.uuid))
    ]


def _root(root: bytes) -> str:
    return base64.b64encode(root).decode()


def _fingerprint(key_hash: bytes) -> str:
    return key_hash.hex()
