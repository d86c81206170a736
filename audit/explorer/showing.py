"""Puts entries, filters and verifications into the words and parts of the pages."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from audit.explorer import presenters
from audit.explorer.forms import FilterForm
from audit.explorer.presenters import Sentence
from audit.explorer.selectors import Place, Proof, Shown
from audit.log.actions import CATALOG
from audit.log.leaf import Leaf
from audit.verification.models import AuditVerification, State
from audit.verification.walk import Flaw
from kit import formatting
from kit.formatting import grouped

_FLAWS = {
    Flaw.EDITED: _lazy("Entry %s was changed after it was sealed"),
    Flaw.MISSING: _lazy("Entry %s is missing"),
    Flaw.ADDED: _lazy("An entry was slipped in at %s"),
    Flaw.REORDERED: _lazy("Entry %s was moved"),
    Flaw.REWRITTEN: _lazy("What was sealed from entry %s on was rewritten"),
    Flaw.SIGNATURE: _lazy("The seal over entry %s is not signed by the key of the log"),
    Flaw.TRUNCATED: _lazy("The log was cut off before entry %s"),
    Flaw.FORKED: _lazy("The log from entry %s on is not the one that was published"),
    Flaw.UNSEALED: _lazy("An entry was slipped in below the seal, at %s"),
    Flaw.HIDDEN: _lazy("Entry %s is hidden from the list"),
    Flaw.MISLISTED: _lazy("The list says of entry %s what the entry does not"),
}
_OUTCOMES = {"refused": ("bad", _lazy("Refused")), "error": ("warn", _lazy("Failed"))}
_HASH_SHOWN = 16


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Where the pages are: an organization's, or narrowed to one of its workspaces."""

    organization_id: int
    organization: str
    slug: str
    name: str
    workspace: UUID | None

    @classmethod
    def of(cls, request: Any) -> "Pages":
        """The pages that the request is on."""
        workspace = getattr(request, "workspace", None)
        organization = workspace.organization if workspace else request.organization
        here = workspace or organization
        return cls(
            organization_id=organization.id,
            organization=organization.name,
            slug=here.slug,
            name=here.name,
            workspace=workspace.public_id if workspace else None,
        )

    def url(self, name: str, **place: int) -> str:
        """One of the pages, by the last part of its URL name."""
        if self.workspace:
            kwargs = {"workspace": self.slug} | place
            return reverse(f"audit:workspace-{name}", kwargs=kwargs)
        return reverse(f"audit:{name}", kwargs={"organization": self.slug} | place)

    def list_url(self) -> str:
        """The list."""
        return self.url("entries")

    def crumbs(self) -> list[dict[str, str]]:
        """Where the pages stand."""
        here = [{"label": self.organization}]
        if self.workspace:
            url = reverse("workspaces:overview", kwargs={"workspace": self.slug})
            here.append({"label": self.name, "url": url})
        return [*here, {"label": _("Audit log")}]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the list."""

    at: datetime | None
    who: str
    is_person: bool
    sentence: Sentence
    outcome: tuple[str, str] | None
    number: str
    url: str
    place: Place | None


def row(shown: Shown, *, pages: Pages, query: str = "") -> Row:
    """The line of an entry; one that awaits its seal leads nowhere yet."""
    leaf = shown.leaf
    place, url = None, ""
    if shown.epoch is not None and shown.index is not None:
        place = (shown.epoch, shown.index)
        url = _at(place, pages, query)
    return Row(
        at=leaf.time if leaf else None,
        who=shown.who or _("Erased"),
        is_person=leaf is not None and leaf.actor_kind == "user",
        sentence=shown.sentence,
        outcome=_outcome(leaf),
        number="" if shown.index is None else grouped(shown.index),
        url=url,
        place=place,
    )


def _outcome(leaf: Leaf | None) -> tuple[str, str] | None:
    if leaf is None:
        return "bad", _("Unreadable")
    kind, word = _OUTCOMES.get(leaf.outcome, ("", ""))
    return (kind, str(word)) if kind else None


def by_day(
    entries: Iterable[Shown], *, pages: Pages, today: datetime, query: str = ""
) -> list[tuple[str, list[Row]]]:
    """The lines under the name of their day."""
    rows = [row(shown, pages=pages, query=query) for shown in entries]
    return [
        (name, list(group))
        for name, group in groupby(rows, key=lambda one: _day(one.at, today))
    ]


def chips(form: FilterForm, asked: Mapping[str, Any]) -> list[dict[str, str]]:
    """The filters that are on, each with the list without it."""
    return [
        {
            "field": str(form.fields[name].label),
            "relation": _("is"),
            "value": _chosen(form, name, value),
            "remove_url": query({**asked, name: ""}) or "?",
        }
        for name, value in asked.items()
        if value
    ]


def query(asked: Mapping[str, Any], **more: str) -> str:
    """The query string of these filters."""
    kept = {name: value for name, value in {**asked, **more}.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


def badge(
    row: AuditVerification | None, *, pages: Pages, now: datetime
) -> dict[str, Any]:
    """The badge: what the newest verification said and how old that is."""
    url = pages.url("verify")
    if row is None:
        words = {"title": _("Not verified yet"), "fact": "", "wait_kind": "wait"}
        return words | {"verify_url": url, "is_whole": False}
    if row.state == State.DUE:
        title = _("Verifying %(done)s of %(all)s entries") % {
            "done": grouped(row.checked),
            "all": grouped(row.entries),
        }
        return {
            "title": title,
            "fact": formatting.relative(row.requested_at, now=now),
            "wait_kind": "wait",
            "verify_url": url,
            "is_whole": False,
        }
    if row.is_sound:
        title = _("Verified %s entries") % grouped(row.entries)
        fact = _("%s, no gap") % formatting.relative(row.requested_at, now=now)
    else:
        title = flaw_sentence(row)
        fact = formatting.relative(row.requested_at, now=now)
    return {"title": title, "fact": fact, "verify_url": url, "is_whole": row.is_sound}


def flaw_sentence(row: AuditVerification) -> str:
    """What a verification found, naming the entry."""
    return str(_FLAWS[Flaw(row.finding)]) % grouped(row.first_bad_index or 0)


def drawer(
    shown: Shown,
    *,
    pages: Pages,
    proof: Proof | None,
    verification: AuditVerification | None,
    beside: tuple[Place | None, Place | None],
    query: str,
    now: datetime,
) -> dict[str, Any]:
    """One entry in full; `query` keeps the list beside it as it was."""
    leaf = shown.leaf
    newer, older = (_at(place, pages, query) for place in beside)
    at = leaf.time if leaf else None
    return {
        "label": _("Entry %s") % grouped(shown.index or 0),
        "title": str(shown.sentence),
        "subtitle": at
        and f"{formatting.absolute(at, seconds=True)},"
        f" {formatting.relative(at, now=now)}",
        "previous_url": newer,
        "next_url": older,
        "close_url": pages.list_url() + query,
        "facts": _facts(shown),
        "changes": _changes(shown),
        "is_true": shown.is_true,
        "raw": _pretty(shown),
        "proof": proof and _proof(proof, shown, verification),
    }


def _at(place: Place | None, pages: Pages, query: str) -> str:
    if place is None:
        return ""
    return pages.url("entry", epoch=place[0], index=place[1]) + query


def _facts(shown: Shown) -> list[dict[str, Any]]:
    leaf, opened = shown.leaf, shown.opened
    if leaf is None:
        return []
    role = str(opened.get("actor_role", "")).replace("_", " ")
    kind = presenters.actor_kind(leaf.actor_kind)
    named = ", ".join(part for part in (shown.who or _("Erased"), role or kind) if part)
    facts: list[dict[str, Any]] = [
        {"name": _("Who"), "value": named},
        {"name": _("From"), "value": opened.get("ip"), "is_mono": True},
        {"name": _("With"), "value": opened.get("user_agent")},
        {
            "name": _("On"),
            "value": f"{leaf.target_kind.replace('_', ' ')} {leaf.target_id}",
        },
        {"name": _("Why"), "value": opened.get("reason")},
        {"name": _("Policy"), "value": leaf.policy},
    ]
    facts += [
        {"name": _name(name), "value": grouped(count)}
        for name, count in leaf.counts.items()
    ]
    facts += [
        {"name": _name(name.removeprefix("detail.")), "value": _plain(value)}
        for name, value in opened.items()
        if name.startswith("detail.")
    ]
    return [fact for fact in facts if fact["value"]]


def _changes(shown: Shown) -> list[dict[str, Any]]:
    found = []
    for name, value in shown.opened.items():
        if name.startswith("change.") and isinstance(value, list) and len(value) > 1:
            before, after = value
            if before == after:
                continue
            found.append(
                {
                    "field": name.removeprefix("change."),
                    "before": None if before is None else _plain(before),
                    "after": None if after is None else _plain(after),
                }
            )
    return found


def _proof(
    proof: Proof, shown: Shown, verification: AuditVerification | None
) -> dict[str, Any]:
    if not proof.holds:
        kind, word = "bad", _("Does not lead to the signed head")
    elif _was_verified(shown, verification):
        kind, word = "ok", _("In the verified range")
    else:
        kind, word = "wait", _("Sealed, not verified yet")
    return {
        "kind": kind,
        "word": word,
        "hash": proof.leaf_hash.hex()[:_HASH_SHOWN],
        "steps": len(proof.hashes),
        "size": proof.size,
    }


def _was_verified(shown: Shown, verification: AuditVerification | None) -> bool:
    return (
        verification is not None
        and verification.is_sound
        and shown.index is not None
        and shown.index < verification.entries
    )


def _pretty(shown: Shown) -> str:
    try:
        return json.dumps(json.loads(shown.raw), indent=2, ensure_ascii=False)
    except ValueError:
        return shown.raw.decode(errors="replace")


def _day(at: datetime | None, today: datetime) -> str:
    if at is None:
        return _("Unknown day")
    name = date_format(at, "D j M Y")
    days = (today.date() - at.date()).days
    near = {0: _("Today"), 1: _("Yesterday")}.get(days)
    return f"{near}, {name}" if near else name


def _chosen(form: FilterForm, name: str, value: Any) -> str:
    if name == "action":
        return str(CATALOG[value].label)
    choices = dict(getattr(form.fields[name], "choices", ()))
    return str(choices.get(value, value))


def _name(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
