"""The rows of incidents: each with its timeline, who is paged, and what is to be sent.

All belong to an organization. What people wrote, names and addresses are sealed with
the key of its log; states, ids and times are not.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from audit.incidents.rules import LONGEST_MINUTES, MOST, MOST_CONTACTS, Kind, State
from kit.scoping import OrganizationManager

_KINDS = [(kind.value, kind.value) for kind in Kind]
_STATES = [(state.value, state.value) for state in State]


class AuditIncident(models.Model):
    """One thing that somebody must look at, from its first entry until it is resolved.

    `subject` is the id of the workspace or object that it is about, empty for the
    organization. `page_due_at` is when the next one on call is paged; None once it is
    acknowledged. Data: `owner` is a name, sealed; the rest is operational.
    """

    organization_id = models.BigIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    kind = models.CharField(max_length=20, choices=_KINDS)
    subject = models.CharField(max_length=40, default="")
    workspace = models.UUIDField(null=True)
    state = models.CharField(max_length=12, choices=_STATES, default=State.OPEN.value)
    found_n = models.PositiveBigIntegerField()
    owner = models.BinaryField(null=True)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    page_due_at = models.DateTimeField(null=True)
    page_step = models.PositiveIntegerField(default=0)

    objects = OrganizationManager["AuditIncident"]()

    class Meta:
        db_table = "audit_incident"
        constraints = [
            # Target of composite keys: no row can belong to another organization.
            models.UniqueConstraint(
                fields=["organization_id", "id"], name="audit_incident_of_organization"
            ),
            models.UniqueConstraint(
                fields=["organization_id", "kind", "subject"],
                condition=~Q(state=State.RESOLVED.value),
                name="audit_incident_once_while_it_lasts",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind]),
                name="audit_incident_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(seen_at__gte=F("opened_at"), found_n__gte=1),
                name="audit_incident_seen_after_it_opened",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=State.OPEN.value,
                    acknowledged_at__isnull=True,
                    resolved_at__isnull=True,
                    page_due_at__isnull=False,
                )
                | Q(
                    state=State.ACKNOWLEDGED.value,
                    acknowledged_at__isnull=False,
                    resolved_at__isnull=True,
                    page_due_at__isnull=True,
                )
                | Q(
                    state=State.RESOLVED.value,
                    acknowledged_at__isnull=False,
                    resolved_at__isnull=False,
                    page_due_at__isnull=True,
                ),
                name="audit_incident_state_with_its_times",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "-opened_at", "-id"],
                name="audit_incident_newest",
            ),
            models.Index(
                fields=["page_due_at"],
                condition=Q(page_due_at__isnull=False),
                name="audit_incident_page_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class Act(models.TextChoices):
    """What a line of a timeline tells."""

    SEEN = "seen"
    PAGED = "paged"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    NOTED = "noted"
    TOLD = "told"
    RESOLVED = "resolved"
    REOPENED = "reopened"


class AuditIncidentStep(models.Model):
    """One line of a timeline: an entry that the rule found, or what somebody did.

    An entry is named by its place in the log, and stands there once. Data: `sealed`
    holds the name of who did it and what they wrote.
    """

    organization_id = models.BigIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    incident_id = models.BigIntegerField()
    act = models.CharField(max_length=12, choices=Act)
    at = models.DateTimeField()
    epoch = models.IntegerField(null=True)
    index = models.BigIntegerField(null=True)
    sealed = models.BinaryField(null=True)

    objects = OrganizationManager["AuditIncidentStep"]()

    class Meta:
        db_table = "audit_incident_step"
        constraints = [
            models.CheckConstraint(
                condition=Q(act__in=Act.values), name="audit_incident_step_act_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    act=Act.SEEN,
                    epoch__isnull=False,
                    index__isnull=False,
                    sealed__isnull=True,
                )
                | Q(
                    ~Q(act=Act.SEEN),
                    epoch__isnull=True,
                    index__isnull=True,
                    sealed__isnull=False,
                ),
                name="audit_incident_step_names_an_entry",
            ),
            models.UniqueConstraint(
                fields=["incident_id", "epoch", "index"],
                name="audit_incident_step_entry_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "incident_id", "at", "id"],
                name="audit_incident_step_timeline",
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} of incident {self.incident_id}"


class AuditIncidentRule(models.Model):
    """What an organization set of one rule; without a row the rule's own values count.

    Data: operational.
    """

    organization_id = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=_KINDS)
    is_on = models.BooleanField()
    threshold = models.PositiveIntegerField()
    minutes = models.PositiveIntegerField()

    objects = OrganizationManager["AuditIncidentRule"]()

    class Meta:
        db_table = "audit_incident_rule"
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "kind"], name="audit_incident_rule_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind])
                & Q(threshold__gte=1, threshold__lte=MOST)
                & Q(minutes__gte=1, minutes__lte=LONGEST_MINUTES),
                name="audit_incident_rule_in_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.organization_id}"


class AuditIncidentCursor(models.Model):
    """How far the rules have read one log: up to this entry, and no further.

    Data: operational.
    """

    organization_id = models.BigIntegerField(primary_key=True)
    epoch = models.IntegerField(default=0)
    index = models.BigIntegerField(default=-1)

    objects = OrganizationManager["AuditIncidentCursor"]()

    class Meta:
        db_table = "audit_incident_cursor"

    def __str__(self) -> str:
        return f"({self.epoch}, {self.index}) of {self.organization_id}"


class AuditRota(models.Model):
    """Whom an organization pages, in which order, and the webhook called with it.

    A contact is the id of a person: their address is asked when they are paged, so
    that nobody is paged who has left. Data: `contacts` names people by ids; `sealed`
    holds address and secret of the webhook, `host` its host alone.
    """

    organization_id = models.BigIntegerField(primary_key=True)
    contacts = ArrayField(models.UUIDField(), default=list)
    minutes = models.PositiveIntegerField()
    host = models.CharField(max_length=255, default="")
    sealed = models.BinaryField(null=True)

    objects = OrganizationManager["AuditRota"]()

    class Meta:
        db_table = "audit_rota"
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=LONGEST_MINUTES),
                name="audit_rota_minutes_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(contacts__len__lte=MOST_CONTACTS),
                name="audit_rota_contacts_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(host="", sealed__isnull=True)
                | (~Q(host="") & Q(sealed__isnull=False)),
                name="audit_rota_webhook_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"rota of {self.organization_id}"


class AuditPageCall(models.Model):
    """A webhook that is to be called about a page; gone once it was, or is given up.

    Data: operational.
    """

    organization_id = models.BigIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    incident_id = models.BigIntegerField()
    step = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    objects = OrganizationManager["AuditPageCall"]()

    class Meta:
        db_table = "audit_page_call"
        constraints = [
            models.UniqueConstraint(
                fields=["incident_id", "step"], name="audit_page_call_once"
            ),
        ]
        indexes = [models.Index(fields=["due_at", "id"], name="audit_page_call_due")]

    def __str__(self) -> str:
        return str(self.public_id)
