"""Decides about many GPTs for many members, from what one statement reads.

Front ends ask this before every use, so it is written by hand: the GPTs, the shares
that reach these members, what their versions need and what the workspace allows come
back together. Nothing that is sealed is read.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from kit import columns, statements
from workspaces.access.standings import Bundled
from workspaces.access.verdicts import Verdict
from workspaces.gpts.levels import SHOWN_TO_ALL
from workspaces.gpts.models import Gpt, GptShare, ThirdPartyApproval
from workspaces.gpts.rules import Act
from workspaces.gpts.selectors import deciding, finding
from workspaces.gpts.selectors.deciding import Around, Needs
from workspaces.tenancy.selectors import WorkspaceRef

# What a verdict looks at; the rest is deferred.
_OF_GPTS = columns.of(
    Gpt,
    *("id", "workspace_id", "public_id", "owner_id", "visibility", "latest_number"),
    "public_number",
)
_OF_SHARES = columns.of(
    GptShare,
    *("id", "workspace_id", "gpt_id", "membership_id", "group_id", "can_read"),
    *("can_view_config", "can_write"),
)
_READ = f"""
with g as materialized (
    select {", ".join(_OF_GPTS)} from workspaces_gpt
    where workspace_id = %(workspace)s and public_id = any(%(gpts)s)
        and deleted_at is null
), s as materialized (
    select {", ".join(f"i.{name}" for name in _OF_SHARES)}
    from g join workspaces_gptshare i on i.workspace_id = %(workspace)s
        and i.membership_id = any(%(members)s::bigint[]) and i.gpt_id = g.id
    union all
    select {", ".join(f"i.{name}" for name in _OF_SHARES)}
    from g join workspaces_gptshare i on i.workspace_id = %(workspace)s
        and i.group_id = any(%(groups)s::bigint[]) and i.gpt_id = g.id
), v as materialized (
    select i.gpt_id, i.number, i.tools, i.action_hosts, i.connectors
    from g join workspaces_gptversion i on i.gpt_id = g.id
        and i.number in (g.latest_number, g.public_number)
)
select
    (select json_agg(json_build_array(
        {", ".join(f"g.{name}" for name in _OF_GPTS)})) from g),
    (select json_agg(json_build_array(
        {", ".join(f"s.{name}" for name in _OF_SHARES)})) from s),
    (select json_agg(json_build_array(n.id, n.name)) from workspaces_group n
        where n.id = any (array(select s.group_id from s where s.group_id > 0))),
    (select json_agg(json_build_array(
        v.gpt_id, v.number, v.tools, v.action_hosts, v.connectors)) from v),
    (select json_agg(p.allows_public) from workspaces_gptpolicy p
        where p.workspace_id = %(workspace)s),
    (select json_agg(d.domain) from workspaces_actiondomain d
        where d.workspace_id = %(workspace)s
            and exists (select from v where v.action_hosts <> '[]'))
"""  # noqa: S608 -- constants


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What one member wants to do with one GPT."""

    by: Bundled
    gpt: UUID
    act: Act
    level: str = ""


def decide(*, wishes: Sequence[Wish], workspace: WorkspaceRef) -> list[Verdict | None]:
    """One verdict a wish; None where there is no such GPT that reaches the member."""
    known = _read(wishes, workspace)
    return [known.verdict(one) for one in wishes]


def found_by(*, by: Bundled, after: str, size: int) -> list[UUID]:
    """The GPTs that a member made, was given or finds in a list, those after one."""
    given = GptShare.objects.filter(
        Q(membership_id=by.member.pk) | Q(group_id__in=list(by.group_ids))
    )
    rows = finding.live().filter(
        Q(owner_id=by.member.pk)
        | Q(id__in=given.values("gpt_id"))
        | Q(visibility__in=[one.value for one in SHOWN_TO_ALL])
    )
    if after:
        rows = rows.filter(public_id__gt=after)
    return list(rows.order_by("public_id").values_list("public_id", flat=True)[:size])


def approved(*, external_ids: Collection[str]) -> set[str]:
    """Those of these GPTs from outside that an admin has approved."""
    rows = ThirdPartyApproval.objects.filter(
        external_id__in=external_ids, withdrawn_at__isnull=True
    )
    return set(rows.values_list("external_id", flat=True))


def approved_after(*, after: str, size: int) -> list[str]:
    """The GPTs from outside that an admin has approved, those after one of them."""
    rows = ThirdPartyApproval.objects.filter(
        external_id__gt=after, withdrawn_at__isnull=True
    )
    ids = rows.order_by("external_id").values_list("external_id", flat=True)
    return list(ids[:size])


@dataclass(frozen=True, kw_only=True)
class _Known:
    """All that was read about some GPTs."""

    gpts: dict[UUID, Gpt]
    shares: dict[int, list[GptShare]]
    names: dict[int, str]
    around: Around

    def verdict(self, wish: Wish) -> Verdict | None:
        gpt, by = self.gpts.get(wish.gpt), wish.by
        if gpt is None:
            return None
        holds = deciding.holds_by(
            member_id=by.member.pk,
            gpt=gpt,
            shares=[one for one in self.shares[gpt.pk] if _reaches(one, by)],
            names=self.names,
        )
        if not holds:
            return None  # whoever may not even use it learns nothing of it
        return deciding.judged(
            standing=by.standing,
            gpt=gpt,
            holds=holds,
            act=wish.act,
            wanted_level=wish.level,
            around=self.around,
        )


def _reaches(share: GptShare, by: Bundled) -> bool:
    if share.membership_id is not None:
        return share.membership_id == by.member.pk
    return share.group_id in by.group_ids


def _read(wishes: Sequence[Wish], workspace: WorkspaceRef) -> _Known:
    members = {one.by.member.pk: one.by for one in wishes}
    groups = {group for by in members.values() for group in by.group_ids}
    row = statements.row(
        _READ,
        {
            "workspace": workspace.id,
            "gpts": list({one.gpt for one in wishes}),
            "members": list(members),
            "groups": list(groups),
        },
    )
    gpts, shares, names, versions, policies, domains = map(_list, row)
    by_gpt: dict[int, list[GptShare]] = defaultdict(list)
    for one in shares:
        share = GptShare.from_db("default", list(_OF_SHARES), one)
        by_gpt[share.gpt_id].append(share)
    found = [_gpt(one) for one in gpts]
    return _Known(
        gpts={one.public_id: one for one in found},
        shares=by_gpt,
        names=dict(names),
        around=_around(versions, allows_public=any(policies), domains=domains),
    )


def _around(
    versions: list[Any], *, allows_public: bool, domains: Collection[str]
) -> Around:
    needs = {
        (gpt_id, number): Needs(
            tools=tools, action_hosts=action_hosts, connectors=connectors
        )
        for gpt_id, number, tools, action_hosts, connectors in versions
    }
    return Around(
        allows_public=lambda: allows_public,
        domains=lambda: domains,
        needs=lambda gpt, number: needs[gpt.pk, number],
    )


def _gpt(values: list[Any]) -> Gpt:
    named = dict(zip(_OF_GPTS, values, strict=True))
    named["public_id"] = UUID(named["public_id"])
    return Gpt.from_db("default", list(_OF_GPTS), list(named.values()))


def _list(found: Any) -> list[Any]:
    return json.loads(found) if isinstance(found, str) else found or []
