"""Which OCSF 1.8.0 class and activity each action of the catalogue is.

An action is `app.noun.verb-past`. The noun decides the class; the verb decides the
activity, by the sense that the classes share. What is not named here is Entity
Management, and an act on an entity that is neither its beginning nor its end, nor
only looks at it, is an Update.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Class(IntEnum):
    """The OCSF classes in use, by `class_uid`."""

    ACCOUNT_CHANGE = 3001
    AUTHENTICATION = 3002
    ENTITY_MANAGEMENT = 3004
    USER_ACCESS = 3005
    GROUP_MANAGEMENT = 3006
    WEB_RESOURCES = 6001
    APPLICATION_LIFECYCLE = 6002
    API_ACTIVITY = 6003
    DATASTORE = 6005
    FILE_HOSTING = 6006


CLASS_NAMES: Mapping[Class, str] = {
    Class.ACCOUNT_CHANGE: "Account Change",
    Class.AUTHENTICATION: "Authentication",
    Class.ENTITY_MANAGEMENT: "Entity Management",
    Class.USER_ACCESS: "User Access Management",
    Class.GROUP_MANAGEMENT: "Group Management",
    Class.WEB_RESOURCES: "Web Resources Activity",
    Class.APPLICATION_LIFECYCLE: "Application Lifecycle",
    Class.API_ACTIVITY: "API Activity",
    Class.DATASTORE: "Datastore Activity",
    Class.FILE_HOSTING: "File Hosting Activity",
}


class Sense(StrEnum):
    """What a verb means, whatever it is done to."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    ENABLE = "enable"
    DISABLE = "disable"
    RESTORE = "restore"
    IMPORT = "import"
    EXPORT = "export"
    SHARE = "share"
    UNSHARE = "unshare"
    ASSIGN = "assign"
    REVOKE = "revoke"
    LOGON = "logon"
    LOGOFF = "logoff"
    PREAUTH = "preauth"


# The number and caption of each sense, class by class; the sense that is not there is
# Other, under the verb's own name.
_ACTIVITIES: Mapping[Class, Mapping[Sense, tuple[int, str]]] = {
    Class.ACCOUNT_CHANGE: {
        Sense.CREATE: (1, "Create"),
        Sense.ENABLE: (2, "Enable"),
        Sense.DISABLE: (5, "Disable"),
        Sense.DELETE: (6, "Delete"),
    },
    Class.AUTHENTICATION: {
        Sense.LOGON: (1, "Logon"),
        Sense.LOGOFF: (2, "Logoff"),
        Sense.PREAUTH: (6, "Preauth"),
    },
    Class.ENTITY_MANAGEMENT: {
        Sense.CREATE: (1, "Create"),
        Sense.READ: (2, "Read"),
        Sense.UPDATE: (3, "Update"),
        Sense.DELETE: (4, "Delete"),
        Sense.ENABLE: (8, "Enable"),
        Sense.DISABLE: (9, "Disable"),
    },
    Class.USER_ACCESS: {
        Sense.ASSIGN: (1, "Assign Privileges"),
        Sense.REVOKE: (2, "Revoke Privileges"),
    },
    Class.GROUP_MANAGEMENT: {
        Sense.ASSIGN: (1, "Assign Privileges"),
        Sense.DELETE: (5, "Delete"),
        Sense.CREATE: (6, "Create"),
    },
    Class.WEB_RESOURCES: {
        Sense.CREATE: (1, "Create"),
        Sense.READ: (2, "Read"),
        Sense.UPDATE: (3, "Update"),
        Sense.DELETE: (4, "Delete"),
        Sense.IMPORT: (6, "Import"),
        Sense.EXPORT: (7, "Export"),
        Sense.SHARE: (8, "Share"),
    },
    Class.APPLICATION_LIFECYCLE: {
        Sense.CREATE: (1, "Install"),
        Sense.UPDATE: (8, "Update"),
    },
    Class.API_ACTIVITY: {
        Sense.CREATE: (1, "Create"),
        Sense.READ: (2, "Read"),
        Sense.UPDATE: (3, "Update"),
        Sense.DELETE: (4, "Delete"),
    },
    Class.DATASTORE: {
        Sense.READ: (1, "Read"),
        Sense.UPDATE: (2, "Update"),
        Sense.DELETE: (7, "Delete"),
    },
    Class.FILE_HOSTING: {
        Sense.CREATE: (1, "Upload"),
        Sense.READ: (2, "Download"),
        Sense.UPDATE: (3, "Update"),
        Sense.DELETE: (4, "Delete"),
        Sense.RESTORE: (8, "Restore"),
        Sense.SHARE: (12, "Share"),
        Sense.UNSHARE: (13, "Unshare"),
    },
}
_OTHER = 99

_BY_NOUN: Mapping[str, Class] = {
    "code": Class.AUTHENTICATION,
    "session": Class.AUTHENTICATION,
    "member": Class.ACCOUNT_CHANGE,
    "person": Class.ACCOUNT_CHANGE,
    "scim-user": Class.ACCOUNT_CHANGE,
    "organization_owner": Class.USER_ACCESS,
    "group": Class.GROUP_MANAGEMENT,
    "access": Class.API_ACTIVITY,
    "compliance": Class.API_ACTIVITY,
    "connector-token": Class.API_ACTIVITY,
    "canary": Class.DATASTORE,
    "conversation": Class.WEB_RESOURCES,
    "export": Class.WEB_RESOURCES,
    "import": Class.WEB_RESOURCES,
    "matter-export": Class.WEB_RESOURCES,
    "memory": Class.WEB_RESOURCES,
    "project": Class.WEB_RESOURCES,
    "project-file": Class.FILE_HOSTING,
    "gpt-file": Class.FILE_HOSTING,
    "saml-answer": Class.WEB_RESOURCES,
    "demo": Class.APPLICATION_LIFECYCLE,
    "installation": Class.APPLICATION_LIFECYCLE,
}
_SENSES: Mapping[Sense, str] = {
    Sense.CREATE: "added allowed armed claimed created drafted"
    " issued linked made opened placed prepared requested scheduled seeded sent started"
    " stored",
    Sense.READ: "downloaded examined found read released tested verified viewed",
    Sense.DELETE: "cancelled canceled deleted discarded expired pruned purged removed"
    " retired revoked unlinked unnamed withdrawn",
    Sense.ENABLE: "activated reactivated resumed unlocked",
    Sense.DISABLE: "deactivated disabled isolated paused suspended",
    Sense.RESTORE: "restored",
    Sense.EXPORT: "exported",
    Sense.SHARE: "shared",
    Sense.UNSHARE: "unshared shares-ended",
}
_BY_VERB = {verb: sense for sense, verbs in _SENSES.items() for verb in verbs.split()}

# Where noun and verb would say something else than the act is.
_EXCEPTIONS: Mapping[str, tuple[Class, Sense]] = {
    "workspaces.break-glass.used": (Class.AUTHENTICATION, Sense.LOGON),
    "workspaces.break-glass.code-sent": (Class.AUTHENTICATION, Sense.PREAUTH),
    "workspaces.code.sent": (Class.AUTHENTICATION, Sense.PREAUTH),
    "workspaces.operator.signed-in": (Class.AUTHENTICATION, Sense.LOGON),
    "workspaces.operator.changed": (Class.APPLICATION_LIFECYCLE, Sense.UPDATE),
    "workspaces.session.signed-in": (Class.AUTHENTICATION, Sense.LOGON),
    "workspaces.session.signed-out": (Class.AUTHENTICATION, Sense.LOGOFF),
    "workspaces.session.ended": (Class.AUTHENTICATION, Sense.LOGOFF),
    "workspaces.member.role-changed": (Class.USER_ACCESS, Sense.ASSIGN),
    "workspaces.organization_owner.added": (Class.USER_ACCESS, Sense.ASSIGN),
    "workspaces.custom_role.assigned": (Class.USER_ACCESS, Sense.ASSIGN),
    "workspaces.custom_role.unassigned": (Class.USER_ACCESS, Sense.REVOKE),
    "workspaces.group.role-mapped": (Class.GROUP_MANAGEMENT, Sense.ASSIGN),
    "workspaces.import.started": (Class.WEB_RESOURCES, Sense.IMPORT),
    "workspaces.import.completed": (Class.WEB_RESOURCES, Sense.IMPORT),
    "workspaces.import.failed": (Class.WEB_RESOURCES, Sense.IMPORT),
    "workspaces.connector-token.released": (Class.API_ACTIVITY, Sense.READ),
    "retention.hold.released": (Class.ENTITY_MANAGEMENT, Sense.DELETE),
    "retention.matter-export.written": (Class.WEB_RESOURCES, Sense.EXPORT),
    "retention.matter-export.completed": (Class.WEB_RESOURCES, Sense.EXPORT),
    "retention.tombstones.replayed": (Class.DATASTORE, Sense.DELETE),
    "audit.log.exported": (Class.WEB_RESOURCES, Sense.EXPORT),
    "audit.export.completed": (Class.WEB_RESOURCES, Sense.EXPORT),
}


@dataclass(frozen=True, kw_only=True)
class Activity:
    """What an action is in OCSF: `number` is `activity_id`, `name` its caption."""

    of: Class
    number: int
    name: str

    @property
    def category(self) -> int:
        """`category_uid`: the thousands of the class."""
        return self.of // 1000

    @property
    def type_uid(self) -> int:
        """`type_uid`."""
        return self.of * 100 + self.number


def activity(action: str) -> Activity:
    """The class and activity of an action; also of one that the catalogue lost."""
    noun, _dot, verb = action.partition(".")[2].partition(".")
    by_verb = _BY_VERB.get(verb, Sense.UPDATE)
    by_noun = _BY_NOUN.get(noun, Class.ENTITY_MANAGEMENT)
    if verb == "purged":  # the sweep deletes rows, whatever they were
        by_noun = Class.DATASTORE
    of, sense = _EXCEPTIONS.get(action, (by_noun, by_verb))
    number, name = _ACTIVITIES[of].get(sense, (0, ""))
    if not number and of is Class.ENTITY_MANAGEMENT:
        number, name = _ACTIVITIES[of][Sense.UPDATE]
    return Activity(of=of, number=number or _OTHER, name=name or verb or action)
