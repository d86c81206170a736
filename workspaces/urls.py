"""URLs of the workspaces app; view, URL name and template share their stem."""

from django.urls import path

from workspaces.health import views as health
from workspaces.jobs import views as jobs
from workspaces.members import views as members
from workspaces.notices import views as notices
from workspaces.overview import views as overview
from workspaces.signin import urls as signin

app_name = "workspaces"

_W = "w/<slug:workspace>"

urlpatterns = [
    *signin.urlpatterns,
    path("theme/", members.theme, name="theme"),
    path(f"{_W}/", overview.show, name="overview"),
    path(f"{_W}/members/", members.members_list, name="members-list"),
    path(f"{_W}/members/<uuid:member>/", members.members_detail, name="members-detail"),
    path(f"{_W}/jobs/", jobs.jobs_list, name="jobs-list"),
    path(f"{_W}/jobs/<uuid:job>/", jobs.jobs_detail, name="jobs-detail"),
    path(f"{_W}/jobs/<uuid:job>/cancel/", jobs.jobs_cancel, name="jobs-cancel"),
    path("o/<slug:organization>/outbox/", notices.outbox, name="outbox"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
