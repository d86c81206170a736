"""URLs of GPTs, below a workspace."""

from django.urls import path

from workspaces.gpts.views import allowing, governing, making, reviewing, sharing

_G = "w/<slug:workspace>/gpts/"
_ONE = f"{_G}<uuid:gpt>/"
_GOVERN = f"{_G}governance/"
_GOVERN_ONE = f"{_GOVERN}<uuid:gpt>/"

urlpatterns = [
    path(_G, making.gpts_list, name="gpts-list"),
    path(f"{_G}new/", making.gpts_create, name="gpts-create"),
    path(_ONE, making.gpts_detail, name="gpts-detail"),
    path(f"{_ONE}edit/", making.gpts_edit, name="gpts-edit"),
    path(f"{_ONE}versions/", making.gpts_versions, name="gpts-versions"),
    path(f"{_ONE}files/<uuid:file>/", making.gpts_file, name="gpts-file"),
    path(f"{_ONE}share/", sharing.gpts_share, name="gpts-share"),
    path(f"{_ONE}share/give/", sharing.gpts_give, name="gpts-give"),
    path(f"{_ONE}share/take/", sharing.gpts_take, name="gpts-take"),
    path(f"{_ONE}share/withdraw/", sharing.gpts_withdraw, name="gpts-withdraw"),
    path(_GOVERN, governing.gpts_governance, name="gpts-governance"),
    path(f"{_GOVERN}public/", governing.gpts_public, name="gpts-public"),
    path(f"{_GOVERN}reviews/", reviewing.gpts_reviews, name="gpts-reviews"),
    path(f"{_GOVERN}reviews/<uuid:review>/", reviewing.gpts_review, name="gpts-review"),
    path(f"{_GOVERN}domains/", allowing.gpts_domains, name="gpts-domains"),
    path(
        f"{_GOVERN}domains/allow/",
        allowing.gpts_domain_allow,
        name="gpts-domain-allow",
    ),
    path(
        f"{_GOVERN}domains/<uuid:rule>/remove/",
        allowing.gpts_domain_remove,
        name="gpts-domain-remove",
    ),
    path(f"{_GOVERN}outside/", allowing.gpts_outside, name="gpts-outside"),
    path(
        f"{_GOVERN}outside/approve/",
        allowing.gpts_outside_approve,
        name="gpts-outside-approve",
    ),
    path(
        f"{_GOVERN}outside/<uuid:approval>/withdraw/",
        allowing.gpts_outside_withdraw,
        name="gpts-outside-withdraw",
    ),
    path(f"{_GOVERN}ceilings/", allowing.gpts_ceilings, name="gpts-ceilings"),
    path(
        f"{_GOVERN}ceilings/downgrade/",
        allowing.gpts_downgrade,
        name="gpts-downgrade",
    ),
    path(_GOVERN_ONE, governing.gpts_govern, name="gpts-govern"),
    path(f"{_GOVERN_ONE}unpublish/", governing.gpts_unpublish, name="gpts-unpublish"),
    path(f"{_GOVERN_ONE}isolate/", governing.gpts_isolate, name="gpts-isolate"),
    path(f"{_GOVERN_ONE}reassign/", governing.gpts_reassign, name="gpts-reassign"),
]
