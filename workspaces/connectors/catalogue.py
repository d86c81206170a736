"""The connectors that every workspace may allow: where they sign in, what they do.

Addresses and scopes are those that the makers of the apps publish for user tokens. The
scopes of changing actions are asked for only where changing actions are allowed.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from workspaces.connectors.controls import Access, ClientAuth


class Revocation(StrEnum):
    """How a grant is ended at its source."""

    RFC_7009 = "rfc7009"
    GITHUB = "github"  # DELETE of the grant, with the client's own password
    NONE = "none"  # the app offers none: members end it in the app's own settings


class Account(StrEnum):
    """How the app says whose account was linked."""

    USERINFO = "userinfo"  # OpenID Connect: `email`, and `email_verified` where told
    GITHUB = "github"  # the list of addresses; the primary, verified one
    SLACK = "slack"  # the address of the Slack workspace
    ATLASSIAN = "atlassian"  # `email`
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing that a front end can do through a connector."""

    name: str
    label: str | Promise
    access: Access
    # Reaches other people, or cannot be taken back.
    is_important: bool = False


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where an app takes OAuth 2.0 requests; empty where it has no such place."""

    authorize: str
    token: str
    revoke: str = ""
    account: str = ""
    issuer: str = ""
    # The app promises to name itself in each answer (RFC 9207).
    sends_issuer: bool = False
    # What the token is for (RFC 8707): the address of an MCP server.
    resource: str = ""
    # How a client may prove itself, where the app publishes that (RFC 8414 names).
    client_auths: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One connector of the catalogue."""

    slug: str
    label: str
    text: str | Promise
    endpoints: Endpoints
    read_scopes: tuple[str, ...]
    write_scopes: tuple[str, ...]
    actions: tuple[Action, ...]
    revocation: Revocation
    account: Account
    client_auth: ClientAuth = ClientAuth.POST
    extra: dict[str, str] = field(default_factory=dict)  # of the authorization request


def _reads(name: str, label: str | Promise) -> Action:
    return Action(name=name, label=label, access=Access.READ)


def _writes(name: str, label: str | Promise, *, important: bool = False) -> Action:
    return Action(name=name, label=label, access=Access.WRITE, is_important=important)


_GOOGLE = "https://www.googleapis.com/auth/"
_MICROSOFT = "https://login.microsoftonline.com/organizations/oauth2/v2.0"
_ENTRIES = (
    Entry(
        slug="google-drive",
        label="Google Drive",
        text=_("Files and folders of a Google account."),
        endpoints=Endpoints(
            authorize="https://accounts.google.com/o/oauth2/v2/auth",
            token="https://oauth2.googleapis.com/token",  # noqa: S106 -- an address
            revoke="https://oauth2.googleapis.com/revoke",
            account="https://openidconnect.googleapis.com/v1/userinfo",
            issuer="https://accounts.google.com",
        ),
        read_scopes=("openid", "email", f"{_GOOGLE}drive.readonly"),
        write_scopes=(f"{_GOOGLE}drive",),
        actions=(
            _reads("files.search", _("Search files")),
            _reads("files.read", _("Read a file")),
            _writes("files.create", _("Create a file")),
            _writes("files.update", _("Change a file")),
            _writes("files.share", _("Share a file"), important=True),
            _writes("files.delete", _("Delete a file"), important=True),
        ),
        revocation=Revocation.RFC_7009,
        account=Account.USERINFO,
        extra={"access_type": "offline", "prompt": "consent"},
    ),
    Entry(
        slug="sharepoint",
        label="SharePoint",
        text=_("Sites and documents of a Microsoft 365 account."),
        endpoints=Endpoints(
            authorize=f"{_MICROSOFT}/authorize",
            token=f"{_MICROSOFT}/token",
            account="https://graph.microsoft.com/oidc/userinfo",
        ),
        read_scopes=(
            *("openid", "email", "offline_access"),
            *("Sites.Read.All", "Files.Read.All"),
        ),
        write_scopes=("Sites.ReadWrite.All", "Files.ReadWrite.All"),
        actions=(
            _reads("sites.search", _("Search sites")),
            _reads("documents.read", _("Read a document")),
            _writes("documents.create", _("Create a document")),
            _writes("documents.update", _("Change a document")),
            _writes("documents.share", _("Share a document"), important=True),
            _writes("documents.delete", _("Delete a document"), important=True),
        ),
        revocation=Revocation.NONE,
        account=Account.USERINFO,
    ),
    Entry(
        slug="slack",
        label="Slack",
        text=_("Channels and messages that a Slack account can see."),
        endpoints=Endpoints(
            authorize="https://slack.com/oauth/v2_user/authorize",
            token="https://slack.com/api/oauth.v2.user.access",  # noqa: S106
            revoke="https://slack.com/api/auth.revoke",
            account="https://slack.com/api/auth.test",
        ),
        read_scopes=(
            *("search:read.public", "channels:read", "channels:history"),
            "users:read",
        ),
        write_scopes=("chat:write", "canvases:write"),
        actions=(
            _reads("messages.search", _("Search messages")),
            _reads("channels.read", _("Read a channel")),
            _writes("canvases.update", _("Change a canvas")),
            _writes("messages.send", _("Send a message"), important=True),
        ),
        revocation=Revocation.RFC_7009,
        account=Account.SLACK,
    ),
    Entry(
        slug="github",
        label="GitHub",
        text=_("Repositories, issues and pull requests of a GitHub account."),
        endpoints=Endpoints(
            authorize="https://github.com/login/oauth/authorize",
            token="https://github.com/login/oauth/access_token",  # noqa: S106
            revoke="https://api.github.com/applications/{client_id}/grant",
            account="https://api.github.com/user/emails",
        ),
        # GitHub has no scope that only reads private repositories.
        read_scopes=("repo", "read:org", "user:email"),
        write_scopes=("repo",),
        actions=(
            _reads("repositories.search", _("Search repositories")),
            _reads("contents.read", _("Read a file of a repository")),
            _reads("issues.read", _("Read issues and pull requests")),
            _writes("issues.write", _("Write issues and comments"), important=True),
            _writes("contents.write", _("Change files of a repository")),
            _writes("pulls.merge", _("Merge a pull request"), important=True),
        ),
        revocation=Revocation.GITHUB,
        account=Account.GITHUB,
    ),
    Entry(
        slug="jira",
        label="Jira",
        text=_("Projects and issues of an Atlassian account."),
        endpoints=Endpoints(
            authorize="https://auth.atlassian.com/authorize",
            token="https://auth.atlassian.com/oauth/token",  # noqa: S106
            account="https://api.atlassian.com/me",
        ),
        read_scopes=("offline_access", "read:me", "read:jira-work", "read:jira-user"),
        write_scopes=("write:jira-work",),
        actions=(
            _reads("issues.search", _("Search issues")),
            _reads("issues.read", _("Read an issue")),
            _writes("issues.create", _("Create an issue")),
            _writes("issues.comment", _("Comment on an issue"), important=True),
            _writes("issues.transition", _("Move an issue on")),
        ),
        revocation=Revocation.NONE,
        account=Account.ATLASSIAN,
        extra={"audience": "api.atlassian.com", "prompt": "consent"},
    ),
)
ENTRIES: dict[str, Entry] = {entry.slug: entry for entry in _ENTRIES}
