"""After an erasure no table says who it was, opened with every key that is left.

One person does something in every slice and is removed and erased. Every row of both
databases is then read as the superuser reads it, what is sealed is opened with each
key that the vault still has, and all of it is searched.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connections

from audit.denials import services as denials
from audit.denials.rules import Denial
from audit.erasure import services as log_erasure
from audit.erasure.models import AuditErasure
from audit.exports import services as exports
from audit.exports.models import AuditExport, Form
from audit.incidents import services as incidents
from audit.incidents.models import AuditIncident
from audit.log import sequencer
from audit.log.leaf import Leaf
from audit.log.selectors import Log, log_of
from audit.query.rules import parse
from audit.saved_views import services as views
from kit import sealing, vault
from kit.permissions import Permission
from kit.sealing import CannotOpen, binding
from retention.erasure import adapters, selectors, services
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.retention import simple
from tests.retention.conftest import Stage
from tests.workspaces.scim.conftest import prove
from tests.workspaces.scim.provider import Provider
from workspaces.connectors import sealing as accounts
from workspaces.connectors.models import Connector, ConnectorGrant
from workspaces.invitations.models import Invitation
from workspaces.jobs.models import Job
from workspaces.joining.models import JoinRequest
from workspaces.keys.services import scim_tokens
from workspaces.members.models import Membership, User
from workspaces.notices import services as notices
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard
from workspaces.signin.models import MailedSecret, SamlConnection, SignInSession

# Stands in the name, the address, the external id and the account at the app.
NAME = "Lena Okafor"
EMAIL = "lena.okafor@halden.example"
WORDS = ("okafor", "198.51.100.77")
AFTER = NOON + timedelta(days=9)


@pytest.fixture
def lena(stage: Stage) -> Person:
    """Somebody who did something in every slice, and whom others wrote about."""
    prove(stage.workspace, "halden.example")
    _kept_by_scim(stage)
    with stage.scope():
        row = Membership.objects.get(email=EMAIL)
    person = Person(
        user=User.objects.get(pk=row.user_id), membership=row, workspace=stage.workspace
    )
    stage.conversation(person, age=3, named=f"Notes of {NAME}")
    simple.memory(stage, person)
    simple.file(stage, simple.project(stage, person), person)
    _signs_in(stage, person)
    _is_written_about(stage, person)
    _links_an_app(stage, person)
    _works_on_the_log(stage, person)
    return person


def _kept_by_scim(stage: Stage) -> None:
    # The stage made Lena by hand; her provider brings her as somebody of its own.
    with stage.scope():
        Membership.objects.filter(email=EMAIL).update(email="lena.old@halden.example")
    User.objects.filter(email=EMAIL).update(email="lena.old@halden.example")
    issued = scim_tokens.issue(actor=OPERATOR, workspace=stage.workspace, at=NOON)
    idp = Provider(where=stage.workspace, token=issued.secret or "")
    idp.user(EMAIL, externalId="ext-okafor", displayName=NAME)


def _signs_in(stage: Stage, person: Person) -> None:
    organization = stage.workspace.organization.id
    person.client().get("/")
    with stage.scope():
        SignInSession.objects.filter(user=person.user).update(
            ip="198.51.100.77", user_agent="Okafor's browser"
        )
        connection = SamlConnection.objects.create(
            organization_id=organization,
            slug="okta",
            attribute_mapping={},
            created_at=NOON,
        )
    SocialAccount.objects.create(
        user=person.user,
        provider=str(connection.public_id),
        uid=EMAIL,
        extra_data={"name": NAME},
    )
    MailedSecret.objects.create(
        user=person.user,
        purpose="code",
        secret_hash=b"h" * 32,
        browser_hash=b"b" * 32,
        created_at=NOON,
        expires_at=NOON + timedelta(days=30),
    )


def _is_written_about(stage: Stage, person: Person) -> None:
    here = {"workspace_id": stage.workspace.id, "created_at": NOON, "email": EMAIL}
    with stage.scope():
        Invitation.objects.create(
            **here,
            role="member",
            seat="chat",
            invited_by=stage.owner.actor.id,
            token_hash=b"t" * 32,
            expires_at=AFTER,
            accepted_at=NOON,
            membership=person.membership,
        )
        JoinRequest.objects.create(**here, user=person.user, name=NAME)
        Job.objects.create(
            organization_id=stage.workspace.organization.id,
            workspace_id=stage.workspace.id,
            kind="members.bulk",
            title="Change members",
            arguments={"people": [EMAIL]},
            state="done",
            requested_by=stage.owner.actor.id,
            created_at=NOON,
            ended_at=NOON,
        )
    about = {
        "organization_id": stage.workspace.organization.id,
        "kind": "x",
        "at": NOON,
    }
    notices.put(**about, email=EMAIL, subject="Welcome", text="Hello")
    notices.put(
        **about,
        email=stage.owner.user.email,
        subject="Join request",
        text=f"From {EMAIL}",
    )


def _links_an_app(stage: Stage, person: Person) -> None:
    public_id = uuid4()
    with stage.scope():
        connector = Connector.objects.create(
            workspace_id=stage.workspace.id,
            slug="slack",
            kind="catalogue",
            client_auth="none",
            created_at=NOON,
            changed_at=NOON,
        )
        ConnectorGrant.objects.create(
            workspace_id=stage.workspace.id,
            public_id=public_id,
            connector=connector,
            membership=person.membership,
            account_domain="okafor.example",
            sealed_account=accounts.seal(
                f"me@{NAME}",
                workspace_id=stage.workspace.id,
                place=accounts.account_of(public_id),
            ),
            linked_at=NOON,
        )


def _log(stage: Stage) -> Log:
    with stage.scope():
        return log_of(organization_id=stage.workspace.organization.id)


def _works_on_the_log(stage: Stage, person: Person) -> None:
    log = _log(stage)
    lena = person.actor
    handler = cast.owner(stage.workspace).actor
    incident = AuditIncident(
        organization_id=log.organization_id,
        kind="break_glass",
        found_n=1,
        opened_at=NOON,
        seen_at=NOON,
        page_due_at=NOON,
    )
    may = {
        Permission.INCIDENTS_MANAGE,
        Permission.AUDIT_EXPORT,
        Permission.AUDIT_VIEW,
    }
    lena = replace(
        lena, permissions=lena.permissions | may, label=EMAIL, ip="198.51.100.77"
    )
    with stage.scope():
        incident.save()
    incidents.acknowledge(actor=lena, log=log, incident=incident, at=NOON)
    incidents.note(
        actor=handler, log=log, incident=incident, text=f"Ask {NAME}", at=NOON
    )
    with stage.scope():
        views.save(
            actor=lena,
            log=log,
            workspace=None,
            name="Lena Okafor's view",
            query=parse(""),
            is_shared=True,
            at=NOON,
        )
        exports.request(
            actor=lena, log=log, workspace=None, form=Form.JSONL, query="", at=NOON
        )
    sequencer.run(at=NOON)
    exports.work_due(clock=lambda: NOON)
    denials.note(
        denial=Denial(
            actor=lena,
            action="workspaces.access.asked",
            target_kind="workspace",
            target=stage.workspace.public_id,
            organization_id=log.organization_id,
        ),
        at=NOON,
    )


def rows() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of both databases, with its table."""
    for alias in ("owner", "vault"):
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                cursor.execute(f'select * from "{table}"')
                names = [column.name for column in cursor.description]
                for row in cursor.fetchall():
                    yield table, dict(zip(names, row, strict=True))


def keys() -> dict[bytes, bytes]:
    """Every key that the vault still opens, by the id that stands in envelopes."""
    with connections["vault"].cursor() as cursor:
        cursor.execute("select id from vault_vaultkey where destroyed_at is null")
        found = vault.read_keys([row[0] for row in cursor.fetchall()])
    return {sealing.key_id(key): key for key in found.values()}


def _places(table: str, row: dict[str, Any], column: str) -> Iterator[bytes]:
    for name in ("public_id", "id", "uuid"):
        if name in row:
            yield binding(table=table, row=row[name], column=column)
            yield binding(table=table, row=row[name], column="sealed")
    if "public_id" in row and "space" in row:
        of = f"{row['space']}/{row['public_id']}"
        yield binding(table=table, row=of, column=column)
    if "leaf_id" in row:
        yield binding(table=table, row=row["leaf_id"], column=str(row["part"]))


def opened(
    table: str, row: dict[str, Any], column: str, value: bytes, ring: dict[bytes, bytes]
) -> bytes:
    """What a sealed value says, with whatever key is left; nothing otherwise."""
    key = ring.get(value[1:5])
    for place in _places(table, row, column) if key else ():
        with suppress(CannotOpen):
            return sealing.open_sealed(value, key=key or b"", aad=place)
    return b""


def saying(words: tuple[str, ...]) -> set[str]:
    """The columns of the dump that say one of the words, sealed or not."""
    ring, found = keys(), set()
    dump = list(rows())
    tables = {name: [r for t, r in dump if t == name] for name, _row in dump}
    spaces = {row["id"]: row["public_id"] for row in tables["workspaces_workspace"]}
    leaves = {
        row["id"]: Leaf.parse(bytes(row["leaf"])).id for row in tables["audit_entry"]
    }
    for table, row in dump:
        if table == "audit_detail":
            row["leaf_id"] = leaves[row["entry_id"]]
        if "workspace_id" in row:
            row["space"] = spaces.get(row["workspace_id"])
        for column, value in row.items():
            if isinstance(value, memoryview | bytes):
                clear = bytes(value)
                text = (clear + opened(table, row, column, clear, ring)).decode(
                    "utf-8", "ignore"
                )
            else:
                text = json.dumps(value, default=str, ensure_ascii=False)
            if any(word in text.casefold() for word in words):
                found.add(f"{table}.{column}")
    return found


def _erase(stage: Stage, person: Person) -> Any:
    offboard(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        member=person.membership.public_id,
        departure=Departure.REMOVED,
        at=NOON,
    )
    stage.set_policy(None, undo=0, at=NOON - timedelta(days=400))
    asked = services.request_of_leaver(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        member=person.membership,
        reason=f"{NAME} asked by letter",
        from_log=True,
        at=NOON,
    )
    services.work_due(at=NOON)
    stage.sweep(at=AFTER)
    denials.close_due(at=AFTER)
    services.work_due(at=AFTER)
    return asked


def _end(stage: Stage) -> AuditErasure:
    sequencer.run(at=AFTER)
    log_erasure.work_due(at=AFTER)
    exports.work_due(clock=lambda: AFTER)
    sequencer.run(at=AFTER)
    with stage.scope():
        return AuditErasure.objects.get()


def test_nothing_says_who_the_person_was(stage: Stage, lena: Person) -> None:
    before = saying(WORDS)

    asked = _erase(stage, lena)
    ended = _end(stage)

    assert before >= {
        "audit_denial.sealed",
        "audit_detail.sealed",
        "audit_incident.owner",
        "audit_incident_step.sealed",
        "audit_saved_view.name",
        "socialaccount_socialaccount.uid",
        "socialaccount_socialaccount.extra_data",
        "workspaces_connectorgrant.account_domain",
        "workspaces_connectorgrant.sealed_account",
        "workspaces_conversation.title",
        "workspaces_invitation.email",
        "workspaces_job.arguments",
        "workspaces_joinrequest.email",
        "workspaces_membership.email",
        "workspaces_notice.email",
        "workspaces_notice.text",
        "workspaces_scimresource.document",
        "workspaces_scimresource.external_id",
        "workspaces_signinsession.ip",
        "workspaces_user.email",
    }, before
    assert ended.state == "done"
    assert saying(WORDS) == set()
    with stage.scope():
        assert selectors.erasure_by_public_id(public_id=asked.public_id).state == "done"
        assert AuditExport.objects.get().state == "expired"
        (row,) = Membership.objects.filter(pk=lena.membership.pk)
    assert row.email == f"{row.public_id}@erased.invalid"


def test_a_membership_that_comes_at_the_end_keeps_them(
    stage: Stage, lena: Person
) -> None:
    _erase(stage, lena)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update workspaces_membership set status = 'suspended' where id = %s",
            [lena.membership.pk],
        )
        cursor.execute(
            "select custos_forget_person(%s, %s, %s, %s)",
            [
                stage.workspace.organization.id,
                lena.user.public_id,
                [EMAIL],
                AFTER,
            ],
        )
        (why,) = cursor.fetchone()

    ended = _end(stage)

    assert (why, ended.state) == ("member", "held")
    with stage.scope():
        assert Membership.objects.get(pk=lena.membership.pk).email == EMAIL


def test_who_runs_the_organization_stays_in_its_log(stage: Stage) -> None:
    person = str(stage.owner.user.public_id)
    with stage.scope():
        Membership.objects.filter(pk=stage.owner.membership.pk).update(status="removed")

    why = adapters.why_they_stay(stage.workspace.organization.id, person, NOON)

    assert "owner or admin of the organization" in why


def test_who_is_let_in_again_has_their_name_and_address_back(stage: Stage) -> None:
    with stage.scope():
        Membership.objects.filter(pk=stage.other.membership.pk).update(
            status="removed", email="gone@erased.invalid", name=""
        )

    back = cast.person(stage.workspace, stage.other.user.email)

    assert back.membership.pk == stage.other.membership.pk
    assert back.membership.email == stage.other.user.email
