"""A person who did something in every slice, and about whom others wrote.

What belongs to the product's services is made by them. What would take a provider, an
app or a week to make is stored as the product would have stored it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.backends.db import SessionStore

from audit.denials import services as denials
from audit.denials.rules import Denial
from audit.exports import services as exports
from audit.exports.models import Form
from audit.incidents import services as incidents
from audit.incidents.models import AuditIncident
from audit.log import sequencer
from audit.log.selectors import Log, log_of
from audit.query.rules import parse
from audit.saved_views import services as views
from audit.streams import services as streams
from audit.streams.kinds import Format, Kind
from audit.streams.services import Asked, Start
from kit import blobs, clock, vault
from kit.actor import Actor
from kit.permissions import Permission
from kit.sealed_streams import seal_stream
from retention.holds import services as holds
from retention.matter_exports import services as matters
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.retention import simple
from tests.retention.conftest import Stage
from tests.workspaces.gpts import studio
from tests.workspaces.scim.conftest import prove
from tests.workspaces.scim.provider import Provider
from workspaces.connectors import sealing as accounts
from workspaces.connectors.models import Connector, ConnectorGrant
from workspaces.content.models import File
from workspaces.content.storage import Seals
from workspaces.gpts import services as gpts
from workspaces.gpts.drafts import Upload
from workspaces.gpts.rules import Rights
from workspaces.invitations.models import Invitation
from workspaces.jobs import parcels
from workspaces.jobs import services as jobs
from workspaces.jobs.models import Job
from workspaces.joining.models import JoinRequest
from workspaces.keys.services import api_keys, scim_tokens
from workspaces.members.models import Membership, User
from workspaces.notices import services as notices
from workspaces.projects import selectors as projects
from workspaces.projects import services as keeping
from workspaces.signin import second_step
from workspaces.signin.models import (
    BreakGlassCredential,
    BreakGlassOwner,
    MailedSecret,
    SamlConnection,
    SignInAttempt,
    SignInSession,
)
from workspaces.signin.services import break_glass

# Stands in the name, the address, the external id and the account at the app.
NAME = "Lena Okafor"
EMAIL = "lena.okafor@halden.example"
IP = "198.51.100.77"
WORDS = ("okafor", IP)
MAY = {
    Permission.INCIDENTS_MANAGE,
    Permission.AUDIT_EXPORT,
    Permission.AUDIT_VIEW,
    Permission.AUDIT_STREAMS,
    Permission.KEYS_MANAGE,
}


def lived(stage: Stage) -> Person:
    """Everything that the functions below do, done."""
    prove(stage.workspace, "halden.example")
    person = _brought_by_scim(stage)
    _under_a_hold_that_has_ended(stage, person)
    _wrote(stage, person)
    _made_gpts(stage, person)
    _signed_in(stage, person)
    _entered_in_an_emergency(stage, person)
    _was_written_about(stage, person)
    _was_in_uploaded_lists(stage, person)
    _linked_an_app(stage, person)
    _issued_a_key(stage, person)
    _worked_on_the_log(stage, person)
    return person


def acting(person: Person) -> Actor:
    """The person with what a part in running the organization let them do."""
    actor = person.actor
    return replace(actor, permissions=actor.permissions | MAY, label=EMAIL, ip=IP)


def _brought_by_scim(stage: Stage) -> Person:
    # The stage made Lena by hand; her provider brings her as somebody of its own.
    with stage.scope():
        Membership.objects.filter(email=EMAIL).update(email="lena.old@halden.example")
    User.objects.filter(email=EMAIL).update(email="lena.old@halden.example")
    issued = scim_tokens.issue(actor=OPERATOR, workspace=stage.workspace, at=NOON)
    idp = Provider(where=stage.workspace, token=issued.secret or "")
    idp.user(EMAIL, externalId="ext-okafor", displayName=NAME)
    with stage.scope():
        row = Membership.objects.get(email=EMAIL)
    return Person(
        user=User.objects.get(pk=row.user_id), membership=row, workspace=stage.workspace
    )


def _under_a_hold_that_has_ended(stage: Stage, person: Person) -> None:
    """What the hold covered was exported; hold and grace are over since."""
    stage.conversation(person, age=40, named=f"Claims of {NAME}")
    began, ended = NOON - timedelta(days=30), NOON - timedelta(days=20)
    officer, owner, where = stage.officer.actor, stage.owner.actor, stage.workspace
    hold = holds.place(
        actor=officer,
        workspace=where,
        matter=f"{NAME} v. Halden",
        membership_ids=[person.membership.pk],
        at=began,
    )
    with clock.fixed_at(began):
        matters.ask(
            actor=officer, workspace=where, hold=hold, reason=f"For {NAME}", at=began
        )
        jobs.run_due(clock=lambda: began)
    asked = holds.request_release(
        actor=officer, workspace=where, hold=hold, reason=f"{NAME} agreed", at=ended
    )
    holds.confirm_release(actor=owner, workspace=where, asked=asked, at=ended)


def _wrote(stage: Stage, person: Person) -> None:
    """A conversation with a file, a memory, a project with a file; shares."""
    row = stage.conversation(person, age=3, named=f"Notes of {NAME}")
    key = vault.read_keys([row.key_id])[row.key_id]
    seals = Seals(key, workspace=stage.workspace.public_id, conversation=row.public_id)
    with stage.scope():
        file = File.objects.get(conversation=row)
    sheet = seal_stream([b"Okafor's bands"], key=key, aad=seals.blob(file.public_id))
    blobs.store().put(file.blob_id, sheet)
    given = {
        "actor": person.actor,
        "workspace": stage.workspace,
        "member": person.membership,
        "at": NOON,
    }
    with stage.scope():
        keeping.remember(text=f"{NAME} lives in Malmö", **given)
        mine = keeping.create(
            name=f"{NAME}'s pilot", instructions="For Okafor", **given
        )
        seen = projects.one(
            member=person.membership,
            project=mine.public_id,
            workspace=stage.workspace.public_id,
        )
        keeping.add_file(seen=seen, name="okafor.txt", content=b"Okafor", **given)
    simple.share(stage, mine, stage.member)
    simple.share(stage, simple.project(stage, stage.member), person)


def _made_gpts(stage: Stage, person: Person) -> None:
    """One of their own with a file, one of a colleague's that they were let into."""
    sheet = Upload(name="okafor.csv", kind="text/csv", data=b"okafor,1")
    made = studio.make(
        person,
        name="Okafor's helper",
        instructions=f"Answer as {NAME}",
        uploads=[sheet],
    )
    theirs = studio.make(stage.member)
    for owner, gpt, other in (
        (person, made, stage.member),
        (stage.member, theirs, person),
    ):
        gpts.give(
            actor=owner.actor,
            workspace=stage.workspace,
            gpt=gpt.public_id,
            rights=Rights(can_view_config=True, can_write=True),
            email=other.membership.email,
            at=NOON,
        )


def _signed_in(stage: Stage, person: Person) -> None:
    organization = stage.workspace.organization.id
    person.client(REMOTE_ADDR=IP).get("/")
    with stage.scope():
        SignInSession.objects.filter(user=person.user).update(
            ip=IP, user_agent="Okafor's browser"
        )
        connection = SamlConnection.objects.create(
            organization_id=organization,
            slug="okta",
            attribute_mapping={},
            created_at=NOON,
        )
        SignInAttempt.objects.create(
            organization_id=organization,
            connection_id=connection.pk,
            at=NOON,
            code="no-seat",
            reference="ABCDEFGH",
            received=EMAIL,
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


def _entered_in_an_emergency(stage: Stage, person: Person) -> None:
    organization = stage.workspace.organization
    with stage.scope():
        BreakGlassOwner.objects.create(
            organization_id=organization.id,
            user=person.user,
            named_by=stage.owner.actor.id,
            named_at=NOON,
        )
    BreakGlassCredential.objects.create(user=person.user, armed_at=NOON, last_step=1)
    second_step.store(user=person.user, secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    break_glass.come_in(
        session=SessionStore(),
        organization=organization,
        user=person.user,
        ip=IP,
        user_agent="Okafor's phone",
        before=None,
        at=NOON,
    )
    assert Authenticator.objects.filter(user=person.user).exists()


def _was_written_about(stage: Stage, person: Person) -> None:
    here = {"workspace_id": stage.workspace.id, "created_at": NOON, "email": EMAIL}
    with stage.scope():
        Invitation.objects.create(
            **here,
            role="member",
            seat="chat",
            invited_by=stage.owner.actor.id,
            token_hash=b"t" * 32,
            expires_at=NOON + timedelta(days=9),
            accepted_at=NOON,
            membership=person.membership,
        )
        JoinRequest.objects.create(**here, user=person.user, name=NAME)
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


def _was_in_uploaded_lists(stage: Stage, person: Person) -> None:
    """One that was carried out, with the report that it left."""
    line = f"{person.membership.email},done\n".encode()
    with stage.scope():
        reason = {"ids": [person.membership.pk], "reason": f"{NAME} moved"}
        Job.objects.create(
            organization_id=stage.workspace.organization.id,
            workspace_id=stage.workspace.id,
            kind="members.bulk",
            title="Change members",
            arguments=parcels.pack(reason, workspace=stage.workspace),
            state="done",
            result_blob_id=parcels.keep_result([line], workspace=stage.workspace),
            result_name="members.csv",
            requested_by=stage.owner.actor.id,
            created_at=NOON,
            ended_at=NOON,
        )


def _linked_an_app(stage: Stage, person: Person) -> None:
    public_id = uuid4()
    with stage.scope():
        connector = Connector.objects.create(
            workspace_id=stage.workspace.id,
            slug="slack",
            kind="catalogue",
            client_auth="none",
            owner=person.membership,
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
            sealed_tokens=accounts.seal_tokens(
                {"access_token": "token-of-okafor"},
                workspace_id=stage.workspace.id,
                grant=public_id,
            ),
            linked_at=NOON,
        )


def _issued_a_key(stage: Stage, person: Person) -> None:
    api_keys.issue(
        actor=acting(person),
        organization=stage.workspace.organization,
        workspace=stage.workspace,
        name=f"{NAME}'s laptop",
        scopes=["all"],
        allowed_networks=["203.0.113.9"],
        idempotency_key="okafor-1",
        at=NOON,
    )


def log_of_stage(stage: Stage) -> Log:
    with stage.scope():
        return log_of(organization_id=stage.workspace.organization.id)


def _worked_on_the_log(stage: Stage, person: Person) -> None:
    log, lena = log_of_stage(stage), acting(person)
    _handled_an_incident(stage, log, lena)
    with stage.scope():
        views.save(
            actor=lena,
            log=log,
            workspace=None,
            name=f"{NAME}'s view",
            query=parse(""),
            is_shared=True,
            at=NOON,
        )
        exports.request(
            actor=lena, log=log, workspace=None, form=Form.JSONL, query="", at=NOON
        )
    streams.create(
        actor=lena,
        log=log,
        workspace=None,
        kind=Kind.WEBHOOK,
        asked=Asked(
            name=f"{NAME}'s SIEM",
            format=Format.NATIVE,
            settings={"url": "https://siem.halden.example/in", "mode": "batch"},
        ),
        start_at=Start.NOW,
        at=NOON,
    )
    sequencer.run(at=NOON)
    exports.work_due(clock=lambda: NOON)
    _was_refused(stage, log, lena, at=NOON)


def _handled_an_incident(stage: Stage, log: Log, lena: Actor) -> None:
    incident = AuditIncident(
        organization_id=log.organization_id,
        kind="break_glass",
        found_n=1,
        opened_at=NOON,
        seen_at=NOON,
        page_due_at=NOON,
    )
    with stage.scope():
        incident.save()
    incidents.acknowledge(actor=lena, log=log, incident=incident, at=NOON)
    incidents.note(
        actor=cast.owner(stage.workspace).actor,
        log=log,
        incident=incident,
        text=f"Ask {NAME}",
        at=NOON,
    )


def _was_refused(stage: Stage, log: Log, lena: Actor, *, at: datetime) -> None:
    denials.note(
        denial=Denial(
            actor=lena,
            action="workspaces.access.asked",
            target_kind="workspace",
            target=stage.workspace.public_id,
            organization_id=log.organization_id,
        ),
        at=at,
    )
