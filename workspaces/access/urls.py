"""URLs of roles: the matrix, each role, and what a member may use."""

from django.urls import path

from workspaces.access.views import (
    assigning,
    baseline,
    effective,
    keeping,
    matrix,
    settings,
)

_W = "w/<slug:workspace>"
_ROLES = f"{_W}/roles"
_ONE = f"{_ROLES}/<uuid:role>"

urlpatterns = [
    path(f"{_ROLES}/", matrix.matrix, name="access-matrix"),
    path(f"{_ROLES}/built-in/", matrix.built_in, name="access-built-in"),
    path(f"{_ROLES}/baseline/", baseline.baseline, name="access-baseline"),
    path(f"{_ROLES}/new/", keeping.create, name="access-create"),
    path(f"{_ONE}/", assigning.role, name="access-role"),
    path(f"{_ONE}/settings/", settings.settings, name="access-settings"),
    path(f"{_ONE}/rename/", keeping.rename, name="access-rename"),
    path(f"{_ONE}/delete/", keeping.delete, name="access-delete"),
    path(f"{_ONE}/members/", assigning.assign_member, name="access-assign-member"),
    path(f"{_ONE}/groups/", assigning.assign_group, name="access-assign-group"),
    path(
        f"{_ONE}/members/<uuid:member>/",
        assigning.take_member,
        name="access-take-member",
    ),
    path(
        f"{_ONE}/groups/<uuid:group>/",
        assigning.take_group,
        name="access-take-group",
    ),
    path(
        f"{_W}/members/<uuid:member>/access/",
        effective.effective,
        name="access-effective",
    ),
]
