"""URLs of the retention app."""

app_name = "retention"

urlpatterns: list[object] = []
