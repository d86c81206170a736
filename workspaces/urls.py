"""URLs of the workspaces app."""

from workspaces.signin import urls as signin

app_name = "workspaces"

urlpatterns = [*signin.urlpatterns]
