"""URLs of /operator/, under the namespace that Django's admin looks for."""

from workspaces.operators.admin import site

app_name = "admin"

urlpatterns = site.get_urls()
