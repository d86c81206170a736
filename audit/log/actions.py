"""The catalogue of actions: every act that the log can hold, with area and label."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class UnknownAction(LookupError):
    """An action that is not in the catalogue cannot be recorded."""


class Area(StrEnum):
    """The areas that the list filters on, in their order on the screen."""

    ORGANIZATION = "organization"
    MEMBERS = "members"
    SIGN_IN = "signin"
    KEYS = "keys"
    CONTENT = "content"
    SHARING = "sharing"
    RETENTION = "retention"
    HOLDS = "holds"
    AUDIT = "audit"
    OPERATOR = "operator"


AREA_LABELS: dict[Area, str | Promise] = {
    Area.ORGANIZATION: _("Organization"),
    Area.MEMBERS: _("Members"),
    Area.SIGN_IN: _("Sign-in"),
    Area.KEYS: _("Keys"),
    Area.CONTENT: _("Content"),
    Area.SHARING: _("Sharing"),
    Area.RETENTION: _("Retention"),
    Area.HOLDS: _("Holds"),
    Area.AUDIT: _("Audit"),
    Area.OPERATOR: _("Operator"),
}


@dataclass(frozen=True, kw_only=True)
class Action:
    """One act: `name` is `app.noun.verb-past`, `label` what the list says.

    `refused` is what the list says when it was tried and refused, where that needs
    words of its own.
    """

    name: str
    area: Area
    label: str | Promise
    refused: str | Promise


def _area(area: Area, *acts: tuple[str, str | Promise, str | Promise]) -> list[Action]:
    return [Action(name=n, area=area, label=d, refused=r) for n, d, r in acts]


# To add an act, add its line; a test compares the catalogue with all uses of it.
_ALL = [
    *_area(
        Area.ORGANIZATION,
        (
            "workspaces.organization.created",
            _("Created the organization"),
            _("Tried to create an organization"),
        ),
        (
            "workspaces.workspace.renamed",
            _("Renamed a workspace"),
            _("Tried to rename a workspace"),
        ),
        (
            "workspaces.policy-text.set",
            _("Set the policy text"),
            _("Tried to set the policy text"),
        ),
        (
            "workspaces.policy-text.acknowledged",
            _("Acknowledged the policy text"),
            _("Tried to acknowledge the policy text"),
        ),
        (
            "workspaces.workspace.created",
            _("Created a workspace"),
            _("Tried to create a workspace"),
        ),
        (
            "workspaces.organization_owner.added",
            _("Made someone owner of the organization"),
            _("Tried to make someone owner of the organization"),
        ),
        (
            "workspaces.organization.unlocked",
            _("Unlocked the organization: single sign-on became optional"),
            _("Tried to unlock the organization"),
        ),
        (
            "workspaces.networks.changed",
            _("Changed the networks that people and keys may come from"),
            _("Tried to change the networks that people and keys may come from"),
        ),
        (
            "workspaces.plan.changed",
            _("Changed the plan of a workspace"),
            _("Tried to change the plan of a workspace"),
        ),
        (
            "workspaces.sso.changed",
            _("Changed what single sign-on is to a workspace"),
            _("Tried to change what single sign-on is to a workspace"),
        ),
        (
            "workspaces.policy-grace.changed",
            _("Changed the grace period of a workspace"),
            _("Tried to change the grace period of a workspace"),
        ),
    ),
    *_area(
        Area.MEMBERS,
        (
            "workspaces.baseline.changed",
            _("Changed what the workspace gives of its features"),
            _("Tried to change what the workspace gives of its features"),
        ),
        (
            "workspaces.custom_role.created",
            _("Made a custom role"),
            _("Tried to make a custom role"),
        ),
        (
            "workspaces.custom_role.renamed",
            _("Renamed a custom role"),
            _("Tried to rename a custom role"),
        ),
        (
            "workspaces.custom_role.changed",
            _("Changed what a custom role gives"),
            _("Tried to change what a custom role gives"),
        ),
        (
            "workspaces.custom_role.deleted",
            _("Deleted a custom role"),
            _("Tried to delete a custom role"),
        ),
        (
            "workspaces.custom_role.assigned",
            _("Assigned a custom role"),
            _("Tried to assign a custom role"),
        ),
        (
            "workspaces.custom_role.unassigned",
            _("Took a custom role back"),
            _("Tried to take a custom role back"),
        ),
    ),
    *_area(
        Area.MEMBERS,
        (
            "workspaces.member.created",
            _("Added a member"),
            _("Tried to add a member"),
        ),
        (
            "workspaces.member.role-changed",
            _("Changed the role of a member"),
            _("Tried to change the role of a member"),
        ),
        (
            "workspaces.member.suspended",
            _("Suspended a member"),
            _("Tried to suspend a member"),
        ),
        (
            "workspaces.member.reactivated",
            _("Let a suspended member back in"),
            _("Tried to let a suspended member back in"),
        ),
        (
            "workspaces.member.removed",
            _("Removed a member"),
            _("Tried to remove a member"),
        ),
        (
            "workspaces.member.seat-changed",
            _("Changed the seat of a member"),
            _("Tried to change the seat of a member"),
        ),
        (
            "workspaces.invitation.sent",
            _("Invited somebody"),
            _("Tried to invite somebody"),
        ),
        (
            "workspaces.invitation.resent",
            _("Sent an invitation again"),
            _("Tried to send an invitation again"),
        ),
        (
            "workspaces.invitation.changed",
            _("Changed an invitation"),
            _("Tried to change an invitation"),
        ),
        (
            "workspaces.invitation.revoked",
            _("Revoked an invitation"),
            _("Tried to revoke an invitation"),
        ),
        (
            "workspaces.invitation.accepted",
            _("Accepted an invitation"),
            _("Tried to accept an invitation"),
        ),
        (
            "workspaces.join-request.made",
            _("Asked to join a workspace"),
            _("Tried to ask to join a workspace"),
        ),
        (
            "workspaces.join-request.approved",
            _("Approved a request to join"),
            _("Tried to approve a request to join"),
        ),
        (
            "workspaces.join-request.refused",
            _("Refused a request to join"),
            _("Tried to refuse a request to join"),
        ),
        (
            "workspaces.join-requests.switched",
            _("Changed whether people may ask to join"),
            _("Tried to change whether people may ask to join"),
        ),
        (
            "workspaces.seats.changed",
            _("Changed the seats of a workspace"),
            _("Tried to change the seats of a workspace"),
        ),
        (
            "workspaces.offboarding.completed",
            _("Took a member out of everything"),
            _("Tried to take a member out of everything"),
        ),
    ),
    *_area(
        Area.MEMBERS,
        (
            "workspaces.scim-user.created",
            _("Created a user through SCIM"),
            _("Tried to create a user through SCIM"),
        ),
        (
            "workspaces.scim-user.changed",
            _("Changed a user through SCIM"),
            _("Tried to change a user through SCIM"),
        ),
        (
            "workspaces.scim-user.deleted",
            _("Deleted a user through SCIM"),
            _("Tried to delete a user through SCIM"),
        ),
        (
            "workspaces.scim-settings.changed",
            _("Changed what SCIM may do"),
            _("Tried to change what SCIM may do"),
        ),
        (
            "workspaces.group.created",
            _("Created a group"),
            _("Tried to create a group"),
        ),
        (
            "workspaces.group.changed",
            _("Changed a group"),
            _("Tried to change a group"),
        ),
        (
            "workspaces.group.deleted",
            _("Deleted a group"),
            _("Tried to delete a group"),
        ),
        (
            "workspaces.group.role-mapped",
            _("Changed the role that a group gives"),
            _("Tried to change the role that a group gives"),
        ),
    ),
    *_area(
        Area.SHARING,
        (
            "workspaces.gpt.created",
            _("Made a GPT"),
            _("Tried to make a GPT"),
        ),
        (
            "workspaces.gpt.read",
            _("Read what another member's GPT is told, or files of it"),
            _("Tried to read what another member's GPT is told, or files of it"),
        ),
        (
            "workspaces.gpt.edited",
            _("Saved a new version of a GPT"),
            _("Tried to save a new version of a GPT"),
        ),
        (
            "workspaces.gpt.visibility-changed",
            _("Changed how far a GPT is shared"),
            _("Tried to change how far a GPT is shared"),
        ),
        (
            "workspaces.gpt.shared",
            _("Shared a GPT with somebody"),
            _("Tried to share a GPT with somebody"),
        ),
        (
            "workspaces.gpt.share-removed",
            _("Stopped sharing a GPT with somebody"),
            _("Tried to stop sharing a GPT with somebody"),
        ),
        (
            "workspaces.gpt.recipients-removed",
            _("Took a GPT from everybody it was shared with"),
            _("Tried to take a GPT from everybody it was shared with"),
        ),
        (
            "workspaces.gpt.shares-ended",
            _("Ended what was shared with a member who left"),
            _("Tried to end what was shared with a member who left"),
        ),
        (
            "workspaces.gpt.published",
            _("Showed a version of a GPT to the public"),
            _("Tried to show a version of a GPT to the public"),
        ),
        (
            "workspaces.gpt.unpublished",
            _("Unpublished a GPT"),
            _("Tried to unpublish a GPT"),
        ),
        (
            "workspaces.gpt.isolated",
            _("Isolated a GPT"),
            _("Tried to isolate a GPT"),
        ),
        (
            "workspaces.gpt.downgraded",
            _("Brought a GPT down to its owner's ceiling"),
            _("Tried to bring a GPT down to its owner's ceiling"),
        ),
        (
            "workspaces.gpt.reassigned",
            _("Gave a GPT to another member"),
            _("Tried to give a GPT to another member"),
        ),
        (
            "workspaces.gpt.handed-over",
            _("Handed a GPT over to a workspace owner"),
            _("Tried to hand a GPT over to a workspace owner"),
        ),
        (
            "workspaces.gpt.given-back",
            _("Gave a GPT back to a member who returned"),
            _("Tried to give a GPT back to a member who returned"),
        ),
        (
            "workspaces.gpt-review.requested",
            _("Asked for a review of a GPT"),
            _("Tried to ask for a review of a GPT"),
        ),
        (
            "workspaces.gpt-review.withdrawn",
            _("Withdrew a request for a review"),
            _("Tried to withdraw a request for a review"),
        ),
        (
            "workspaces.gpt-review.approved",
            _("Approved a version of a GPT"),
            _("Tried to approve a version of a GPT"),
        ),
        (
            "workspaces.gpt-review.sent-back",
            _("Sent a version of a GPT back"),
            _("Tried to send a version of a GPT back"),
        ),
        (
            "workspaces.gpt-review.rejected",
            _("Rejected a version of a GPT"),
            _("Tried to reject a version of a GPT"),
        ),
        (
            "workspaces.gpt-policy.changed",
            _("Changed what is allowed of GPTs"),
            _("Tried to change what is allowed of GPTs"),
        ),
        (
            "workspaces.action-domain.allowed",
            _("Allowed a domain for actions"),
            _("Tried to allow a domain for actions"),
        ),
        (
            "workspaces.action-domain.removed",
            _("Took a domain for actions back"),
            _("Tried to take a domain for actions back"),
        ),
        (
            "workspaces.third-party-gpt.approved",
            _("Approved a GPT from outside"),
            _("Tried to approve a GPT from outside"),
        ),
        (
            "workspaces.third-party-gpt.withdrawn",
            _("Withdrew the approval of a GPT from outside"),
            _("Tried to withdraw the approval of a GPT from outside"),
        ),
    ),
    *_area(
        Area.SIGN_IN,
        (
            "workspaces.session.signed-in",
            _("Signed in"),
            _("Tried to sign in"),
        ),
        (
            "workspaces.access.asked",
            _("Asked for a page or an operation"),
            _("Was refused a page or an operation"),
        ),
        (
            "workspaces.session.signed-out",
            _("Signed out"),
            _("Tried to sign out"),
        ),
        (
            "workspaces.session.ended",
            _("Ended sessions"),
            _("Tried to end sessions"),
        ),
        (
            "workspaces.code.sent",
            _("Sent a sign-in code"),
            _("Tried to send a sign-in code"),
        ),
        (
            "workspaces.break-glass.named",
            _("Named an owner for break-glass"),
            _("Tried to name an owner for break-glass"),
        ),
        (
            "workspaces.break-glass.code-sent",
            _("Sent a code to set up break-glass"),
            _("Tried to send a code to set up break-glass"),
        ),
        (
            "workspaces.break-glass.armed",
            _("Set up break-glass"),
            _("Tried to set up break-glass"),
        ),
        (
            "workspaces.break-glass.used",
            _("Entered by break-glass"),
            _("Tried to enter by break-glass"),
        ),
        (
            "workspaces.break-glass.unnamed",
            _("Took an owner off break-glass"),
            _("Tried to take an owner off break-glass"),
        ),
        (
            "workspaces.saml.configured",
            _("Configured single sign-on"),
            _("Tried to configure single sign-on"),
        ),
        (
            "workspaces.saml.key-prepared",
            _("Published a next signing key"),
            _("Tried to publish a next signing key"),
        ),
        (
            "workspaces.saml.key-promoted",
            _("Began to sign with the next key"),
            _("Tried to sign with the next key"),
        ),
        (
            "workspaces.saml.key-retired",
            _("Retired the old signing key"),
            _("Tried to retire the old signing key"),
        ),
        (
            "workspaces.domain.claimed",
            _("Claimed a mail domain"),
            _("Tried to claim a mail domain"),
        ),
        (
            "workspaces.domain.verified",
            _("Verified a mail domain"),
            _("Tried to verify a mail domain"),
        ),
        (
            "workspaces.domain.released",
            _("Released a mail domain"),
            _("Tried to release a mail domain"),
        ),
        (
            "workspaces.saml.drafted",
            _("Began a connection for single sign-on"),
            _("Tried to begin a connection for single sign-on"),
        ),
        (
            "workspaces.saml.discarded",
            _("Discarded the draft of a connection"),
            _("Tried to discard the draft of a connection"),
        ),
        (
            "workspaces.saml.tested",
            _("Tested a connection"),
            _("Tested a connection, which failed"),
        ),
        (
            "workspaces.saml.activated",
            _("Activated a connection"),
            _("Tried to activate a connection"),
        ),
        (
            "workspaces.saml.deactivated",
            _("Deactivated a connection"),
            _("Tried to deactivate a connection"),
        ),
        (
            "workspaces.saml.metadata-read",
            _("Read new metadata of the identity provider"),
            _("Tried to read metadata of the identity provider"),
        ),
        (
            "workspaces.saml-certificate.confirmed",
            _("Confirmed a certificate of the identity provider"),
            _("Tried to confirm a certificate of the identity provider"),
        ),
        (
            "workspaces.saml-certificate.refused",
            _("Refused a certificate of the identity provider"),
            _("Tried to refuse a certificate of the identity provider"),
        ),
        (
            "workspaces.saml-answers.kept",
            _("Asked to keep answers of the identity provider for a day"),
            _("Tried to keep answers of the identity provider"),
        ),
        (
            "workspaces.saml-answers.discarded",
            _("Stopped keeping answers of the identity provider"),
            _("Tried to stop keeping answers of the identity provider"),
        ),
        (
            "workspaces.saml-answer.downloaded",
            _("Downloaded an answer of the identity provider"),
            _("Tried to download an answer of the identity provider"),
        ),
        (
            "workspaces.person.updated",
            _("Took over a name or address from the identity provider"),
            _("Tried to take over a name or address from the identity provider"),
        ),
    ),
    *_area(
        Area.SHARING,
        (
            "workspaces.connector.added",
            _("Added a custom connector"),
            _("Tried to add a custom connector"),
        ),
        (
            "workspaces.connector.edited",
            _("Described a custom connector anew"),
            _("Tried to describe a custom connector anew"),
        ),
        (
            "workspaces.connector.deleted",
            _("Deleted a custom connector"),
            _("Tried to delete a custom connector"),
        ),
        (
            "workspaces.connector.tools-read",
            _("Read the tools of an MCP server"),
            _("Tried to read the tools of an MCP server"),
        ),
        (
            "workspaces.connector.changed",
            _("Changed the settings of a connector"),
            _("Tried to change the settings of a connector"),
        ),
        (
            "workspaces.connector.client-set",
            _("Set the client of a connector"),
            _("Tried to set the client of a connector"),
        ),
        (
            "workspaces.connector.asking-changed",
            _("Changed what connectors ask before"),
            _("Tried to change what connectors ask before"),
        ),
        (
            "workspaces.connector.grants-cut",
            _("Cut grants of connectors"),
            _("Tried to cut grants of connectors"),
        ),
        (
            "workspaces.connector-grant.linked",
            _("Signed in to a connected app"),
            _("Tried to sign in to a connected app"),
        ),
        (
            "workspaces.connector-grant.unlinked",
            _("Unlinked a connected app"),
            _("Tried to unlink a connected app"),
        ),
        (
            "workspaces.connector-grant.ended",
            _("Found that a connected app no longer lets a member in"),
            _("Tried to renew a sign-in to a connected app"),
        ),
        (
            "workspaces.connector-grant.revoked",
            _("Revoked a grant at its connected app"),
            _("Gave up revoking a grant at its connected app"),
        ),
        (
            "workspaces.connector-token.released",
            _("Handed out a member's token for a connector"),
            _("Was refused a member's token for a connector"),
        ),
    ),
    *_area(
        Area.KEYS,
        (
            "workspaces.api-key.issued",
            _("Issued an API key"),
            _("Tried to issue an API key"),
        ),
        (
            "workspaces.api-key.rotated",
            _("Rotated an API key"),
            _("Tried to rotate an API key"),
        ),
        (
            "workspaces.api-key.revoked",
            _("Revoked an API key"),
            _("Tried to revoke an API key"),
        ),
        (
            "workspaces.api-key.used",
            _("Used an API key"),
            _("Used an API key from a network that it may not use"),
        ),
        (
            "workspaces.scim-token.issued",
            _("Issued a SCIM token"),
            _("Tried to issue a SCIM token"),
        ),
        (
            "workspaces.scim-token.rotated",
            _("Rotated a SCIM token"),
            _("Tried to rotate a SCIM token"),
        ),
        (
            "workspaces.scim-token.revoked",
            _("Revoked a SCIM token"),
            _("Tried to revoke a SCIM token"),
        ),
        (
            "workspaces.scim-token.used",
            _("Used a SCIM token"),
            _("Used a SCIM token from a network that it may not use"),
        ),
        (
            "workspaces.scim-token.marked",
            _("Marked a SCIM token whose creator left"),
            _("Tried to mark a SCIM token whose creator left"),
        ),
    ),
    *_area(
        Area.CONTENT,
        (
            "workspaces.job.requested",
            _("Started a job"),
            _("Tried to start a job"),
        ),
        (
            "workspaces.job.canceled",
            _("Stopped a job"),
            _("Tried to stop a job"),
        ),
        (
            "workspaces.job.expired",
            _("Removed what a job left"),
            _("Tried to remove what a job left"),
        ),
        (
            "workspaces.import.started",
            _("Started an import"),
            _("Tried to start an import"),
        ),
        (
            "workspaces.import.completed",
            _("Completed an import"),
            _("Tried to complete an import"),
        ),
        (
            "workspaces.import.failed",
            _("Stopped an import that failed"),
            _("Stopped an import that failed"),
        ),
        (
            "retention.conversation.deleted",
            _("Deleted a conversation"),
            _("Tried to delete a conversation"),
        ),
        (
            "retention.conversation.restored",
            _("Restored a conversation"),
            _("Tried to restore a conversation"),
        ),
        (
            "retention.conversation.purged",
            _("Purged a conversation"),
            _("Tried to purge a conversation"),
        ),
        (
            "workspaces.project.created",
            _("Created a project"),
            _("Tried to create a project"),
        ),
        (
            "workspaces.project.changed",
            _("Changed a project"),
            _("Tried to change a project"),
        ),
        (
            "workspaces.project.handed-over",
            _("Handed a project of a leaving member over"),
            _("Tried to hand a project over"),
        ),
        (
            "workspaces.project.shared",
            _("Shared a project"),
            _("Tried to share a project"),
        ),
        (
            "workspaces.project.unshared",
            _("Stopped sharing a project"),
            _("Tried to stop sharing a project"),
        ),
        (
            "workspaces.project.shares-ended",
            _("Ended the projects shared with a member who left"),
            _("Tried to end the projects shared with a member who left"),
        ),
        (
            "workspaces.project.read",
            _("Read another member's project or files of it"),
            _("Tried to read another member's project or files of it"),
        ),
        (
            "workspaces.project-file.added",
            _("Put a file into a project"),
            _("Tried to put a file into a project"),
        ),
        (
            "workspaces.conversation.filed",
            _("Put a conversation into a project or took it out"),
            _("Tried to move a conversation into a project"),
        ),
        (
            "workspaces.memory.stored",
            _("Stored a memory"),
            _("Tried to store a memory"),
        ),
        (
            "workspaces.memory.switched",
            _("Turned memory on or off"),
            _("Tried to turn memory on or off"),
        ),
        (
            "retention.memory.deleted",
            _("Deleted a memory"),
            _("Tried to delete a memory"),
        ),
        (
            "retention.memory.restored",
            _("Restored a memory"),
            _("Tried to restore a memory"),
        ),
        (
            "retention.memory.purged",
            _("Purged a memory"),
            _("Tried to purge a memory"),
        ),
        (
            "retention.project.deleted",
            _("Deleted a project"),
            _("Tried to delete a project"),
        ),
        (
            "retention.project.restored",
            _("Restored a project"),
            _("Tried to restore a project"),
        ),
        (
            "retention.project.purged",
            _("Purged a project"),
            _("Tried to purge a project"),
        ),
        (
            "retention.project-file.deleted",
            _("Deleted a file of a project"),
            _("Tried to delete a file of a project"),
        ),
        (
            "retention.project-file.restored",
            _("Restored a file of a project"),
            _("Tried to restore a file of a project"),
        ),
        (
            "retention.project-file.purged",
            _("Purged a file of a project"),
            _("Tried to purge a file of a project"),
        ),
        (
            "retention.gpt.deleted",
            _("Deleted a GPT"),
            _("Tried to delete a GPT"),
        ),
        (
            "retention.gpt.restored",
            _("Restored a GPT"),
            _("Tried to restore a GPT"),
        ),
        (
            "retention.gpt.purged",
            _("Purged a GPT"),
            _("Tried to purge a GPT"),
        ),
        (
            "retention.gpt-file.deleted",
            _("Deleted a file of a GPT"),
            _("Tried to delete a file of a GPT"),
        ),
        (
            "retention.gpt-file.restored",
            _("Restored a file of a GPT"),
            _("Tried to restore a file of a GPT"),
        ),
        (
            "retention.gpt-file.purged",
            _("Purged a file of a GPT"),
            _("Tried to purge a file of a GPT"),
        ),
    ),
    *_area(
        Area.RETENTION,
        (
            "retention.policy.set",
            _("Set the retention policy"),
            _("Tried to set the retention policy"),
        ),
        (
            "retention.policy-bounds.set",
            _("Set floor and ceiling of retention"),
            _("Tried to set floor and ceiling of retention"),
        ),
        (
            "retention.policy.sent",
            _("Sent a retention policy for approval"),
            _("Tried to send a retention policy for approval"),
        ),
        (
            "retention.policy.drafted",
            _("Drafted a retention policy"),
            _("Tried to draft a retention policy"),
        ),
        (
            "retention.policy.draft-changed",
            _("Changed the draft of a retention policy"),
            _("Tried to change the draft of a retention policy"),
        ),
        (
            "retention.policy.approved",
            _("Approved a retention policy"),
            _("Tried to approve a retention policy"),
        ),
        (
            "retention.policy.declined",
            _("Declined a retention policy"),
            _("Tried to decline a retention policy"),
        ),
        (
            "retention.policy.scheduled",
            _("Scheduled a retention policy"),
            _("Tried to schedule a retention policy"),
        ),
        (
            "retention.policy.returned",
            _("Sent a retention policy back to its author"),
            _("Tried to send a retention policy back"),
        ),
        (
            "retention.policy.cancelled",
            _("Cancelled the draft of a retention policy"),
            _("Tried to cancel the draft of a retention policy"),
        ),
        (
            "retention.policy.in-force",
            _("Put a drafted retention policy in force"),
            _("Tried to put a drafted retention policy in force"),
        ),
        (
            "retention.purge-list.written",
            _("Wrote the purge list of a policy"),
            _("Tried to write the purge list of a policy"),
        ),
        (
            "retention.purge-list.downloaded",
            _("Downloaded the purge list of a policy"),
            _("Tried to download the purge list of a policy"),
        ),
        (
            "retention.purge-list.settled",
            _("Compared the purge list of a policy with its sweep"),
            _("Tried to compare the purge list of a policy with its sweep"),
        ),
        (
            "retention.purge-list.removed",
            _("Removed the purge list of a policy after its time"),
            _("Tried to remove the purge list of a policy"),
        ),
        (
            "retention.safeguards.set",
            _("Set the safeguards of retention"),
            _("Tried to set the safeguards of retention"),
        ),
        (
            "retention.sweep.stopped",
            _("Stopped a sweep before its first batch"),
            _("Tried to stop a sweep"),
        ),
        (
            "retention.sweep.agreed",
            _("Agreed, as the first of two people, to let a stopped sweep go on"),
            _("Tried to agree to let a stopped sweep go on"),
        ),
        (
            "retention.sweep.confirmed",
            _("Let a stopped sweep go on"),
            _("Tried to let a stopped sweep go on"),
        ),
        (
            "retention.own-policy.set",
            _("Set their own retention"),
            _("Tried to set their own retention"),
        ),
        (
            "retention.canary.purged",
            _("Purged a canary of Custos"),
            _("Tried to purge a canary of Custos"),
        ),
        (
            "retention.incident.opened",
            _("Found an incident of deleting"),
            _("Tried to open an incident"),
        ),
        (
            "retention.incident.lasted",
            _("Found that an incident of deleting lasts"),
            _("Tried to note an incident"),
        ),
        (
            "retention.incident.resolved",
            _("Closed an incident of deleting"),
            _("Tried to close an incident"),
        ),
        (
            "retention.schedule.set",
            _("Set the schedule of sweeps"),
            _("Tried to set the schedule of sweeps"),
        ),
        (
            "retention.promise.alarmed",
            _("Found deleted data that has waited 20 days"),
            _("Tried to watch the 30-day promise"),
        ),
        (
            "retention.promise.overdue",
            _("Found deleted data within its 30 days again"),
            _("Found deleted data past its 30 days"),
        ),
        (
            "retention.tombstones.replayed",
            _("Hid what a restored database brought back"),
            _("Tried to replay the vault's tombstones"),
        ),
        (
            "retention.sweep.started",
            _("Started a sweep"),
            _("Tried to start a sweep"),
        ),
        (
            "retention.sweep.planned",
            _("Planned a sweep"),
            _("Tried to plan a sweep"),
        ),
        (
            "retention.sweep.closed",
            _("Closed a sweep"),
            _("Tried to close a sweep"),
        ),
    ),
    *_area(
        Area.RETENTION,
        (
            "retention.erasure.requested",
            _("Asked to erase what a member stored"),
            _("Tried to ask for an erasure"),
        ),
        (
            "retention.erasure.withdrawn",
            _("Withdrew a request to erase"),
            _("Tried to withdraw a request to erase"),
        ),
        (
            "retention.erasure.held",
            _("Erased all but what legal holds cover"),
            _("Tried to erase all but what legal holds cover"),
        ),
        (
            "retention.erasure.completed",
            _("Erased all that a member stored"),
            _("Tried to erase all that a member stored"),
        ),
    ),
    *_area(
        Area.RETENTION,
        (
            "retention.closing.requested",
            _("Asked to close a workspace"),
            _("Tried to ask for the closing of a workspace"),
        ),
        (
            "retention.closing.undone",
            _("Kept a workspace that was to close"),
            _("Tried to keep a workspace that was to close"),
        ),
        (
            "retention.closing.waited",
            _("Stopped the closing of a workspace at legal holds"),
            _("Tried to stop the closing of a workspace at legal holds"),
        ),
        (
            "retention.closing.began",
            _("Began to empty a workspace that closes"),
            _("Tried to begin to empty a workspace that closes"),
        ),
        (
            "retention.closing.emptied",
            _("Found nothing stored any more in a workspace that closes"),
            _("Tried to look for what a workspace that closes still stores"),
        ),
        (
            "retention.closing.completed",
            _("Closed a workspace"),
            _("Tried to close a workspace"),
        ),
    ),
    *_area(
        Area.HOLDS,
        (
            "retention.hold.placed",
            _("Placed a legal hold"),
            _("Tried to place a legal hold"),
        ),
        (
            "retention.hold.widened",
            _("Let a legal hold cover more"),
            _("Tried to let a legal hold cover more"),
        ),
        (
            "retention.hold.described",
            _("Changed the text of a matter"),
            _("Tried to change the text of a matter"),
        ),
        (
            "retention.hold-release.requested",
            _("Asked to release from a legal hold"),
            _("Tried to ask for a release from a legal hold"),
        ),
        (
            "retention.hold-release.withdrawn",
            _("Withdrew a request to release from a legal hold"),
            _("Tried to withdraw a request to release"),
        ),
        (
            "retention.hold.narrowed",
            _("Released a part of a legal hold"),
            _("Tried to release a part of a legal hold"),
        ),
        (
            "retention.hold.notified",
            _("Told custodians about a legal hold"),
            _("Tried to tell custodians about a legal hold"),
        ),
        (
            "retention.hold-notice.acknowledged",
            _("Acknowledged a notice about a legal hold"),
            _("Tried to acknowledge a notice about a legal hold"),
        ),
        (
            "retention.hold-notice.reminded",
            _("Reminded a custodian of a legal hold"),
            _("Tried to remind a custodian of a legal hold"),
        ),
        (
            "retention.hold-grace.set",
            _("Set how long released holds still protect"),
            _("Tried to set how long released holds still protect"),
        ),
        (
            "retention.hold.released",
            _("Released a legal hold"),
            _("Tried to release a legal hold"),
        ),
        (
            "retention.matter-export.requested",
            _("Asked for an export of a matter"),
            _("Tried to export a matter"),
        ),
        (
            "retention.matter-export.written",
            _("Read what a legal hold covers, for an export"),
            _("Tried to read what a legal hold covers"),
        ),
        (
            "retention.matter-export.completed",
            _("Completed an export of a matter"),
            _("Tried to complete an export of a matter"),
        ),
        (
            "retention.matter-export.stopped",
            _("Stopped an export of a matter"),
            _("Tried to stop an export of a matter"),
        ),
        (
            "retention.matter-export.failed",
            _("Could not write an export of a matter"),
            _("Could not write an export of a matter"),
        ),
        (
            "retention.matter-export.downloaded",
            _("Downloaded an export of a matter"),
            _("Tried to download an export of a matter"),
        ),
        (
            "retention.matter-export.deleted",
            _("Deleted an export of a matter"),
            _("Tried to delete an export of a matter"),
        ),
        (
            "retention.matter-export.purged",
            _("Purged an export of a matter"),
            _("Tried to purge an export of a matter"),
        ),
    ),
    *_area(
        Area.AUDIT,
        (
            "audit.log.verified",
            _("Verified the audit log"),
            _("Tried to verify the audit log"),
        ),
        (
            "audit.verification.requested",
            _("Asked to verify the audit log"),
            _("Tried to have the audit log verified"),
        ),
        (
            "audit.log.exported",
            _("Exported the audit log"),
            _("Tried to export the audit log"),
        ),
        (
            "audit.head.anchored",
            _("Anchored the head of a log in the log of the installation"),
            _("Tried to anchor the head of a log"),
        ),
        (
            "audit.head.cosigned",
            _("Had the head of the installation's log cosigned by a witness"),
            _("Tried to have the head of the installation's log cosigned by a witness"),
        ),
        (
            "audit.head.timestamped",
            _("Had the head of the installation's log timestamped by an authority"),
            _("Tried to have the head of the installation's log timestamped"),
        ),
        (
            "audit.key.rotated",
            _("Changed the key that signs the audit log"),
            _("Tried to change the key that signs the audit log"),
        ),
        (
            "audit.epoch.opened",
            _("Opened a new epoch of the audit log"),
            _("Tried to open a new epoch of the audit log"),
        ),
        (
            "audit.erasure.requested",
            _("Asked to erase somebody from the audit log"),
            _("Tried to have somebody erased from the audit log"),
        ),
        (
            "audit.erasure.completed",
            _("Erased somebody from the audit log"),
            _("Tried to erase somebody from the audit log"),
        ),
        (
            "audit.expiry.changed",
            _("Changed for how long details of the audit log are kept"),
            _("Tried to change for how long details of the audit log are kept"),
        ),
        (
            "audit.details.expired",
            _("Deleted details of old entries of the audit log"),
            _("Tried to delete details of old entries of the audit log"),
        ),
        (
            "audit.log.retention-changed",
            _("Changed for how long entries of the audit log are kept"),
            _("Tried to change for how long entries of the audit log are kept"),
        ),
        (
            "audit.log.pruning-planned",
            _("Planned to prune old entries of the audit log"),
            _("Tried to plan to prune old entries of the audit log"),
        ),
        (
            "audit.log.pruned",
            _("Pruned old entries of the audit log"),
            _("Tried to prune old entries of the audit log"),
        ),
        (
            "audit.log.pruning-stopped",
            _("Stopped pruning old entries of the audit log"),
            _("Tried to prune old entries of the audit log"),
        ),
        (
            "audit.incident.opened",
            _("Opened an incident"),
            _("Tried to open an incident"),
        ),
        (
            "audit.incident.acknowledged",
            _("Acknowledged an incident"),
            _("Tried to acknowledge an incident"),
        ),
        (
            "audit.incident.assigned",
            _("Handed an incident on"),
            _("Tried to hand an incident on"),
        ),
        (
            "audit.incident.noted",
            _("Wrote a note on an incident"),
            _("Tried to write a note on an incident"),
        ),
        (
            "audit.incident.resolved",
            _("Resolved an incident"),
            _("Tried to resolve an incident"),
        ),
        (
            "audit.incident.reopened",
            _("Opened an incident again"),
            _("Tried to open an incident again"),
        ),
        (
            "audit.incident.told",
            _("Gave notice of an incident"),
            _("Tried to give notice of an incident"),
        ),
        (
            "audit.incident.paged",
            _("Paged a contact about an incident"),
            _("Tried to page a contact about an incident"),
        ),
        (
            "audit.incident.webhook-called",
            _("Called a webhook about an incident"),
            _("Called a webhook about an incident in vain"),
        ),
        (
            "audit.incident-rota.changed",
            _("Changed who is paged about incidents"),
            _("Tried to change who is paged about incidents"),
        ),
        (
            "audit.incident-rule.changed",
            _("Changed a rule for incidents"),
            _("Tried to change a rule for incidents"),
        ),
        (
            "audit.view.saved",
            _("Saved a view of the audit log"),
            _("Tried to save a view of the audit log"),
        ),
        (
            "audit.view.deleted",
            _("Deleted a view of the audit log"),
            _("Tried to delete a view of the audit log"),
        ),
        (
            "audit.entries.read",
            _("Read the audit log through the API"),
            _("Tried to read the audit log through the API"),
        ),
        (
            "audit.export.requested",
            _("Asked for an export of the audit log"),
            _("Tried to ask for an export of the audit log"),
        ),
        (
            "audit.export.completed",
            _("Made an export of the audit log"),
            _("Tried to make an export of the audit log"),
        ),
        (
            "audit.export.downloaded",
            _("Downloaded an export of the audit log"),
            _("Tried to download an export of the audit log"),
        ),
        (
            "audit.export.expired",
            _("Deleted the file of an old export"),
            _("Tried to delete the file of an old export"),
        ),
        (
            "audit.stream.created",
            _("Made a stream of the audit log"),
            _("Tried to make a stream of the audit log"),
        ),
        (
            "audit.stream.changed",
            _("Changed a stream of the audit log"),
            _("Tried to change a stream of the audit log"),
        ),
        (
            "audit.stream.started",
            _("Started a stream of the audit log"),
            _("Tried to start a stream of the audit log"),
        ),
        (
            "audit.stream.paused",
            _("Paused a stream of the audit log"),
            _("Tried to pause a stream of the audit log"),
        ),
        (
            "audit.stream.replayed",
            _("Moved a stream of the audit log to another entry"),
            _("Tried to move a stream of the audit log"),
        ),
        (
            "audit.stream.test-requested",
            _("Asked for a test event"),
            _("Tried to ask for a test event"),
        ),
        (
            "audit.stream.tested",
            _("Sent a test event"),
            _("Tried to send a test event"),
        ),
        (
            "audit.stream.removed",
            _("Removed a stream of the audit log"),
            _("Tried to remove a stream of the audit log"),
        ),
        (
            "audit.stream.fell-behind",
            _("A stream of the audit log fell behind"),
            _("Tried to catch up with a stream"),
        ),
        (
            "audit.stream.caught-up",
            _("A stream of the audit log caught up"),
            _("Tried to catch up with a stream"),
        ),
        (
            "audit.stream.gap-found",
            _("Entries were gone before a stream sent them"),
            _("Tried to send entries that are gone"),
        ),
        (
            "audit.stream.gap-acknowledged",
            _("Acknowledged a gap of a stream of the audit log"),
            _("Tried to acknowledge a gap of a stream"),
        ),
        (
            "audit.demo.tampered",
            _("Tampered with an entry, for the demonstration"),
            _("Tried to tamper with an entry"),
        ),
        (
            "audit.demo.put-back",
            _("Put back the entry that was tampered with"),
            _("Tried to put back an entry"),
        ),
    ),
    *_area(
        Area.OPERATOR,
        (
            "workspaces.operator.signed-in",
            _("Signed in as operator"),
            _("Tried to sign in as operator"),
        ),
        (
            "workspaces.operator.changed",
            _("Changed the installation"),
            _("Tried to change the installation"),
        ),
        (
            "retention.installation.examined",
            _("Examined the installation"),
            _("Tried to examine the installation"),
        ),
        (
            "workspaces.demo.seeded",
            _("Filled the demonstration"),
            _("Tried to fill the demonstration"),
        ),
    ),
]

CATALOG: dict[str, Action] = {action.name: action for action in _ALL}


def action_named(name: str) -> Action:
    """The action of the catalogue; UnknownAction for any other name."""
    try:
        return CATALOG[name]
    except KeyError:
        raise UnknownAction(f"{name} is not in audit/log/actions.py") from None


def names_in(area: Area) -> list[str]:
    """The names of an area's actions."""
    return [action.name for action in CATALOG.values() if action.area is area]
