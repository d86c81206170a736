"""URLs of the audit app: the same pages for an organization and for a workspace."""

from django.urls import path

from audit.explorer import views
from audit.exports import views as exporting
from audit.incidents.views import handling, noticing, rota, settings
from audit.integrity import views as integrity
from audit.streams import views as streams

app_name = "audit"

_ORGANIZATION = "o/<slug:organization>/audit/"
_WORKSPACE = "w/<slug:workspace>/audit/"
_ENTRY = "<int:epoch>/<int:index>/"
_INCIDENT = "incidents/<uuid:incident>/"
_VIEW = "views/<uuid:view>/delete/"

_STREAMS = [
    ("streams/", streams.streams, "streams"),
    ("streams/add/", streams.stream_add, "stream-add"),
    ("streams/add/<slug:kind>/", streams.stream_new, "stream-new"),
    ("streams/<uuid:stream>/", streams.stream, "stream"),
    ("streams/<uuid:stream>/change/", streams.stream_change, "stream-change"),
    ("streams/<uuid:stream>/start/", streams.stream_start, "stream-start"),
    ("streams/<uuid:stream>/pause/", streams.stream_pause, "stream-pause"),
    (
        "streams/<uuid:stream>/acknowledge/",
        streams.stream_acknowledge,
        "stream-acknowledge",
    ),
    ("streams/<uuid:stream>/test/", streams.stream_test, "stream-test"),
    ("streams/<uuid:stream>/replay/", streams.stream_replay, "stream-replay"),
    ("streams/<uuid:stream>/remove/", streams.stream_remove, "stream-remove"),
    ("streams/<uuid:stream>/secret/", streams.stream_secret, "stream-secret"),
]

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
    path(f"{_ORGANIZATION}incidents/rota/", rota.rota, name="incident-rota"),
    path(f"{_ORGANIZATION}{_INCIDENT}", handling.incident, name="incident"),
    path(
        f"{_ORGANIZATION}{_INCIDENT}notice/",
        noticing.incident_notice,
        name="incident-notice",
    ),
    path(f"{_ORGANIZATION}integrity/", integrity.integrity, name="integrity"),
    path(
        f"{_ORGANIZATION}integrity/details/",
        integrity.details_kept,
        name="details-kept",
    ),
    path(f"{_ORGANIZATION}integrity/log/", integrity.log_kept, name="log-kept"),
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
    path(
        f"{_WORKSPACE}{_INCIDENT}notice/",
        noticing.incident_notice,
        name="workspace-incident-notice",
    ),
    *(path(f"{_ORGANIZATION}{at}", view, name=name) for at, view, name in _STREAMS),
    *(
        path(f"{_WORKSPACE}{at}", view, name=f"workspace-{name}")
        for at, view, name in _STREAMS
    ),
]
