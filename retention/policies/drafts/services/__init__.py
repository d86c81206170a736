"""Drafts a policy, sends it, lets another person agree, and puts it in force.

What must hold, and what makes it hold:

- What takes force is what was approved: an approval names a digest over every column
  that the draft proposes and over its preview. Any change makes another digest, so the
  approval counts no longer; it is asked for again when the draft's time comes.
- Nobody approves alone: neither the author nor whoever last changed a draft counts,
  nor a person who could not approve yet when it was sent, or may not set policies any
  more when it takes force.
- What takes force is what was compared: a draft whose scope got another version
  meanwhile goes back to its author.
- What takes force is few enough for whoever agreed: it is counted again at that time.
- A draft becomes a version only through `policies.services.set_policy`.
"""

from retention.policies.drafts.services.approving import (
    ApprovalIsMissing,
    AuthorCannotApprove,
    DraftHasChanged,
    WasNotAsked,
    approve,
    decline,
)
from retention.policies.drafts.services.forcing import force_due
from retention.policies.drafts.services.sending import (
    AnotherIsUnderWay,
    NotADraft,
    NothingToCancel,
    apply,
    cancel,
    send,
)
from retention.policies.drafts.services.writing import (
    DraftIsOver,
    Values,
    change,
    draft,
)

__all__ = [
    "AnotherIsUnderWay",
    "ApprovalIsMissing",
    "AuthorCannotApprove",
    "DraftHasChanged",
    "DraftIsOver",
    "NotADraft",
    "NothingToCancel",
    "Values",
    "WasNotAsked",
    "apply",
    "approve",
    "cancel",
    "change",
    "decline",
    "draft",
    "force_due",
    "send",
]
