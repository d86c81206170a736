"""URLs of groups; view, URL name and template share their stem."""

from django.urls import path

from workspaces.groups import views

_ALL = "w/<slug:workspace>/groups/"
_ONE = f"{_ALL}<uuid:group>/"

urlpatterns = [
    path(_ALL, views.groups_list, name="groups-list"),
    path(f"{_ALL}create/", views.groups_create, name="groups-create"),
    path(_ONE, views.groups_detail, name="groups-detail"),
    path(f"{_ONE}edit/", views.groups_edit, name="groups-edit"),
    path(f"{_ONE}delete/", views.groups_delete, name="groups-delete"),
    path(f"{_ONE}add/", views.groups_add, name="groups-add"),
    path(
        "w/<slug:workspace>/members/<uuid:member>/groups/",
        views.groups_of_member,
        name="groups-of-member",
    ),
    path(f"{_ONE}take-out/", views.groups_take_out, name="groups-take-out"),
]
