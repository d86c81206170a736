"""Connections to identity providers, mail domains, and assertions already used."""

import uuid

from django.db import models

from kit.scoping import OrganizationManager


class ConnectionState(models.TextChoices):
    """Whether people can sign in through a connection."""

    DRAFT = "draft"
    ACTIVE = "active"
    INACTIVE = "inactive"


class SamlConnection(models.Model):
    """One identity provider of one organization.

    `public_id` never changes and is the namespace of the identities linked through
    the connection (allauth's provider id): an entity ID is chosen by the other side
    and could be chosen twice. `slug` stands in our URLs and entity ID.

    Data: business data; `sp_key` is our private key, sealed with the organization's
    key; nothing personal.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    slug = models.SlugField(max_length=63, unique=True)
    state = models.CharField(
        max_length=10, choices=ConnectionState, default=ConnectionState.DRAFT
    )
    is_required = models.BooleanField(default=False)
    label = models.CharField(max_length=100)
    idp_entity_id = models.CharField(max_length=1024)
    sso_url = models.CharField(max_length=1024)
    slo_url = models.CharField(max_length=1024, blank=True, default="")
    certificates = models.JSONField()
    wants_signed_requests = models.BooleanField(default=False)
    attribute_mapping = models.JSONField()
    sp_certificate = models.TextField()
    sp_key = models.BinaryField()
    created_at = models.DateTimeField()

    objects = OrganizationManager["SamlConnection"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ConnectionState.values),
                name="connection_state_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(slug="") & ~models.Q(idp_entity_id=""),
                name="connection_is_named",
            ),
            models.CheckConstraint(
                condition=models.Q(is_required=False) | models.Q(state="active"),
                name="connection_required_is_active",
            ),
            # Target of composite keys: a row cannot point into another organization.
            models.UniqueConstraint(
                fields=["organization", "id"], name="connection_in_organization"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class MailDomain(models.Model):
    """A mail domain that an organization claims, and has proven or not yet.

    An assertion may only name addresses in proven domains; of each domain there is
    one holder. Data: business data; `attested_by` names the operator who vouched.
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
    """The hash of a response or assertion ID that has signed someone in.

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
