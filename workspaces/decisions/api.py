"""`/access/v1/…`: the Authorization API 1.0 of OpenID AuthZEN, for keys of workspaces.

A decision is answered with 200, also when it is a no; what else is wrong with a request
is a status and a sentence, as the standard has it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.decorators import decorate_view
from pydantic import BaseModel

from kit import clock, scoping
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.decisions import answers, bodies, paging, rules, schemas, selectors
from workspaces.decisions.bodies import BadBody
from workspaces.decisions.schemas import Evaluation, Semantic
from workspaces.decisions.selectors import Found
from workspaces.decisions.table import Asked
from workspaces.keys.authentication import Bearer
from workspaces.keys.scopes import Scope
from workspaces.keys.selectors import PresentedKey
from workspaces.usage import services as usage
from workspaces.usage.uses import Use

PER_MINUTE = 30_000
ASKING = Bearer(Scope.DECISIONS_ASK, per_minute=PER_MINUTE)

router = Router(tags=["decisions"], auth=ASKING)
Run = Callable[..., HttpResponse]


class KeyIsOfNoWorkspace(Refused):
    """A key of an organization does not say which workspace is asked about."""

    status = 403


def _standard(run: Run) -> Run:
    """Puts whatever an operation answers into the form of the standard."""

    @wraps(run)
    def spoken(request: HttpRequest, **names: Any) -> HttpResponse:
        return answers.in_the_standards_form(request, run(request, **names))

    return spoken


def _body(kind: type[BaseModel]) -> dict[str, Any]:
    """The description of a body; the operation reads it itself."""
    schema = kind.model_json_schema()
    parts = schema.pop("$defs", {})
    content = {"application/json": {"schema": _whole(schema, parts)}}
    return {"requestBody": {"required": True, "content": content}}


def _whole(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_whole(one, parts) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _whole(parts[schema["$ref"].rpartition("/")[2]], parts)
    return {name: _whole(one, parts) for name, one in schema.items()}


@router.post(
    "/evaluation",
    response=schemas.Decision,
    summary="May this member do this?",
    openapi_extra=_body(Evaluation),
)
@decorate_view(_standard)
def evaluation(request: Any) -> HttpResponse:
    """One decision about a member, an action and a resource, with its reasons."""
    return _one(request, bodies.read(request))


@router.post(
    "/evaluations",
    response=schemas.Decisions,
    summary="Several decisions at once",
    openapi_extra=_body(schemas.Evaluations),
)
@decorate_view(_standard)
def evaluations(request: Any) -> HttpResponse:
    """Decisions in the order of their evaluations.

    What an evaluation lacks is taken from the top; without any it is a single one.
    """
    body = bodies.read(request)
    batch = bodies.message(schemas.Evaluations, body)
    if not batch.evaluations:
        return _one(request, body)
    read = [_read(one, body) for one in batch.evaluations]
    with _asked(request) as asked:
        found = iter(
            selectors.evaluate(
                [one for one in read if isinstance(one, Evaluation)], asked=asked
            )
        )
    is_explained = _is_explained(request)
    made = [
        answers.decision(next(found), is_explained=is_explained)
        if isinstance(one, Evaluation)
        else answers.failed(one)
        for one in read
    ]
    semantic = batch.options and batch.options.evaluations_semantic
    number = rules.answered(
        (one["decision"] for one in made), semantic=semantic or Semantic.EXECUTE_ALL
    )
    return answers.written({"evaluations": made[:number]})


@router.post(
    "/search/subject",
    response=schemas.Results,
    summary="Who may do this?",
    openapi_extra=_body(schemas.SubjectSearch),
)
@decorate_view(_standard)
def search_subject(request: Any) -> HttpResponse:
    """The members who may, page by page; a page may be empty and not the last."""
    body = bodies.read(request)
    wanted = bodies.message(schemas.SubjectSearch, body)
    place = _place(request, wanted.page, body)
    found = Found(ids=[], after=None)
    if wanted.subject.type == selectors.USER:
        with _asked(request) as asked:
            found = selectors.subjects(
                action=wanted.action,
                resource=wanted.resource,
                place=place,
                asked=asked,
            )
    entities = [{"type": selectors.USER, "id": one} for one in found.ids]
    return _page(entities, place.token(found.after))


@router.post(
    "/search/resource",
    response=schemas.Results,
    summary="To what may this member do this?",
    openapi_extra=_body(schemas.ResourceSearch),
)
@decorate_view(_standard)
def search_resource(request: Any) -> HttpResponse:
    """The resources of one type, page by page; a page may be empty and not the last."""
    body = bodies.read(request)
    wanted = bodies.message(schemas.ResourceSearch, body)
    place = _place(request, wanted.page, body)
    with _asked(request) as asked:
        found = selectors.resources(
            subject=wanted.subject,
            action=wanted.action,
            kind=wanted.resource.type,
            place=place,
            asked=asked,
        )
    entities = [{"type": wanted.resource.type, "id": one} for one in found.ids]
    return _page(entities, place.token(found.after))


@router.post(
    "/search/action",
    response=schemas.Results,
    summary="What may this member do to that?",
    openapi_extra=_body(schemas.ActionSearch),
)
@decorate_view(_standard)
def search_action(request: Any) -> HttpResponse:
    """The names of the actions."""
    body = bodies.read(request)
    wanted = bodies.message(schemas.ActionSearch, body)
    place = _place(request, wanted.page, body)
    with _asked(request) as asked:
        found = selectors.actions(
            subject=wanted.subject, resource=wanted.resource, place=place, asked=asked
        )
    return _page([{"name": one} for one in found.ids], place.token(found.after))


def _one(request: Any, body: dict[str, Any]) -> HttpResponse:
    wanted = bodies.message(Evaluation, body)
    with _asked(request) as asked:
        (found,) = selectors.evaluate([wanted], asked=asked)
        # Batches and searches ask what could be used; a single one is about a use.
        is_use = rules.is_use(wanted.resource.type, wanted.action.name)
        if is_use and found.is_permitted:
            usage.note(workspace=asked.workspace, use=Use.GPT, at=asked.at)
    made = answers.decision(found, is_explained=_is_explained(request))
    return answers.written(made)


def _read(one: Any, defaults: dict[str, Any]) -> Evaluation | str:
    """One evaluation of a batch, or the sentence about what is wrong with it."""
    if not isinstance(one, dict):
        return _("An evaluation has to be a JSON object.")
    try:
        return bodies.message(Evaluation, rules.completed(one, defaults=defaults))
    except BadBody as flaw:
        return str(flaw)


@contextmanager
def _asked(request: Any) -> Iterator[Asked]:
    """The workspace of the key, opened."""
    workspace = _caller(request).workspace
    if workspace is None:
        raise KeyIsOfNoWorkspace(
            _("This key is of an organization: ask with a key of a workspace.")
        )
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        yield Asked(workspace=workspace, at=clock.now())


def _place(
    request: Any, wish: schemas.PageWish | None, body: dict[str, Any]
) -> paging.Place:
    workspace = _caller(request).workspace
    return paging.place(
        wish, asked=body, workspace=str(workspace.public_id) if workspace else ""
    )


def _page(entities: list[dict[str, str]], next_token: str) -> HttpResponse:
    return answers.written(answers.results(entities, next_token=next_token))


def _is_explained(request: Any) -> bool:
    """Whether the key may see roles and groups."""
    return Permission.MEMBERS_VIEW in _caller(request).permissions


def _caller(request: Any) -> PresentedKey:
    caller: PresentedKey = request.caller
    return caller
