"""URLs of the workspaces app."""

app_name = "workspaces"

urlpatterns: list[object] = []
