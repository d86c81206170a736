"""URLs of the retention app; view, URL name and template share their stem."""

from django.urls import path

from retention.certificates import mine as my_receipts
from retention.certificates import views as certificates
from retention.closing import views as closing
from retention.conversations import views as conversations
from retention.deletions import views as deletions
from retention.drift import views as drift
from retention.erasure.views import leavers as erasures
from retention.erasure.views import own as my_erasure
from retention.hold_notices.views import own as my_hold_notices
from retention.hold_notices.views import telling as hold_notices
from retention.holds.views import changing as hold_changes
from retention.holds.views import finding as hold_finding
from retention.holds.views import pages as holds
from retention.matter_exports import views as matter_exports
from retention.metrics import views as metrics
from retention.own_data.views import conversations as my_conversations
from retention.own_data.views import objects as my_objects
from retention.own_data.views import page as my_page
from retention.own_data.views import retention as my_retention
from retention.policies import views as policies
from retention.policies.bounding import views as bounds
from retention.policies.drafts import views as drafts
from retention.policies.safeguards import views as safeguards
from retention.promise import views as promise
from retention.releases import views as releases
from retention.schedules import views as schedules
from retention.sweeps import views as sweeps
from retention.sweeps.breaker import views as breaker

app_name = "retention"

_W = "w/<slug:workspace>"
_DRAFT = f"{_W}/policies/drafts/<uuid:draft>"
_EXPORTS = f"{_W}/holds/<uuid:hold>/exports"
_CLOSABLE = "o/<slug:organization>/workspaces/<uuid:closable>/close"
_STORED = "me/stored/<slug:kind>/<uuid:stored>"
_MINE = "me/conversations/<uuid:conversation>"

urlpatterns = [
    path(f"{_W}/policies/", policies.policies, name="policies"),
    path(f"{_W}/policies/set/", policies.policy_set, name="policy-set"),
    path(f"{_W}/policies/bounds/", bounds.policy_bounds, name="policy-bounds"),
    path(
        f"{_W}/policies/bounds/set/",
        bounds.policy_bounds_set,
        name="policy-bounds-set",
    ),
    path(f"{_W}/policies/safeguards/", safeguards.safeguards, name="safeguards"),
    path(
        f"{_W}/policies/safeguards/set/",
        safeguards.safeguards_set,
        name="safeguards-set",
    ),
    path(f"{_W}/policies/drafts/", drafts.policy_drafts, name="policy-drafts"),
    path(f"{_DRAFT}/", drafts.policy_draft, name="policy-draft"),
    path(f"{_DRAFT}/change/", drafts.policy_draft_change, name="policy-draft-change"),
    path(f"{_DRAFT}/send/", drafts.policy_draft_send, name="policy-draft-send"),
    path(
        f"{_DRAFT}/approve/", drafts.policy_draft_approve, name="policy-draft-approve"
    ),
    path(
        f"{_DRAFT}/decline/", drafts.policy_draft_decline, name="policy-draft-decline"
    ),
    path(f"{_DRAFT}/cancel/", drafts.policy_draft_cancel, name="policy-draft-cancel"),
    path(f"{_DRAFT}/purge-list/", drift.policy_draft_list, name="policy-draft-list"),
    path(
        f"{_DRAFT}/purge-list/download/",
        drift.policy_draft_list_download,
        name="policy-draft-list-download",
    ),
    path(f"{_W}/conversations/", conversations.conversations, name="conversations"),
    path(f"{_W}/conversations/why/", conversations.stored_why, name="stored-why"),
    path(
        f"{_W}/conversations/<uuid:conversation>/",
        conversations.conversation,
        name="conversation",
    ),
    path(f"{_W}/deletions/", deletions.deletions, name="deletions"),
    path(f"{_W}/holds/", holds.holds, name="holds"),
    path(f"{_W}/holds/place/", hold_changes.hold_place, name="hold-place"),
    path(f"{_W}/holds/find/", hold_finding.hold_find, name="hold-find"),
    path(f"{_W}/holds/grace/", hold_changes.hold_grace, name="hold-grace"),
    path(f"{_W}/holds/<uuid:hold>/", holds.hold, name="hold"),
    path(f"{_W}/holds/<uuid:hold>/edit/", hold_changes.hold_edit, name="hold-edit"),
    path(f"{_W}/holds/<uuid:hold>/add/", hold_changes.hold_add, name="hold-add"),
    path(
        f"{_W}/holds/<uuid:hold>/release/", releases.hold_release, name="hold-release"
    ),
    path(
        f"{_W}/holds/<uuid:hold>/release/<uuid:asked>/",
        releases.hold_release_request,
        name="hold-release-request",
    ),
    path(f"{_EXPORTS}/", matter_exports.matter_exports, name="matter-exports"),
    path(
        f"{_EXPORTS}/<uuid:export>/", matter_exports.matter_export, name="matter-export"
    ),
    path(
        f"{_EXPORTS}/<uuid:export>/download/",
        matter_exports.matter_export_download,
        name="matter-export-download",
    ),
    path(
        f"{_EXPORTS}/<uuid:export>/delete/",
        matter_exports.matter_export_delete,
        name="matter-export-delete",
    ),
    path(f"{_W}/promise/", promise.promise, name="promise"),
    path(
        "o/<slug:organization>/promise/",
        promise.organization_promise,
        name="organization-promise",
    ),
    path(f"{_CLOSABLE}/", closing.workspace_close, name="workspace-close"),
    path(f"{_CLOSABLE}/keep/", closing.workspace_keep, name="workspace-keep"),
    path(
        f"{_CLOSABLE}/certificate/",
        closing.closing_certificate,
        name="closing-certificate",
    ),
    path("metrics", metrics.metrics, name="metrics"),
    path(f"{_W}/sweeps/", sweeps.sweeps, name="sweeps"),
    path(f"{_W}/sweeps/schedule/", schedules.schedule, name="schedule"),
    path(f"{_W}/sweeps/schedule/set/", schedules.schedule_set, name="schedule-set"),
    path(f"{_W}/sweeps/start/", sweeps.sweep_start, name="sweep-start"),
    path(
        f"{_W}/sweeps/after-policy/",
        sweeps.sweep_after_policy,
        name="sweep-after-policy",
    ),
    path(f"{_W}/sweeps/stops/<uuid:stop>/", breaker.sweep_stop, name="sweep-stop"),
    path(
        f"{_W}/sweeps/stops/<uuid:stop>/confirm/",
        breaker.sweep_stop_confirm,
        name="sweep-stop-confirm",
    ),
    path(f"{_W}/sweeps/<uuid:sweep>/", sweeps.sweep, name="sweep"),
    path(
        f"{_W}/sweeps/<uuid:sweep>/receipt/",
        sweeps.receipt_download,
        name="receipt-download",
    ),
    path(
        f"{_W}/sweeps/<uuid:sweep>/certificate/",
        certificates.sweep_certificate,
        name="sweep-certificate",
    ),
    path(f"{_W}/receipts/", certificates.receipts_find, name="receipts"),
    path(f"{_W}/receipts/file/", certificates.receipts_file, name="receipts-file"),
    path(
        f"{_W}/receipts/verifier/",
        certificates.receipt_verifier,
        name="receipt-verifier",
    ),
    path(
        f"{_W}/receipts/<uuid:deleted>/",
        certificates.receipt_object,
        name="receipt-object",
    ),
    path(
        f"{_W}/receipts/<uuid:deleted>/file/",
        certificates.receipt_object_file,
        name="receipt-object-file",
    ),
    path("me/", my_page.my_data, name="my-data"),
    path("me/receipts/", my_receipts.my_receipts, name="my-receipts"),
    path("me/receipts/<uuid:deleted>/", my_receipts.my_receipt, name="my-receipt"),
    path(
        "me/receipts/<uuid:deleted>/file/",
        my_receipts.my_receipt_file,
        name="my-receipt-file",
    ),
    path(
        f"{_W}/holds/<uuid:hold>/notices/",
        hold_notices.hold_notices,
        name="hold-notices",
    ),
    path("me/hold-notices/", my_hold_notices.my_hold_notices, name="my-hold-notices"),
    path(
        "me/hold-notices/<uuid:notice>/acknowledge/",
        my_hold_notices.my_hold_notice_acknowledge,
        name="my-hold-notice-acknowledge",
    ),
    path(f"{_W}/erasures/", erasures.erasures, name="erasures"),
    path(
        f"{_W}/erasures/member/<uuid:member>/",
        erasures.erasure_request,
        name="erasure-request",
    ),
    path(f"{_W}/erasures/<uuid:erasure>/", erasures.erasure, name="erasure"),
    path("me/erasure/", my_erasure.my_erasure, name="my-erasure"),
    path(
        "me/erasure/<uuid:erasure>/withdraw/",
        my_erasure.my_erasure_withdraw,
        name="my-erasure-withdraw",
    ),
    path("me/deleted/", my_objects.my_deleted, name="my-deleted"),
    path(
        "me/stored/<slug:kind>/delete/",
        my_objects.my_objects_delete,
        name="my-objects-delete",
    ),
    path(f"{_STORED}/delete/", my_objects.my_object_delete, name="my-object-delete"),
    path(f"{_STORED}/restore/", my_objects.my_object_restore, name="my-object-restore"),
    path("me/retention/", my_retention.my_retention, name="my-retention"),
    path(f"{_MINE}/", my_conversations.my_conversation, name="my-conversation"),
    path(
        f"{_MINE}/delete/",
        my_conversations.my_conversation_delete,
        name="my-conversation-delete",
    ),
    path(
        f"{_MINE}/restore/",
        my_conversations.my_conversation_restore,
        name="my-conversation-restore",
    ),
]
