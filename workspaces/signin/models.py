"""Connections to identity providers, mail domains, and assertions already used."""

import uuid

from django.db import models

from kit.scoping import OrganizationManager
from workspaces.roles.matrix import Role


class ConnectionState(models.TextChoices):
    """Whether people can sign in through a connection."""

    DRAFT = "draft"
    ACTIVE = "active"
    INACTIVE = "inactive"


class Preset(models.TextChoices):
    """The products whose values the wizard fills in; the value is stored."""

    ENTRA = "entra"
    OKTA = "okta"
    GOOGLE = "google"
    ADFS = "adfs"
    KEYCLOAK = "keycloak"
    ONELOGIN = "onelogin"
    OTHER = "other"


class SamlConnection(models.Model):
    """One identity provider of one organization.

    `public_id` never changes and is the namespace of the identities linked through
    the connection (allauth's provider id): an entity ID is chosen by the other side
    and could be chosen twice. `slug` stands in our URLs and entity ID. At most one
    connection of an organization is active; a second one waits beside it during a
    migration, with URLs of its own.

    `metadata_*` tells where the other side publishes itself, when it was read last and
    is due again, and what went wrong. `tested_digest` is the hash of the settings that
    passed a test sign-in: activation demands the same ones. `role_rules` stand in their
    own table. Data: business data; `tested_by_id` names a person by id.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    slug = models.SlugField(max_length=63, unique=True)
    state = models.CharField(
        max_length=10, choices=ConnectionState, default=ConnectionState.DRAFT
    )
    label = models.CharField(max_length=100)
    preset = models.CharField(max_length=20, choices=Preset, default=Preset.OTHER)
    idp_entity_id = models.CharField(max_length=1024)
    sso_url = models.CharField(max_length=1024)
    slo_url = models.CharField(max_length=1024, blank=True, default="")
    wants_signed_requests = models.BooleanField(default=False)
    name_id_format = models.CharField(max_length=255, blank=True, default="")
    allows_idp_initiated = models.BooleanField(default=False)
    publishes_encryption_key = models.BooleanField(default=False)
    attribute_mapping = models.JSONField()
    groups_attribute = models.CharField(max_length=255, blank=True, default="")
    provisions_into = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, null=True
    )
    default_role = models.CharField(max_length=30, default=Role.MEMBER)
    may_grant_owner = models.BooleanField(default=False)
    metadata_url = models.CharField(max_length=1024, blank=True, default="")
    metadata_read_at = models.DateTimeField(null=True)
    metadata_due_at = models.DateTimeField(null=True)
    metadata_problem = models.CharField(max_length=300, blank=True, default="")
    keeps_messages_until = models.DateTimeField(null=True)
    tested_digest = models.CharField(max_length=64, blank=True, default="")
    tested_at = models.DateTimeField(null=True)
    tested_by_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    objects = OrganizationManager["SamlConnection"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ConnectionState.values),
                name="connection_state_known",
            ),
            # A draft waits for what its identity provider says.
            models.CheckConstraint(
                condition=~models.Q(slug="")
                & (
                    models.Q(state="draft")
                    | (~models.Q(idp_entity_id="") & ~models.Q(sso_url=""))
                ),
                name="connection_is_named",
            ),
            models.CheckConstraint(
                condition=models.Q(preset__in=Preset.values),
                name="connection_preset_known",
            ),
            models.CheckConstraint(
                condition=models.Q(default_role__in=[one.value for one in Role]),
                name="connection_role_known",
            ),
            models.CheckConstraint(
                condition=models.Q(tested_digest="", tested_at=None, tested_by_id=None)
                | (
                    ~models.Q(tested_digest="")
                    & models.Q(tested_at__isnull=False, tested_by_id__isnull=False)
                ),
                name="connection_test_is_whole",
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(state="active"),
                name="connection_one_active",
            ),
            # Target of composite keys: a row cannot point into another organization.
            models.UniqueConstraint(
                fields=["organization", "id"], name="connection_in_organization"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class CertificateState(models.TextChoices):
    """Whether a certificate of the other side is believed."""

    TRUSTED = "trusted"
    PENDING = "pending"


class IdpCertificate(models.Model):
    """A signing certificate of the identity provider of one connection.

    `certificate` is the base64 text of metadata, `fingerprint` its SHA-256 in hex. A
    new one that metadata brings is pending until an old one vouches for it, or an
    admin does. Data: business data.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    connection_id = models.BigIntegerField()
    certificate = models.TextField()
    fingerprint = models.CharField(max_length=64)
    subject = models.CharField(max_length=300, blank=True, default="")
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    state = models.CharField(max_length=10, choices=CertificateState)
    added_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    warned_days = models.PositiveSmallIntegerField(null=True)

    objects = OrganizationManager["IdpCertificate"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection_id", "fingerprint"], name="certificate_listed_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=CertificateState.values),
                name="certificate_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(fingerprint__regex=r"^[0-9a-f]{64}$"),
                name="certificate_fingerprint_shape",
            ),
        ]

    def __str__(self) -> str:
        return self.fingerprint[:16]


class KeyPlace(models.TextChoices):
    """Where a key of ours stands in its rollover: every one of them decrypts."""

    NEXT = "next"
    CURRENT = "current"
    PREVIOUS = "previous"


class SpKey(models.Model):
    """A key of ours for one connection: signs requests, opens encrypted assertions.

    The next one is published before it signs, the previous one still opens what was
    encrypted for it. Data: technical; `sealed_key` is sealed with the organization's
    key.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    connection_id = models.BigIntegerField()
    place = models.CharField(max_length=10, choices=KeyPlace)
    certificate = models.TextField()
    sealed_key = models.BinaryField()
    created_at = models.DateTimeField()
    not_after = models.DateTimeField()
    warned_days = models.PositiveSmallIntegerField(null=True)

    objects = OrganizationManager["SpKey"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection_id", "place"], name="spkey_one_in_each_place"
            ),
            models.CheckConstraint(
                condition=models.Q(place__in=KeyPlace.values), name="spkey_place_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} of {self.connection_id}"


class RoleRule(models.Model):
    """A value of the groups attribute, and the role it gives in one workspace.

    Data: business data.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    connection_id = models.BigIntegerField()
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    value = models.CharField(max_length=255)
    role = models.CharField(max_length=30)

    objects = OrganizationManager["RoleRule"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection_id", "workspace", "value"], name="rolerule_once"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[one.value for one in Role])
                & ~models.Q(value=""),
                name="rolerule_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value} is {self.role}"


class MailDomain(models.Model):
    """A mail domain that an organization claims, and has proven or not yet.

    An assertion may only name addresses in proven domains; of each domain there is
    one holder. An unproven claim may be tried `attempts` times until it lapses.
    Data: business data; `attested_by` names the operator who vouched.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    domain = models.CharField(max_length=253, db_collation="C")
    challenge = models.CharField(max_length=64)
    claimed_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)
    attested_by = models.CharField(max_length=200, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)

    objects = OrganizationManager["MailDomain"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "domain"], name="domain_claimed_once"
            ),
            models.UniqueConstraint(
                fields=["domain"],
                condition=models.Q(proven_at__isnull=False),
                name="domain_one_holder",
            ),
            models.CheckConstraint(
                condition=models.Q(domain__regex=r"^[a-z0-9.-]+$"),
                name="domain_folded",
            ),
            models.CheckConstraint(
                condition=models.Q(attested_by="") | models.Q(proven_at__isnull=False),
                name="domain_attested_is_proven",
            ),
        ]

    def __str__(self) -> str:
        return self.domain


class SpentAssertion(models.Model):
    """The hash of the ID of a message that has signed someone in or out.

    Kept until the message would be refused as expired. Data: technical.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    connection_id = models.BigIntegerField()
    id_hash = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()

    objects = OrganizationManager["SpentAssertion"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection_id", "id_hash"], name="assertion_spent_once"
            ),
        ]
        indexes = [
            models.Index(fields=["connection_id", "expires_at"], name="spent_expiry"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Method(models.TextChoices):
    """How a session began."""

    SAML = "saml"
    CODE = "code"
    BREAK_GLASS = "break_glass"


class SignInSession(models.Model):
    """One sign-in of one person to one organization, until it ends.

    The browser's session names the row by `public_id`; every request asks whether it
    still lives, so ending the row ends the session everywhere at the next request.
    `name_id_hash` and `index_hash` are SHA-256 hashes by which a logout of the
    identity provider finds it. Data: `ip` and `user_agent` are personal data; the rest
    is technical.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    user = models.ForeignKey("workspaces.User", on_delete=models.PROTECT)
    method = models.CharField(max_length=20, choices=Method)
    connection_id = models.BigIntegerField(null=True)
    name_id_hash = models.BinaryField(max_length=32, null=True)
    index_hash = models.BinaryField(max_length=32, null=True)
    ip = models.CharField(max_length=45, blank=True, default="")
    user_agent = models.CharField(max_length=400, blank=True, default="")
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=30, blank=True, default="")

    objects = OrganizationManager["SignInSession"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(method__in=Method.values),
                name="session_method_known",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end_reason="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(end_reason="")),
                name="session_end_has_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(connection_id=None, name_id_hash=None)
                & ~models.Q(method="saml")
                | models.Q(
                    connection_id__isnull=False,
                    name_id_hash__isnull=False,
                    method="saml",
                ),
                name="session_of_saml_has_connection",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "user", "began_at"], name="session_of_person"
            ),
            models.Index(
                fields=["connection_id", "name_id_hash"],
                condition=models.Q(ended_at=None),
                name="session_of_name",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class SignInAttempt(models.Model):
    """One sign-in that was tried at a connection; the newest fifty are kept.

    `code` is empty for success, else the reason; `reference` stands on the error page.
    `sealed_message` holds the answer for a day, only where an owner asked for that.
    Data: `received` may be the address that was refused; `name_id_hash` is a hash of a
    personal identifier; `sealed_message` is sealed with the organization's key.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    connection_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    code = models.CharField(max_length=40, blank=True, default="")
    reference = models.CharField(max_length=16)
    is_test = models.BooleanField(default=False)
    name_id_hash = models.BinaryField(max_length=32, null=True)
    expected = models.CharField(max_length=300, blank=True, default="")
    received = models.CharField(max_length=300, blank=True, default="")
    count = models.PositiveIntegerField(default=1)
    sealed_message = models.BinaryField(null=True)

    objects = OrganizationManager["SignInAttempt"]()

    class Meta:
        indexes = [models.Index(fields=["organization", "at"], name="attempt_newest")]

    def __str__(self) -> str:
        return self.reference


class BreakGlassOwner(models.Model):
    """An owner of an organization who may enter without the identity provider.

    They sign in with a password and a second factor. Data: ids.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    user = models.ForeignKey("workspaces.User", on_delete=models.PROTECT)
    named_by = models.CharField(max_length=200)
    named_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    objects = OrganizationManager["BreakGlassOwner"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="breakglass_person_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} of {self.organization_id}"


class Purpose(models.TextChoices):
    """What a mailed secret is good for."""

    CODE = "code"
    BREAK_GLASS = "break_glass"


class MailedSecret(models.Model):
    """A secret on its way to a person's mailbox; whoever brings it reads their mail.

    One of each purpose lives per person, of codes one per browser that asked. The
    secret itself stands in `sealed_secret`, under the installation's key, until the
    mail has gone; afterwards there is only `secret_hash`. `browser_hash` binds a code
    to its browser, so that strangers can neither use it, nor use up its tries, nor put
    another one in its place. Data: technical; hashes and a
    sealed secret.
    """

    user = models.ForeignKey("workspaces.User", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    purpose = models.CharField(max_length=20, choices=Purpose)
    secret_hash = models.BinaryField(max_length=32)
    browser_hash = models.BinaryField(max_length=32, null=True)
    sealed_secret = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "purpose", "browser_hash"],
                name="mailed_secret_one_of_each",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(purpose__in=Purpose.values),
                name="mailed_secret_purpose_known",
            ),
            models.CheckConstraint(
                condition=models.Q(purpose="code", browser_hash__isnull=False)
                | ~models.Q(purpose="code") & models.Q(browser_hash=None),
                name="mailed_secret_code_has_browser",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at", "id"],
                name="mailed_secret_waiting",
                condition=models.Q(sealed_secret__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class BreakGlassCredential(models.Model):
    """That a person has set password and second step for break-glass, and their tries.

    The password's hash is the user's, the second step is allauth's, sealed. `failures`
    count since the last success and make the next try wait; `last_step` is the time
    step of the newest accepted code, which none may repeat. Data: technical.
    """

    user = models.OneToOneField("workspaces.User", on_delete=models.PROTECT)
    armed_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(failures=0) | models.Q(failed_at__isnull=False),
                name="breakglass_failures_have_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user_id)
