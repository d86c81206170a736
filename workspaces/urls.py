"""URLs of the workspaces app; view, URL name and template share their stem."""

from django.urls import URLPattern, path

from workspaces.access import urls as access
from workspaces.analytics import views as analytics
from workspaces.bulk import views as bulk
from workspaces.connectors import urls as connectors
from workspaces.decisions import views as decisions
from workspaces.gpts import urls as gpts
from workspaces.groups import urls as groups
from workspaces.health import views as health
from workspaces.invitations import urls as invitations
from workspaces.jobs import views as jobs
from workspaces.joining import urls as joining
from workspaces.keys import views as keys
from workspaces.members import views as members
from workspaces.notices import views as notices
from workspaces.offboarding import views as offboarding
from workspaces.overview import views as overview
from workspaces.projects import urls as projects
from workspaces.scim import urls as scim
from workspaces.settings import urls as settings
from workspaces.signin import urls as signin

app_name = "workspaces"

_W = "w/<slug:workspace>"
_O = "o/<slug:organization>"


def _keys(tenant: str, stem: str) -> list[URLPattern]:
    """The pages of API keys, the same for a workspace and for an organization."""
    one = f"{tenant}/api-keys/<uuid:key>/"
    return [
        path(f"{tenant}/api-keys/", keys.keys_list, name=f"{stem}-list"),
        path(f"{tenant}/api-keys/issue/", keys.keys_issue, name=f"{stem}-issue"),
        path(one, keys.keys_detail, name=f"{stem}-detail"),
        path(f"{one}rotate/", keys.keys_rotate, name=f"{stem}-rotate"),
        path(f"{one}revoke/", keys.keys_revoke, name=f"{stem}-revoke"),
    ]


urlpatterns = [
    *signin.urlpatterns,
    *projects.urlpatterns,
    *settings.urlpatterns,
    *scim.urlpatterns,
    *groups.urlpatterns,
    *connectors.urlpatterns,
    *access.urlpatterns,
    *invitations.urlpatterns,
    *joining.urlpatterns,
    *gpts.urlpatterns,
    path("theme/", members.theme, name="theme"),
    path(f"{_W}/", overview.show, name="overview"),
    path(f"{_W}/analytics/", analytics.analytics_page, name="analytics-page"),
    path(f"{_W}/members/", members.members_list, name="members-list"),
    path(f"{_W}/members/seats/", members.members_seats, name="members-seats"),
    path(f"{_W}/members/change/", bulk.bulk_choose, name="bulk-choose"),
    path(f"{_W}/members/change/preview/", bulk.bulk_preview, name="bulk-preview"),
    path(f"{_W}/members/change/confirm/", bulk.bulk_confirm, name="bulk-confirm"),
    path(f"{_W}/members/<uuid:member>/", members.members_detail, name="members-detail"),
    path(
        f"{_W}/members/<uuid:member>/role/", members.members_role, name="members-role"
    ),
    path(
        f"{_W}/members/<uuid:member>/seat/", members.members_seat, name="members-seat"
    ),
    path(
        f"{_W}/members/<uuid:member>/suspend/",
        offboarding.offboarding_suspend,
        name="offboarding-suspend",
    ),
    path(
        f"{_W}/members/<uuid:member>/remove/",
        offboarding.offboarding_remove,
        name="offboarding-remove",
    ),
    path(
        f"{_W}/members/<uuid:member>/let-in/",
        offboarding.offboarding_let_in,
        name="offboarding-let-in",
    ),
    path(
        f"{_W}/offboarding/<uuid:report>/",
        offboarding.offboarding_report,
        name="offboarding-report",
    ),
    path(f"{_W}/jobs/", jobs.jobs_list, name="jobs-list"),
    path(f"{_W}/jobs/<uuid:job>/", jobs.jobs_detail, name="jobs-detail"),
    path(f"{_W}/jobs/<uuid:job>/cancel/", jobs.jobs_cancel, name="jobs-cancel"),
    path(f"{_W}/jobs/<uuid:job>/result/", jobs.jobs_result, name="jobs-result"),
    *_keys(_W, "keys"),
    *_keys(_O, "organization-keys"),
    path(f"{_O}/outbox/", notices.outbox, name="outbox"),
    path(
        ".well-known/authzen-configuration",
        decisions.authzen_configuration,
        name="authzen-configuration",
    ),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
