"""The six steps by which an admin connects an identity provider.

Each step is a page of its own that keeps what was entered, so that the wizard can be
left at any time and taken up by somebody else.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from kit import clock, guard
from kit.doorbell import ring_on_commit
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.signin import metadata, presets, selectors, tasks
from workspaces.signin.assertions import IdentityProvider
from workspaces.signin.models import Preset, SamlConnection
from workspaces.signin.places import link
from workspaces.signin.services import activation, drafts, keys
from workspaces.signin.setup_forms import (
    AttributesForm,
    PresetForm,
    ProvisioningForm,
)
from workspaces.signin.views import frame, steps

_PAGE = "workspaces/signin/wizard"


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_POST
def sso_begin(request: Any) -> HttpResponse:
    """Make a draft, and show its addresses."""
    row = drafts.begin(
        actor=request.actor, organization=request.organization, at=clock.now()
    )
    return redirect(link(request, "workspaces:sso-values", saml=row.public_id))


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_safe
def sso_values(request: Any, saml: UUID) -> HttpResponse:
    """Step 1: what the identity provider has to know of us."""
    row = frame.found(saml)
    sp = selectors.service_provider(slug=row.slug)
    sheet = presets.SHEETS[row.preset]
    values = [
        (_("Entity ID"), sheet.entity_id, sp.entity_id),
        (_("Assertion consumer service (ACS)"), sheet.acs_url, sp.acs_url),
        (_("Metadata of this portal"), _("if it reads metadata itself"), sp.entity_id),
        (_("Single logout (SLS)"), sheet.sls_url, sp.sls_url),
    ]
    return _page(request, row, "values", values=values, sheet=sheet)


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def sso_provider(request: Any, saml: UUID) -> HttpResponse:
    """Step 2: which product it is, in whose words the other steps speak."""
    row = frame.found(saml)
    form = PresetForm(request.POST or None, initial={"preset": row.preset})
    if request.method == "POST" and form.is_valid():
        drafts.choose_preset(
            actor=request.actor,
            organization=request.organization,
            connection=saml,
            preset=Preset(form.cleaned_data["preset"]),
            at=clock.now(),
        )
        return redirect(link(request, "workspaces:sso-metadata", saml=saml))
    return _page(request, row, "provider", form=form)


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def sso_metadata(request: Any, saml: UUID) -> HttpResponse:
    """Step 3: what the identity provider says of itself, in one of four ways."""
    row = frame.found(saml)
    if request.htmx and request.method != "POST":
        return _page(request, row, "metadata", part="state", **steps.parsed(row))
    forms = steps.metadata_forms(request, row)
    how = request.POST.get("how", "")
    if request.method == "POST" and how in _READ and forms[how].is_valid():
        try:
            _READ[how](request, saml, forms[how].cleaned_data)
        except Refused as refusal:
            forms[how].add_error(None, str(refusal))
        else:
            return redirect(link(request, "workspaces:sso-metadata", saml=saml))
    return _page(request, row, "metadata", forms=forms, how=how, **steps.parsed(row))


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_POST
def sso_certificate(request: Any, saml: UUID) -> HttpResponse:
    """Confirm or refuse a certificate that came without a known one beside it."""
    does_confirm = request.POST.get("act") == "confirm"
    decide = (
        activation.confirm_certificate
        if does_confirm
        else activation.refuse_certificate
    )
    decide(
        actor=request.actor,
        organization=request.organization,
        connection=saml,
        fingerprint=request.POST.get("fingerprint", "")[:64],
        at=clock.now(),
    )
    done = (
        _("The certificate is believed from now on.")
        if does_confirm
        else _("The certificate is refused.")
    )
    messages.success(request, done)
    return redirect(link(request, "workspaces:sso-metadata", saml=saml))


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_POST
def sso_key(request: Any, saml: UUID) -> HttpResponse:
    """Prepare our next key, change over to it, or retire the old one."""
    row, act = frame.found(saml), request.POST.get("act", "")
    if act in _KEY_ACTS:
        turn, done = _KEY_ACTS[act]
        turn(
            actor=request.actor,
            organization=request.organization,
            connection_id=row.pk,
            at=clock.now(),
        )
        messages.success(request, done)
    return redirect(link(request, "workspaces:sso-metadata", saml=saml))


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def sso_attributes(request: Any, saml: UUID) -> HttpResponse:
    """Step 4: which attribute means what."""
    row = frame.found(saml)
    form = AttributesForm(request.POST or None, initial=steps.mapped(row))
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            drafts.map_attributes(
                actor=request.actor,
                organization=request.organization,
                connection=saml,
                mapping={
                    name: asked[name] for name in ("email", "first_name", "last_name")
                },
                groups_attribute=asked["groups_attribute"],
                name_id_format=asked["name_id_format"],
                allows_idp_initiated=asked["allows_idp_initiated"],
                publishes_encryption_key=asked["publishes_encryption_key"],
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(link(request, "workspaces:sso-test", saml=saml))
    return _attributes_page(request, row, form=form)


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_POST
def sso_provisioning(request: Any, saml: UUID) -> HttpResponse:
    """Also step 4: who becomes a member, and with which role."""
    row = frame.found(saml)
    form = steps.provisioning_form(request, row)
    if form.is_valid():
        asked = form.cleaned_data
        try:
            drafts.provision(
                actor=request.actor,
                organization=request.organization,
                connection=saml,
                into=asked["into"],
                default_role=asked["default_role"],
                may_grant_owner=asked["may_grant_owner"],
                rules=[
                    drafts.Rule(value=value, workspace_id=place, role=role)
                    for value, place, role in asked["rules"]
                ],
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The rules for members are stored."))
            return redirect(link(request, "workspaces:sso-attributes", saml=saml))
    return _attributes_page(request, row, provisioning=form)


def _attributes_page(
    request: Any,
    row: SamlConnection,
    *,
    form: AttributesForm | None = None,
    provisioning: ProvisioningForm | None = None,
) -> HttpResponse:
    return _page(
        request,
        row,
        "attributes",
        form=form or AttributesForm(initial=steps.mapped(row)),
        provisioning=provisioning or steps.provisioning_form(request, row),
        provisioning_url=link(
            request, "workspaces:sso-provisioning", saml=row.public_id
        ),
        sheet=presets.SHEETS[row.preset],
    )


def _page(
    request: Any, row: SamlConnection, step: str, *, part: str = "", **more: Any
) -> HttpResponse:
    context = frame.context(request, row, step=step, at=clock.now()) | more
    forms = [
        more.get("form"),
        more.get("provisioning"),
        *more.get("forms", {}).values(),
    ]
    is_wrong = any(form is not None and form.errors for form in forms)
    name = f"{_PAGE}/{step}.html" + (f"#{part}" if part else "")
    return render(request, name, context, status=422 if is_wrong else 200)


def _from_url(request: Any, saml: UUID, asked: dict[str, Any]) -> None:
    drafts.read_from(
        actor=request.actor,
        organization=request.organization,
        connection=saml,
        url=asked["url"],
        at=clock.now(),
    )
    ring_on_commit(tasks.read_metadata.delay)


def _from_bytes(name: str) -> Callable[[Any, UUID, dict[str, Any]], None]:
    def read(request: Any, saml: UUID, asked: dict[str, Any]) -> None:
        _take_over(request, saml, metadata.identity_provider(asked[name]))

    return read


def _by_hand(request: Any, saml: UUID, asked: dict[str, Any]) -> None:
    for url in (asked["sso_url"], asked["slo_url"]):
        if url:
            metadata.demand_web_address(url)
    row = frame.found(saml)
    # What people call it outlives a change of the other values.
    is_same = bool(row.label) and row.sso_url == asked["sso_url"]
    _take_over(
        request,
        saml,
        IdentityProvider(
            entity_id=asked["entity_id"],
            sso_url=asked["sso_url"],
            slo_url=asked["slo_url"],
            certificates=metadata.certificate_texts(asked["certificates"]),
            label=row.label if is_same else metadata.label_of(asked["sso_url"]),
            wants_signed_requests=asked["wants_signed_requests"],
        ),
    )


def _take_over(request: Any, saml: UUID, idp: IdentityProvider) -> None:
    drafts.take_over(
        actor=request.actor,
        organization=request.organization,
        connection=saml,
        idp=idp,
        at=clock.now(),
    )


_READ: dict[str, Callable[[Any, UUID, dict[str, Any]], None]] = {
    "url": _from_url,
    "file": _from_bytes("file"),
    "text": _from_bytes("text"),
    "hand": _by_hand,
}


_KEY_ACTS: dict[str, tuple[Callable[..., object], Any]] = {
    "prepare": (keys.prepare_next, _lazy("The next key is published.")),
    "promote": (keys.promote_next, _lazy("The next key signs from now on.")),
    "retire": (keys.retire_previous, _lazy("The old key is gone.")),
}
