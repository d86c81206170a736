"""URLs of the audit app: the same pages for an organization and for a workspace."""

from django.urls import path

from audit.explorer import views
from audit.exports import views as exporting
from audit.incidents.views import handling, settings
from audit.integrity import views as integrity

app_name = "audit"

_ORGANIZATION = "o/<slug:organization>/audit/"
_WORKSPACE = "w/<slug:workspace>/audit/"
_ENTRY = "<int:epoch>/<int:index>/"
_INCIDENT = "incidents/<uuid:incident>/"
_VIEW = "views/<uuid:view>/delete/"

urlpatterns = [
    path(_ORGANIZATION, views.entries, name="entries"),
    path(f"{_ORGANIZATION}{_ENTRY}", views.entry, name="entry"),
    path(f"{_ORGANIZATION}views/", views.save_view, name="save-view"),
    path(f"{_ORGANIZATION}{_VIEW}", views.delete_view, name="delete-view"),
    path(f"{_ORGANIZATION}verify/", views.verify, name="verify"),
    path(f"{_ORGANIZATION}tamper/", views.tamper, name="tamper"),
    path(f"{_ORGANIZATION}put-back/", views.put_back, name="put-back"),
    path(f"{_ORGANIZATION}exports/", exporting.exports, name="exports"),
    path(
        f"{_ORGANIZATION}exports/<uuid:log_export>/",
        exporting.export_file,
        name="export-file",
    ),
    path(
        f"{_ORGANIZATION}exports/verifier/",
        exporting.export_verifier,
        name="export-verifier",
    ),
    path(f"{_ORGANIZATION}incidents/", handling.incidents, name="incidents"),
    path(f"{_ORGANIZATION}incidents/rules/", settings.rules, name="incident-rules"),
    path(f"{_ORGANIZATION}{_INCIDENT}", handling.incident, name="incident"),
    path(f"{_ORGANIZATION}integrity/", integrity.integrity, name="integrity"),
    path(f"{_ORGANIZATION}{_ENTRY}proof/", integrity.proof, name="proof"),
    path(f"{_WORKSPACE}integrity/", integrity.integrity, name="workspace-integrity"),
    path(f"{_WORKSPACE}{_ENTRY}proof/", integrity.proof, name="workspace-proof"),
    path(".well-known/custos-log-keys", integrity.log_keys, name="log-keys"),
    path(_WORKSPACE, views.entries, name="workspace-entries"),
    path(f"{_WORKSPACE}{_ENTRY}", views.entry, name="workspace-entry"),
    path(f"{_WORKSPACE}views/", views.save_view, name="workspace-save-view"),
    path(f"{_WORKSPACE}{_VIEW}", views.delete_view, name="workspace-delete-view"),
    path(f"{_WORKSPACE}verify/", views.verify, name="workspace-verify"),
    path(f"{_WORKSPACE}tamper/", views.tamper, name="workspace-tamper"),
    path(f"{_WORKSPACE}put-back/", views.put_back, name="workspace-put-back"),
    path(f"{_WORKSPACE}exports/", exporting.exports, name="workspace-exports"),
    path(
        f"{_WORKSPACE}exports/<uuid:log_export>/",
        exporting.export_file,
        name="workspace-export-file",
    ),
    path(
        f"{_WORKSPACE}exports/verifier/",
        exporting.export_verifier,
        name="workspace-export-verifier",
    ),
    path(f"{_WORKSPACE}incidents/", handling.incidents, name="workspace-incidents"),
    path(f"{_WORKSPACE}{_INCIDENT}", handling.incident, name="workspace-incident"),
]
