"""One organization never sees another's rows: not by URL, not by raw SQL.

The second half switches the ORM guard off, by not using the ORM: what is left is
PostgreSQL's row-level security for the role that the portal runs under.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from audit.exports.models import AuditExport
from audit.incidents.models import AuditIncident
from audit.log.selectors import log_of
from audit.saved_views.models import AuditSavedView
from audit.streams import kinds as streams_kinds
from audit.streams import services as streams
from kit import clock, scoping, vault
from kit.actor import Actor
from kit.guard import Entry
from retention.erasure import services as erasures
from retention.hold_notices import services as hold_notices
from retention.hold_notices.models import HoldNotice
from retention.holds import services as holds
from retention.holds.models import Hold
from retention.matter_exports import services as matter_exports
from retention.policies.drafts import services as drafts_of_policies
from retention.policies.drafts.services import Values
from retention.sweeps import services as sweeps
from retention.sweeps.breaker.models import SweepStop
from retention.sweeps.models import Sweep
from tests import cast
from tests.cast import NOON, OPERATOR
from tests.site_map import pages
from workspaces.access import services as access
from workspaces.connectors import services as connectors
from workspaces.connectors.catalogue import Endpoints
from workspaces.connectors.controls import Kind
from workspaces.connectors.models import Connector, ConnectorCut
from workspaces.connectors.services import Asked
from workspaces.content.models import Conversation
from workspaces.gpts import services as gpts
from workspaces.gpts.drafts import Draft
from workspaces.gpts.models import Gpt, GptReview
from workspaces.groups import services as groups
from workspaces.groups.models import Source
from workspaces.invitations import services as invitations
from workspaces.jobs import services as jobs
from workspaces.joining.models import JoinRequest
from workspaces.keys.services import api_keys, scim_tokens
from workspaces.members import standing
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard
from workspaces.projects import services as projects
from workspaces.projects.models import Memory
from workspaces.roles.matrix import Role
from workspaces.signin.services import domains, drafts
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


def _member(where: WorkspaceRef) -> UUID:
    return cast.person(where, "vera@brennan.example").membership.public_id


def _job(where: WorkspaceRef) -> UUID:
    return jobs.enqueue(
        actor=OPERATOR,
        kind="count",
        title="Count",
        organization=where.organization,
        workspace=where,
        at=NOON,
    ).public_id


def _conversation(where: WorkspaceRef) -> UUID:
    key = vault.make_keys(parent=None)[0]
    owner = cast.person(where, "vera@brennan.example").membership
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        made = Conversation.objects.create(
            workspace_id=where.id,
            owner_id=owner.pk,
            source="tests",
            external_id=str(key.id),
            plan_written=where.plan,
            key_id=key.id,
            key_made_at=key.made_at,
            title=b"sealed",
            raw=b"sealed",
            message_count=0,
            file_count=0,
            byte_count=0,
            created_at=NOON,
            last_activity_at=NOON,
            stored_at=NOON,
        )
    return made.public_id


def _memory(where: WorkspaceRef) -> UUID:
    key = vault.make_keys(parent=None)[0]
    owner = cast.person(where, "vera@brennan.example").membership
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        return Memory.objects.create(
            workspace_id=where.id,
            owner_id=owner.pk,
            plan_written=where.plan,
            key_id=key.id,
            key_made_at=key.made_at,
            sealed=b"sealed",
            byte_count=0,
            created_at=NOON,
        ).public_id


def _project(where: WorkspaceRef) -> UUID:
    iris = cast.person(where, "iris@brennan.example")
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        return projects.create(
            actor=iris.actor,
            workspace=where,
            member=iris.membership,
            name="Kitchen",
            instructions="",
            at=NOON,
        ).public_id


def _hold(where: WorkspaceRef) -> UUID:
    return _placed(where).public_id


def _placed(where: WorkspaceRef) -> Hold:
    held = cast.person(where, "noor@brennan.example").membership
    return holds.place(
        actor=_owner(where),
        workspace=where,
        matter="Brennan v. Halden",
        membership_ids=[held.pk],
        at=NOON,
    )


def _asked(where: WorkspaceRef) -> UUID:
    return holds.request_release(
        actor=_owner(where),
        workspace=where,
        hold=_placed(where),
        reason="settled",
        at=NOON,
    ).public_id


def _matter_export(where: WorkspaceRef) -> UUID:
    return matter_exports.ask(
        actor=_owner(where),
        workspace=where,
        hold=_placed(where),
        reason="Disclosure",
        at=NOON,
    ).public_id


def _notice(where: WorkspaceRef) -> UUID:
    hold = _placed(where)
    hold_notices.send(
        actor=_owner(where),
        workspace=where,
        hold=hold,
        text="Keep it",
        reminds=False,
        at=NOON,
    )
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        return HoldNotice.objects.get(hold=hold).public_id


def _erasure(where: WorkspaceRef) -> UUID:
    person = cast.person(where, "noor@brennan.example")
    return erasures.request_own(actor=person.actor, workspace=where, at=NOON).public_id


def _sweep(where: WorkspaceRef) -> UUID:
    return sweeps.open_run(actor=_owner(where), workspace=where, at=NOON).public_id


def _report(where: WorkspaceRef) -> UUID:
    return offboard(
        actor=OPERATOR,
        workspace=where,
        member=_member(where),
        departure=Departure.SUSPENDED,
        at=NOON,
    ).public_id


def _key(where: WorkspaceRef) -> UUID:
    return api_keys.issue(
        actor=OPERATOR,
        organization=where.organization,
        workspace=where,
        name="Export",
        scopes=["all"],
        at=NOON,
    ).row.public_id


def _person(where: WorkspaceRef) -> UUID:
    return cast.person(where, "sol.ortega@brennan.example").user.public_id


def _session(where: WorkspaceRef) -> UUID:
    vera = cast.person(where, "vera@brennan.example")
    held = standing.held(vera.client().session)
    assert held is not None
    return held.sign_in


def _domain(where: WorkspaceRef) -> UUID:
    return domains.claim(
        actor=OPERATOR,
        organization=where.organization,
        domain="brennan.example",
        at=NOON,
    ).public_id


def _saml(where: WorkspaceRef) -> UUID:
    return drafts.begin(
        actor=OPERATOR, organization=where.organization, at=NOON
    ).public_id


def _owner(where: WorkspaceRef) -> Actor:
    return cast.person(where, "sol.ortega@brennan.example", Role.OWNER).actor


def _token(where: WorkspaceRef) -> UUID:
    return scim_tokens.issue(actor=OPERATOR, workspace=where, at=NOON).row.public_id


def _group(where: WorkspaceRef) -> UUID:
    return groups.create(
        actor=_owner(where),
        workspace=where,
        name="Kitchen",
        members=groups.MemberChange(),
        source=Source.PORTAL,
        may_own=False,
        at=NOON,
    ).public_id


def _connector(where: WorkspaceRef) -> str:
    """Those of the catalogue are everywhere; one's own are one's own."""
    endpoints = Endpoints(authorize="https://a.example/", token="https://a.example/t")
    asked = Asked(name="Wiki", kind=Kind.OAUTH, endpoints=endpoints)
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        known = Connector.objects.filter(slug="custom-wiki").first()
    return (
        known.slug
        if known
        else connectors.add(
            actor=_owner(where), workspace=where, asked=asked, at=NOON
        ).slug
    )


def _receipt(where: WorkspaceRef) -> UUID:
    slug = _connector(where)
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        return ConnectorCut.objects.create(
            workspace_id=where.id,
            connector=Connector.objects.get(slug=slug),
            cause="restricted",
            requested_by="tests",
            cut_at=NOON,
        ).public_id


def _role(where: WorkspaceRef) -> UUID:
    return access.create(
        actor=_owner(where), workspace=where, name="Cooks", purpose="", at=NOON
    ).public_id


def _invitation(where: WorkspaceRef) -> UUID:
    return invitations.invite(
        actor=OPERATOR,
        workspace=where,
        email="new@brennan.example",
        role="member",
        at=clock.now(),
    ).public_id


def _gpt(where: WorkspaceRef) -> UUID:
    return gpts.create(
        actor=cast.person(where, "vera@brennan.example").actor,
        workspace=where,
        draft=Draft(name="Menu helper"),
        at=NOON,
    ).public_id


def _review(where: WorkspaceRef) -> UUID:
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        asked = Gpt.objects.get(public_id=_gpt(where))
        return GptReview.objects.create(
            workspace_id=where.id,
            gpt_id=asked.pk,
            number=1,
            wanted="gpt_store",
            requester_id=asked.owner_id,
            requested_at=NOON,
        ).public_id


def _rule(where: WorkspaceRef) -> UUID:
    return gpts.allow_domain(
        actor=_owner(where), workspace=where, domain="api.brennan.example", at=NOON
    ).public_id


def _approval(where: WorkspaceRef) -> UUID:
    return gpts.approve_third_party(
        actor=_owner(where),
        workspace=where,
        external_id="g-abc123",
        name="Poet",
        at=NOON,
    ).public_id


def _asking(where: WorkspaceRef) -> UUID:
    user = cast.person(where, "sol.ortega@brennan.example", Role.OWNER).user
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        return JoinRequest.objects.create(
            workspace_id=where.id, user=user, email=user.email, created_at=NOON
        ).public_id


def _stop(where: WorkspaceRef) -> UUID:
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        sweep = Sweep.objects.first() or Sweep.objects.get(public_id=_sweep(where))
        return SweepStop.objects.create(
            workspace_id=where.id,
            sweep_id=sweep.pk,
            cause="share",
            planned_n=5_000,
            announced_n=0,
            stored_n=6_000,
            stopped_at=NOON,
        ).public_id


def _draft(where: WorkspaceRef) -> UUID:
    return drafts_of_policies.draft(
        actor=_owner(where),
        workspace=where,
        values=Values(days=90, undo_days=7),
        at=NOON,
    ).public_id


def _export(where: WorkspaceRef) -> UUID:
    with scoping.organization(organization_id=where.organization.id):
        return AuditExport.objects.create(
            organization_id=where.organization.id,
            workspace=where.public_id,
            form="jsonl",
            requested_by=str(where.public_id),
            requested_at=clock.now(),
        ).public_id


def _incident(where: WorkspaceRef) -> UUID:
    with scoping.organization(organization_id=where.organization.id):
        return AuditIncident.objects.create(
            organization_id=where.organization.id,
            kind="deletion",
            subject=str(where.public_id),
            workspace=where.public_id,
            found_n=1,
            opened_at=NOON,
            seen_at=NOON,
            page_due_at=NOON,
        ).public_id


def _view(where: WorkspaceRef) -> UUID:
    with scoping.organization(organization_id=where.organization.id):
        return AuditSavedView.objects.create(
            organization_id=where.organization.id,
            owner=where.public_id,
            name="Refused",
            query="outcome:refused",
            is_shared=True,
            created_at=NOON,
        ).public_id


def _stream(where: WorkspaceRef) -> UUID:
    with scoping.organization(organization_id=where.organization.id):
        return streams.create(
            actor=OPERATOR,
            log=log_of(organization_id=where.organization.id),
            workspace=None,
            kind=streams_kinds.Kind.WEBHOOK,
            asked=streams.Asked(
                name="SIEM",
                format=streams_kinds.Format.NATIVE,
                settings={"url": "https://siem.brennan.example/", "mode": "batch"},
            ),
            start_at=streams.Start.NOW,
            at=NOON,
        ).stream.public_id


# How to make the object that a URL names, in any workspace. Places in one's own log
# are no ids of others.
MAKE: dict[str, Callable[[WorkspaceRef], UUID | str]] = {
    "connector": _connector,
    "stream": _stream,
    "view": _view,
    "receipt": _receipt,
    "gpt": _gpt,
    "review": _review,
    "rule": _rule,
    "approval": _approval,
    "member": _member,
    "job": _job,
    "key": _key,
    "report": _report,
    "conversation": _conversation,
    "hold": _hold,
    "asked": _asked,
    "export": _matter_export,
    "draft": _draft,
    "erasure": _erasure,
    "notice": _notice,
    "sweep": _sweep,
    "deleted": _conversation,
    "stop": _stop,
    "token": _token,
    "group": _group,
    "role": _role,
    "invitation": _invitation,
    "asking": _asking,
    "closable": lambda where: where.public_id,
    "place": lambda where: where.public_id,
    "person": _person,
    "session": _session,
    "domain": _domain,
    "saml": _saml,
    "stored": _memory,
    "project": _project,
    "share": _memory,
    "file": _memory,
    "incident": _incident,
    "log_export": _export,
}
NO_IDS = {"kind", "rest", "workspace", "organization", "connection", "epoch", "index"}


def _naming_objects() -> Iterator[Any]:
    """Programs come with a key, which names their tenant: slices test that."""
    for page in pages():
        if page.entry is Entry.KEYED:
            continue
        yield from ((page, name) for name in set(page.arguments) - NO_IDS)


def test_every_object_in_a_url_can_be_made_elsewhere() -> None:
    names = {name for _page, name in _naming_objects()}

    assert names <= set(MAKE), "tell MAKE how, so that the next test covers it"


def test_an_object_of_another_organization_is_not_there() -> None:
    owner = cast.owner(cast.workspace()).client()
    other = cast.elsewhere()
    made = {name: make(other) for name, make in MAKE.items()}
    tried = 0
    for page, name in _naming_objects():
        here = dict.fromkeys({"workspace"} & set(page.arguments), "halden-engineering")
        url = page.url(**here, **{name: made[name]})
        answer = owner.get(url)
        if answer.status_code == 405:
            answer = owner.post(url)
        assert answer.status_code == 404, url
        tried += 1
    assert tried


@pytest.fixture
def tables() -> list[tuple[str, str]]:
    """Tables with their tenant's column, the narrowest one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, min(a.attname) from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid"
            " where c.relkind in ('r', 'p') and a.attnum > 0 and not attisdropped"
            " and c.relnamespace = 'public'::regnamespace"
            " and a.attname in ('workspace_id', 'organization_id')"
            " group by c.relname order by 1"
        )
        owned = [(str(name), str(column)) for name, column in cursor.fetchall()]
    return [*owned, ("workspaces_organization", "id")]


def test_every_tenant_owned_table_has_row_level_security(
    tables: list[tuple[str, str]],
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relrowsecurity"
            " and relnamespace = 'public'::regnamespace"
        )
        secured = {name for (name,) in cursor.fetchall()}

    assert {name for name, _column in tables} - secured == set()


def test_without_a_scope_raw_sql_finds_nothing(tables: list[tuple[str, str]]) -> None:
    _fill()

    with _raw() as count:
        assert {name: count(name) for name, _column in tables} == {
            name: 0 for name, _column in tables
        }


def test_in_a_scope_raw_sql_finds_ones_own_rows_only(
    tables: list[tuple[str, str]],
) -> None:
    mine, other = _fill()

    with (
        scoping.workspace(workspace_id=mine.id, organization_id=mine.organization.id),
        _raw() as count,
    ):
        for name, column in tables:
            own = mine.id if column == "workspace_id" else mine.organization.id
            assert count(name, f"{column} <> {own}") == 0, name
        assert count("workspaces_membership") == 2
        assert count("workspaces_job") == 1
    assert other.id != mine.id


def test_the_portal_runs_as_a_role_that_security_applies_to() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select rolsuper or rolbypassrls or rolcreaterole or exists ("
            "  select from pg_class where relowner = r.oid) or exists ("
            "  select from pg_auth_members where member = r.oid)"
            " from pg_roles r where rolname = current_user"
        )
        assert cursor.fetchone() == (False,)


def test_doors_before_a_scope_are_closed_to_the_public() -> None:
    assert _definers("has_function_privilege('public', oid, 'execute')") == set()


def test_what_runs_as_the_owner_pins_its_search_path() -> None:
    settings = "coalesce(array_to_string(proconfig, ','), '')"

    assert _definers(f"{settings} not like '%%search_path=%%'", triggers=True) == set()


def _definers(condition: str, *, triggers: bool = False) -> set[str]:
    """Functions that run as their owner; nobody can call a trigger's."""
    kind = "true" if triggers else "prorettype <> 'trigger'::regtype"
    with connection.cursor() as cursor:
        cursor.execute(
            "select proname from pg_proc where prosecdef"
            f" and pronamespace = 'public'::regnamespace and {kind} and {condition}",
            [],
        )
        return {name for (name,) in cursor.fetchall()}


def _fill() -> tuple[WorkspaceRef, WorkspaceRef]:
    mine, other = cast.workspace(), cast.elsewhere()
    for where in (mine, other):
        _member(where)
        _job(where)
    return mine, other


@contextmanager
def _raw() -> Iterator[Callable[..., int]]:
    with transaction.atomic(), connection.cursor() as cursor:

        def count(table: str, condition: str = "true") -> int:
            cursor.execute(f"select count(*) from {table} where {condition}")
            return int(cursor.fetchone()[0])

        yield count
