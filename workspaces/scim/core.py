"""The SCIM 2.0 core as Custos runs it; nothing else here imports its two packages.

The core knows the protocol (routes, filters, PATCH, paging, ETags, Bulk, discovery,
error bodies) and no storage, tenant or meaning: those are ours.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

from scim2_models import (
    Context,
    ForbiddenException,
    InvalidCursorException,
    InvalidFilterException,
    InvalidSyntaxException,
    InvalidValueException,
    NotFoundException,
    PatchOp,
    Path,
    PayloadTooLargeException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    Schema,
    SCIMException,
    ScimFilter,
    ScimPolicy,
    ScimProvider,
    SearchRequest,
    ServiceProviderConfig,
    TooManyException,
    UnauthorizedException,
    UniquenessException,
)
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)
from scim2_server.conditions import Conditions
from scim2_server.errors import UnsupportedMediaTypeException
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation, Target
from scim2_server.service import ScimService
from scim2_server.storage import ScimStorage, SearchPage
from scim2_server.utils import load_json_resource

__all__ = [
    "AttrPath",
    "CompareOperator",
    "Comparison",
    "Conditions",
    "Context",
    "FilterNode",
    "FilterVisitor",
    "ForbiddenException",
    "InvalidCursorException",
    "InvalidFilterException",
    "InvalidSyntaxException",
    "InvalidValueException",
    "LogicalExpr",
    "LogicalOperator",
    "Not",
    "NotFoundException",
    "Operation",
    "PatchOp",
    "Path",
    "PayloadTooLargeException",
    "PreconditionFailedException",
    "Present",
    "Resource",
    "ResourceType",
    "ResponseParameters",
    "SCIMException",
    "ScimFilter",
    "ScimHandler",
    "ScimRequest",
    "ScimResponse",
    "ScimService",
    "ScimStorage",
    "SearchPage",
    "SearchRequest",
    "Service",
    "Target",
    "TooManyException",
    "TooManyRequests",
    "UnauthorizedException",
    "UniquenessException",
    "UnsupportedMediaTypeException",
    "ValuePath",
    "provider",
]

MAX_RESULTS = 200
PAGE = 100
MAX_OPERATIONS = 1000
MAX_BODY = 1024 * 1024
CURSOR_SECONDS = 3600

GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"

_log = logging.getLogger(__name__)

# What real providers send and strict reading refuses (reference measurements: with
# these three, users of one of them go from 26 to 30 requests of 32, groups to all).
_POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
_CONFIG = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    "patch": {"supported": True},
    "bulk": {
        "supported": True,
        "maxOperations": MAX_OPERATIONS,
        "maxPayloadSize": MAX_BODY,
    },
    "filter": {"supported": True, "maxResults": MAX_RESULTS},
    "changePassword": {"supported": False},
    "sort": {"supported": True},
    "etag": {"supported": True},
    "pagination": {
        "cursor": True,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": PAGE,
        "maxPageSize": MAX_RESULTS,
        "cursorTimeout": CURSOR_SECONDS,
    },
    "authenticationSchemes": [
        {
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token of the workspace, made on its SCIM page",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": True,
        }
    ],
}


class TooManyRequests(SCIMException):
    """A stranger has asked too often (RFC 6585)."""

    status = 429
    _default_detail = "Too many requests without a token that is valid here"


class Service(ScimService):
    """The protocol for one workspace; `may_groups` is the scope of the token."""

    def __init__(self, *, secret: str, may_groups: bool) -> None:
        super().__init__(provider(), secret=secret)
        self._may_groups = may_groups

    def authorize(
        self,
        request: ScimRequest,  # noqa: ARG002
        target: Target,  # noqa: ARG002
        resource_type: ResourceType,
    ) -> None:
        if resource_type.name == "Group" and not self._may_groups:
            raise ForbiddenException(detail="This token may provision users only")

    def bulk_failure(
        self, outcome: dict[str, Any], exception: Exception
    ) -> dict[str, Any]:
        if not isinstance(exception, SCIMException):
            _log.error("A SCIM bulk operation failed: %s", type(exception).__name__)
        return super().bulk_failure(outcome, exception)


@lru_cache(maxsize=1)
def provider() -> ScimProvider:
    """The service as discovery describes it: users with their extension, groups."""
    schemas = load_json_resource("default-schemas.json")
    for schema in schemas:
        if schema["id"] == GROUP_SCHEMA:
            _describe_groups(schema)
    return ScimProvider.from_discovery(
        [Schema.model_validate(one) for one in schemas],
        [
            ResourceType.model_validate(one)
            for one in load_json_resource("default-resource-types.json")
        ],
        config=ServiceProviderConfig.model_validate(_CONFIG),
        policy=_POLICY,
    )


@contextmanager
def reading() -> Iterator[None]:
    """What stored resources are made and compared under."""
    with provider():
        yield


def model_of(kind: str) -> type[Resource[Any]]:
    """The model of "User" or "Group", extensions included."""
    return cast("type[Resource[Any]]", provider().model_for(kind))


def type_named(kind: str) -> ResourceType:
    """The resource type of "User" or "Group"."""
    return next(one for one in provider().resource_types if one.name == kind)


def _describe_groups(schema: dict[str, Any]) -> None:
    """Names are unique here, and groups hold people only."""
    for attribute in schema["attributes"]:
        if attribute["name"] == "displayName":
            attribute["uniqueness"] = "server"
        if attribute["name"] == "members":
            for part in attribute["subAttributes"]:
                if part["name"] == "$ref":
                    part["referenceTypes"] = ["User"]
                if part["name"] == "type":
                    part["canonicalValues"] = ["User"]
