"""Every URL of the site against every role: who gets in, who is refused, and how.

A stranger to the tenant gets 404, a member without the permission 403, somebody who
is not signed in is sent to sign in. A new URL fails here until it has its line.
"""

from collections.abc import Iterator

import pytest
from django.test import Client

from kit.guard import Entry
from tests import cast
from tests.site_map import Page, pages
from workspaces import navigation
from workspaces.tenancy.selectors import WorkspaceRef

_COMMITTED = pytest.mark.django_db(transaction=True)

EVERYONE = "owner admin officer analyst member"
GOVERNING = "owner admin officer"

# Who may enter, in an Enterprise workspace.
WORKSPACE = {
    "workspaces:overview": "owner admin officer analyst",
    "workspaces:analytics-page": "owner admin officer analyst",
    "workspaces:settings-page": GOVERNING,
    "workspaces:settings-rename": "owner",
    "workspaces:settings-text": "owner",
    "workspaces:members-list": GOVERNING,
    "workspaces:members-detail": GOVERNING,
    "workspaces:members-role": "owner",
    "workspaces:members-seat": "owner admin",
    "workspaces:members-seats": GOVERNING,
    "workspaces:bulk-choose": "owner admin",
    "workspaces:bulk-preview": "owner admin",
    "workspaces:bulk-confirm": "owner admin",
    "workspaces:joining-list": GOVERNING,
    "workspaces:joining-switch": "owner",
    "workspaces:joining-approve": "owner admin",
    "workspaces:joining-refuse": "owner admin",
    "workspaces:invitations-list": GOVERNING,
    "workspaces:invitations-detail": GOVERNING,
    "workspaces:invitations-send": "owner admin",
    "workspaces:invitations-upload": "owner admin",
    "workspaces:invitations-confirm": "owner admin",
    "workspaces:invitations-resend": "owner admin",
    "workspaces:invitations-revoke": "owner admin",
    "workspaces:groups-list": GOVERNING,
    "workspaces:groups-detail": GOVERNING,
    "workspaces:groups-of-member": GOVERNING,
    "workspaces:groups-create": "owner admin",
    "workspaces:groups-edit": "owner admin",
    "workspaces:groups-delete": "owner admin",
    "workspaces:groups-add": "owner admin",
    "workspaces:groups-take-out": "owner admin",
    "workspaces:access-matrix": GOVERNING,
    "workspaces:access-built-in": GOVERNING,
    "workspaces:access-baseline": "owner",
    "workspaces:access-create": "owner",
    "workspaces:access-role": GOVERNING,
    "workspaces:access-settings": "owner",
    "workspaces:access-rename": "owner",
    "workspaces:access-delete": "owner",
    "workspaces:access-assign-member": "owner",
    "workspaces:access-assign-group": "owner",
    "workspaces:access-take-member": "owner",
    "workspaces:access-take-group": "owner",
    "workspaces:access-effective": GOVERNING,
    "workspaces:keys-list": "owner admin",
    "workspaces:keys-issue": "owner admin",
    "workspaces:keys-detail": "owner admin",
    "workspaces:keys-rotate": "owner admin",
    "workspaces:keys-revoke": "owner admin",
    "workspaces:offboarding-suspend": "owner admin",
    "workspaces:offboarding-remove": "owner admin",
    "workspaces:offboarding-let-in": "owner admin",
    "workspaces:offboarding-report": "owner admin",
    "workspaces:scim-page": "owner admin",
    "workspaces:scim-token-issue": "owner admin",
    "workspaces:scim-token-rotate": "owner admin",
    "workspaces:scim-token-revoke": "owner admin",
    "workspaces:scim-test": "owner admin",
    "workspaces:scim-retry": "owner admin",
    "workspaces:scim-switches": "owner",
    "workspaces:scim-role": "owner",
    "workspaces:member-sessions": "owner admin",
    "workspaces:member-session-end": "owner admin",
    "workspaces:member-sessions-end": "owner admin",
    "workspaces:connectors-list": GOVERNING,
    "workspaces:connectors-detail": GOVERNING,
    "workspaces:connectors-receipt": GOVERNING,
    "workspaces:connectors-receipt-download": GOVERNING,
    "workspaces:connectors-asking": "owner admin",
    "workspaces:connectors-add": "owner admin",
    "workspaces:connectors-change": "owner admin",
    "workspaces:connectors-client": "owner admin",
    "workspaces:connectors-edit": "owner admin",
    "workspaces:connectors-delete": "owner admin",
    "workspaces:connectors-tools": "owner admin",
    "workspaces:connections": EVERYONE,
    "workspaces:connections-begin": EVERYONE,
    "workspaces:connections-callback": EVERYONE,
    "workspaces:connections-unlink": EVERYONE,
    "workspaces:gpts-list": EVERYONE,
    "workspaces:gpts-create": EVERYONE,
    "workspaces:gpts-detail": EVERYONE,
    "workspaces:gpts-edit": EVERYONE,
    "workspaces:gpts-versions": EVERYONE,
    "workspaces:gpts-file": EVERYONE,
    "workspaces:gpts-share": EVERYONE,
    "workspaces:gpts-give": EVERYONE,
    "workspaces:gpts-take": EVERYONE,
    "workspaces:gpts-withdraw": EVERYONE,
    "workspaces:gpts-governance": GOVERNING,
    "workspaces:gpts-govern": GOVERNING,
    "workspaces:gpts-domains": GOVERNING,
    "workspaces:gpts-outside": GOVERNING,
    "workspaces:gpts-ceilings": GOVERNING,
    "workspaces:gpts-public": "owner admin",
    "workspaces:gpts-reviews": "owner admin",
    "workspaces:gpts-review": "owner admin",
    "workspaces:gpts-domain-allow": "owner admin",
    "workspaces:gpts-domain-remove": "owner admin",
    "workspaces:gpts-outside-approve": "owner admin",
    "workspaces:gpts-outside-withdraw": "owner admin",
    "workspaces:gpts-downgrade": "owner admin",
    "workspaces:gpts-unpublish": "owner admin",
    "workspaces:gpts-isolate": "owner admin",
    "workspaces:gpts-reassign": "owner admin",
    "workspaces:jobs-list": EVERYONE,
    "workspaces:jobs-detail": EVERYONE,
    "workspaces:jobs-cancel": EVERYONE,
    "workspaces:jobs-result": EVERYONE,
    "retention:policies": GOVERNING,
    "retention:policy-set": "owner admin",
    "retention:policy-drafts": GOVERNING,
    "retention:policy-draft": GOVERNING,
    "retention:policy-draft-list": GOVERNING,
    "retention:policy-draft-list-download": GOVERNING,
    "retention:policy-draft-change": "owner admin",
    "retention:policy-draft-send": "owner admin",
    "retention:policy-draft-approve": "owner admin",
    "retention:policy-draft-decline": "owner admin",
    "retention:policy-draft-cancel": "owner admin",
    "retention:policy-bounds": GOVERNING,
    "retention:policy-bounds-set": "owner",
    "retention:safeguards": GOVERNING,
    "retention:safeguards-set": "owner",
    "retention:conversations": GOVERNING,
    "retention:conversation": GOVERNING,
    "retention:stored-why": GOVERNING,
    "retention:deletions": GOVERNING,
    "retention:holds": GOVERNING,
    "retention:hold": GOVERNING,
    "retention:hold-place": "owner officer",
    "retention:erasures": "owner admin",
    "retention:erasure": "owner admin",
    "retention:erasure-request": "owner admin",
    "retention:hold-find": "owner officer",
    "retention:hold-notices": "owner officer",
    "retention:hold-grace": "owner officer",
    "retention:matter-exports": "owner officer",
    "retention:matter-export": "owner officer",
    "retention:matter-export-download": "owner officer",
    "retention:matter-export-delete": "owner officer",
    "retention:hold-edit": "owner officer",
    "retention:hold-add": "owner officer",
    "retention:hold-release": "owner officer",
    "retention:hold-release-request": "owner officer",
    "retention:sweeps": GOVERNING,
    "retention:sweep": GOVERNING,
    "retention:sweep-after-policy": GOVERNING,
    "retention:sweep-start": "owner admin",
    "retention:schedule": GOVERNING,
    "retention:schedule-set": "owner admin",
    "retention:sweep-stop": GOVERNING,
    "retention:sweep-stop-confirm": "owner admin",
    "retention:receipt-download": GOVERNING,
    "retention:sweep-certificate": GOVERNING,
    "retention:promise": GOVERNING,
    "retention:receipts": GOVERNING,
    "retention:receipts-file": GOVERNING,
    "retention:receipt-verifier": GOVERNING,
    "retention:receipt-object": GOVERNING,
    "retention:receipt-object-file": GOVERNING,
    "audit:workspace-entries": "owner officer",
    "audit:workspace-entry": "owner officer",
    "audit:workspace-integrity": "owner officer",
    "audit:workspace-proof": "owner officer",
    "audit:workspace-save-view": "owner officer",
    "audit:workspace-delete-view": "owner officer",
    "audit:workspace-verify": "owner officer",
    "audit:workspace-tamper": "owner officer",
    "audit:workspace-put-back": "owner officer",
    "audit:workspace-exports": "owner officer",
    "audit:workspace-export-file": "owner officer",
    "audit:workspace-export-verifier": "owner officer",
    "audit:workspace-incidents": "owner officer",
    "audit:workspace-incident": "owner officer",
    "audit:workspace-incident-notice": "owner officer",
    "audit:workspace-streams": "owner officer",
    "audit:workspace-stream-add": "owner officer",
    "audit:workspace-stream-new": "owner officer",
    "audit:workspace-stream": "owner officer",
    "audit:workspace-stream-change": "owner officer",
    "audit:workspace-stream-start": "owner officer",
    "audit:workspace-stream-pause": "owner officer",
    "audit:workspace-stream-acknowledge": "owner officer",
    "audit:workspace-stream-test": "owner officer",
    "audit:workspace-stream-replay": "owner officer",
    "audit:workspace-stream-remove": "owner officer",
    "audit:workspace-stream-secret": "owner officer",
}
# Only those who run the organization itself; a workspace's roles are strangers here.
ORGANIZATION = {
    "workspaces:organization-keys-list",
    "workspaces:organization-keys-issue",
    "workspaces:organization-keys-detail",
    "workspaces:organization-keys-rotate",
    "workspaces:organization-keys-revoke",
    "workspaces:break-glass-owners",
    "workspaces:break-glass-owner",
    "workspaces:networks",
    "workspaces:workspaces-list",
    "workspaces:workspaces-open",
    "retention:workspace-close",
    "retention:workspace-keep",
    "retention:closing-certificate",
    "workspaces:outbox",
    "workspaces:domains",
    "workspaces:domain-check",
    "workspaces:domain-release",
    "workspaces:sso",
    "workspaces:sso-attempts",
    "workspaces:sso-answer",
    "workspaces:sso-answers",
    "workspaces:sso-workspace",
    "workspaces:sso-begin",
    "workspaces:sso-values",
    "workspaces:sso-provider",
    "workspaces:sso-metadata",
    "workspaces:sso-certificate",
    "workspaces:sso-key",
    "workspaces:sso-attributes",
    "workspaces:sso-provisioning",
    "workspaces:sso-test",
    "workspaces:sso-test-begin",
    "workspaces:sso-activate",
    "workspaces:sso-deactivate",
    "workspaces:sso-discard",
    "retention:organization-promise",
    "audit:entries",
    "audit:entry",
    "audit:integrity",
    "audit:details-kept",
    "audit:log-kept",
    "audit:proof",
    "audit:save-view",
    "audit:delete-view",
    "audit:verify",
    "audit:tamper",
    "audit:put-back",
    "audit:exports",
    "audit:export-file",
    "audit:export-verifier",
    "audit:incidents",
    "audit:incident",
    "audit:incident-notice",
    "audit:incident-rules",
    "audit:incident-rota",
    "audit:streams",
    "audit:stream-add",
    "audit:stream-new",
    "audit:stream",
    "audit:stream-change",
    "audit:stream-start",
    "audit:stream-pause",
    "audit:stream-acknowledge",
    "audit:stream-test",
    "audit:stream-replay",
    "audit:stream-remove",
    "audit:stream-secret",
}
SIGNED_IN = {
    "workspaces:my-workspaces",
    "workspaces:joining-ask",
    "workspaces:invitation-accept",
    "workspaces:my-sessions",
    "workspaces:my-session-end",
    "workspaces:my-sessions-end",
    "workspaces:sign-out",
    "workspaces:theme",
    "retention:my-data",
    "retention:my-retention",
    "retention:my-conversation",
    "retention:my-conversation-delete",
    "retention:my-conversation-restore",
    "retention:my-deleted",
    "retention:my-erasure",
    "retention:my-erasure-withdraw",
    "retention:my-hold-notices",
    "retention:my-hold-notice-acknowledge",
    "retention:my-receipts",
    "retention:my-receipt",
    "retention:my-receipt-file",
    "workspaces:my-policy-text",
    "workspaces:my-memories",
    "workspaces:my-memory-add",
    "workspaces:my-memory-switch",
    "workspaces:my-project",
    "workspaces:my-project-change",
    "workspaces:my-project-download",
    "workspaces:my-project-file",
    "workspaces:my-project-new",
    "workspaces:my-project-put",
    "workspaces:my-project-share",
    "workspaces:my-project-unshare",
    "workspaces:my-projects",
    "retention:my-object-delete",
    "retention:my-object-restore",
    "retention:my-objects-delete",
}
PUBLIC = {
    # A token alone comes in: tests/workspaces/scim/test_tenants.py.
    "workspaces:scim-base",
    "workspaces:scim-root",
    "workspaces:scim",
    "kit:design",
    "api:docs",
    "api:openapi",
    "workspaces:authzen-configuration",
    "audit:log-keys",
    "workspaces:healthz",
    "workspaces:readyz",
    # A token or this machine: tests/retention/metrics/test_metrics.py.
    "retention:metrics",
    "workspaces:sign-in",
    "workspaces:invitation",
    "workspaces:code",
    "workspaces:code-enter",
    "workspaces:choose-organization",
    "workspaces:break-glass",
    "workspaces:break-glass-set-up",
    "workspaces:saml-login",
    "workspaces:saml-acs",
    "workspaces:saml-finish",
    "workspaces:saml-metadata",
    "workspaces:saml-sls",
}

# Programs, by an API key and nothing else.
KEYED = {
    "api:whoami",
    "api:show_catalogue",
    "api:events",
    "api:explain_details",
    "api:explain_export",
    "api:tiles_checkpoint",
    "api:tiles_consistency",
    "api:tiles_tile",
    "api:token",
    "api:explain_object",
    "api:delete_object",
    "api:evaluation",
    "api:evaluations",
    "api:search_subject",
    "api:search_resource",
    "api:search_action",
}


def test_every_url_is_in_a_table() -> None:
    known = {*WORKSPACE, *ORGANIZATION, *SIGNED_IN, *PUBLIC, *KEYED}

    assert {page.name for page in pages()} == known


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_view_is_marked_by_a_guard(page: Page) -> None:
    expected = Entry.PERMITTED
    if page.name in PUBLIC:
        expected = Entry.PUBLIC
    elif page.name in KEYED:
        expected = Entry.KEYED
    elif page.name in SIGNED_IN:
        expected = Entry.SIGNED_IN

    assert page.entry is expected


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def people(where: WorkspaceRef) -> dict[str, Client]:
    made = {role: getattr(cast, role)(where).client() for role in EVERYONE.split()}
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")
    return {**made, "stranger": stranger.client(), "nobody": Client()}


@_COMMITTED
def test_pages_of_a_workspace(people: dict[str, Client]) -> None:
    wrong = [
        f"{page.name} for {who}: {got}, not {expected}"
        for page in _of(set(WORKSPACE))
        for who, client in people.items()
        if (got := _outcome(client, page.url(workspace="halden-engineering")))
        != (expected := _expected(who, WORKSPACE[page.name].split()))
    ]

    assert wrong == []


@_COMMITTED
def test_pages_of_an_organization(people: dict[str, Client]) -> None:
    wrong = [
        f"{page.name} for {who}: {got}"
        for page in _of(ORGANIZATION)
        for who, client in people.items()
        if (got := _outcome(client, page.url(organization="halden-instruments")))
        != {"owner": "enters", "nobody": "signs in"}.get(who, "404")
    ]

    assert wrong == []


@_COMMITTED
def test_pages_of_the_person_send_others_to_sign_in() -> None:
    for page in _of(SIGNED_IN):
        assert _outcome(Client(), page.url()) == "signs in", page.name


@_COMMITTED
def test_operations_of_the_api_take_a_key_and_no_session(
    people: dict[str, Client],
) -> None:
    for number, page in enumerate(_of(KEYED)):
        # From one address they would soon be told to wait.
        address = {"REMOTE_ADDR": f"192.0.2.{number}"}
        for client in people.values():
            tried = (client.get, client.post, client.delete)
            answers = (one(page.url(), **address).status_code for one in tried)
            assert next(one for one in answers if one != 405) == 401, page.name


def test_the_side_bar_leads_nobody_to_a_refusal() -> None:
    guards = {page.name: page.view.custos_permission for page in pages()}
    places = [
        place
        for _label, group in (*navigation.WORKSPACE, *navigation.ORGANIZATION)
        for place in group
        if place.url_name in guards
    ]

    wrong = [p.url_name for p in places if guards[p.url_name] != p.permission]

    assert wrong == []


def _of(names: set[str]) -> Iterator[Page]:
    return (page for page in pages() if page.name in names)


def _expected(who: str, entering: list[str]) -> str:
    if who in entering:
        return "enters"
    return {"stranger": "404", "nobody": "signs in"}.get(who, "403")


def _outcome(client: Client, url: str) -> str:
    """What comes back; a page that is there but names no such object lets in."""
    answer = client.get(url)
    if answer.status_code == 405:
        answer = client.post(url)
    if answer.status_code == 302 and answer["location"].startswith("/?next="):
        return "signs in"
    if answer.status_code == 404:
        names_object = len(answer.resolver_match.captured_kwargs) > 1
        is_inside = hasattr(answer.wsgi_request, "workspace") or hasattr(
            answer.wsgi_request, "organization"
        )
        return "enters" if names_object and is_inside else "404"
    is_refused = answer.status_code == 403 or answer.status_code >= 500
    return str(answer.status_code) if is_refused else "enters"
