"""URLs of join requests; view, URL name and template share their stem."""

from django.urls import path

from workspaces.joining import views

_ALL = "w/<slug:workspace>/join-requests/"
_ONE = f"{_ALL}<uuid:asking>/"

urlpatterns = [
    path("me/workspaces/", views.my_workspaces, name="my-workspaces"),
    path("me/workspaces/<uuid:place>/ask/", views.joining_ask, name="joining-ask"),
    path(_ALL, views.joining_list, name="joining-list"),
    path(f"{_ALL}switch/", views.joining_switch, name="joining-switch"),
    path(f"{_ONE}approve/", views.joining_approve, name="joining-approve"),
    path(f"{_ONE}refuse/", views.joining_refuse, name="joining-refuse"),
]
