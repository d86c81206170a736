"""URLs of connectors: for admins, for members, and where apps send members back."""

from django.urls import path

from workspaces.connectors.views import custom, managing, own, receipts

_W = "w/<slug:workspace>"
_C = f"{_W}/connectors"
_ONE = f"{_C}/<slug:connector>"
_OWN = f"{_W}/connections"

urlpatterns = [
    path(f"{_C}/", managing.connectors_list, name="connectors-list"),
    path(f"{_C}/asking/", managing.connectors_asking, name="connectors-asking"),
    path(f"{_C}/add/", custom.connectors_add, name="connectors-add"),
    path(
        f"{_C}/receipts/<uuid:receipt>/",
        receipts.connectors_receipt,
        name="connectors-receipt",
    ),
    path(
        f"{_C}/receipts/<uuid:receipt>/download/",
        receipts.connectors_receipt_download,
        name="connectors-receipt-download",
    ),
    path(f"{_ONE}/", managing.connectors_detail, name="connectors-detail"),
    path(f"{_ONE}/change/", managing.connectors_change, name="connectors-change"),
    path(f"{_ONE}/client/", managing.connectors_client, name="connectors-client"),
    path(f"{_ONE}/edit/", custom.connectors_edit, name="connectors-edit"),
    path(f"{_ONE}/delete/", custom.connectors_delete, name="connectors-delete"),
    path(f"{_ONE}/tools/", custom.connectors_tools, name="connectors-tools"),
    path(f"{_OWN}/", own.connections, name="connections"),
    path(
        f"{_OWN}/<slug:connector>/begin/",
        own.connections_begin,
        name="connections-begin",
    ),
    path(
        f"{_OWN}/<slug:connector>/callback/",
        own.connections_callback,
        name="connections-callback",
    ),
    path(
        f"{_OWN}/<slug:connector>/unlink/",
        own.connections_unlink,
        name="connections-unlink",
    ),
]
