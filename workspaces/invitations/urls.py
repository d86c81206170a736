"""URLs of invitations; view, URL name and template share their stem."""

from django.urls import path

from workspaces.invitations import views

_ALL = "w/<slug:workspace>/invitations/"
_ONE = f"{_ALL}<uuid:invitation>/"

urlpatterns = [
    path("invitation/", views.invitation, name="invitation"),
    path(_ALL, views.invitations_list, name="invitations-list"),
    path(f"{_ALL}send/", views.invitations_send, name="invitations-send"),
    path(f"{_ALL}upload/", views.invitations_upload, name="invitations-upload"),
    path(f"{_ALL}confirm/", views.invitations_confirm, name="invitations-confirm"),
    path(_ONE, views.invitations_detail, name="invitations-detail"),
    path(f"{_ONE}resend/", views.invitations_resend, name="invitations-resend"),
    path(f"{_ONE}revoke/", views.invitations_revoke, name="invitations-revoke"),
]
