"""The map of screens names what is there, and leaves out no page that people open."""

import re
from collections.abc import Iterator

import pytest
from django.urls import get_resolver

from config.launcher.surroundings import BASE_DIR

_ROW = re.compile(
    r"^\| [^|]+ \| `([a-z-]+):([a-z-]+)` \| `([^`]+)`"
    r" \| (?:`([^`]+)` )?\| `([^`]+)` \|$",
    re.MULTILINE,
)
# Addresses that a page posts to, loads as a part of itself, or hands to a program.
_PARTS = {
    *(
        "sign-out",
        "theme",
        "healthz",
        "authzen-configuration",
        "log-keys",
        "jobs-cancel",
        "policy-set",
        "schedule-set",
        "matter-export-download",
        "matter-export-delete",
        "export-file",
        "export-verifier",
        "workspace-export-file",
        "workspace-export-verifier",
        "policy-draft-list-download",
        "policy-draft-send",
        "policy-draft-approve",
        "policy-draft-decline",
        "policy-draft-cancel",
        "safeguards-set",
        "policy-bounds-set",
        "sweep-stop-confirm",
        "sweep-start",
    ),
    *("saml-login", "saml-finish", "saml-metadata", "saml-sls", "receipt-download"),
    *("offboarding-let-in", "keys-rotate", "keys-revoke", "organization-keys-rotate"),
    *(
        "organization-keys-revoke",
        "my-conversation-delete",
        "my-erasure-withdraw",
        "my-hold-notice-acknowledge",
        "my-conversation-restore",
        "settings-rename",
        "workspace-keep",
        "closing-certificate",
        "settings-text",
        "workspaces-open",
        "my-memory-add",
        "my-memory-switch",
        "my-project-change",
        "my-project-download",
        "gpts-file",
        "my-project-file",
        "my-project-put",
        "my-project-share",
        "my-project-unshare",
        "my-object-delete",
        "my-object-restore",
        "my-objects-delete",
    ),
    *("proof", "workspace-proof"),
    *("stream-acknowledge", "workspace-stream-acknowledge"),
    *("stream-start", "stream-pause", "stream-test", "stream-secret", "stream-remove"),
    *("workspace-stream-start", "workspace-stream-pause", "workspace-stream-test"),
    *("workspace-stream-secret", "workspace-stream-remove"),
    *("workspace-stream", "workspace-stream-add", "workspace-stream-new"),
    *("workspace-stream-change", "workspace-stream-replay", "workspace-streams"),
    *("verify", "tamper", "put-back", "workspace-entry", "workspace-verify"),
    *("save-view", "delete-view", "workspace-save-view", "workspace-delete-view"),
    *("scim", "scim-base", "scim-root", "scim-token-issue", "scim-token-rotate"),
    *("scim-token-revoke", "scim-test", "scim-retry", "scim-switches", "scim-role"),
    *("access-assign-member", "access-assign-group", "access-take-member"),
    *("access-take-group",),
    *("workspace-tamper", "workspace-put-back", "break-glass-owner"),
    *("domain-check", "sso-begin", "sso-certificate", "sso-provisioning", "sso-key"),
    *("members-role", "members-seat", "groups-add", "groups-take-out"),
    *("connectors-asking", "connectors-change", "connectors-client"),
    "connectors-tools",
    *("connectors-receipt-download", "connections-begin", "connections-callback"),
    *("connections-unlink",),
    *("receipts-file", "receipt-object-file", "receipt-verifier", "my-receipt-file"),
    *("joining-ask", "joining-switch", "joining-approve", "joining-refuse"),
    "invitation-accept",
    *("groups-of-member", "jobs-result", "bulk-confirm"),
    *("invitations-confirm", "invitations-resend", "invitations-revoke"),
    *("gpts-give", "gpts-take", "gpts-withdraw", "gpts-public", "gpts-domain-allow"),
    *("gpts-domain-remove", "gpts-outside-approve", "gpts-outside-withdraw"),
    *("gpts-downgrade", "gpts-unpublish", "gpts-isolate", "gpts-reassign"),
    *("sso-test-begin", "sso-workspace", "sso-answer", "sso-answers"),
}


def rows() -> list[tuple[str, ...]]:
    return _ROW.findall((BASE_DIR / "docs" / "map.md").read_text())


def names() -> Iterator[str]:
    for app in ("workspaces", "retention", "audit"):
        _, resolver = get_resolver().namespace_dict[app]
        yield from (f"{app}:{name}" for name in resolver.reverse_dict if _is_name(name))


def _is_name(name: object) -> bool:
    return isinstance(name, str)


def test_every_page_is_on_the_map() -> None:
    mapped = {f"{app}:{name}" for app, name, *_ in rows()}

    missing = {n for n in names() if n.partition(":")[2] not in _PARTS} - mapped

    assert missing == set()


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[1])
def test_what_the_map_names_is_there(row: tuple[str, ...]) -> None:
    app, name, folder, template, test = row

    assert (BASE_DIR / folder).is_dir()
    assert not template or (BASE_DIR / "templates" / template).is_file()
    assert (BASE_DIR / "tests" / test).is_file()
    assert app == "admin" or f"{app}:{name}" in set(names())
