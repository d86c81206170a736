"""The HTTP API of the site: which slice answers below which path."""

from kit.http.api import Api

api = Api(
    title="Custos",
    version="1",
    routers={
        "/v1/manage": "workspaces.keys.api.router",
        "/v1/audit": "workspaces.audit_reading.api.router",
        "/v1/manage/connectors": "workspaces.connectors.api.router",
        "/v1/audit/log": "workspaces.tiles.api.router",
        "/v1/compliance": "retention.compliance.api.router",
        "/access/v1": "workspaces.decisions.api.router",
    },
)
