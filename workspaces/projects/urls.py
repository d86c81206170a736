"""The pages of projects and memories, all of them the person's own."""

from django.urls import path

from workspaces.projects.views import detail, listing, memories

_PROJECT = "me/projects/<uuid:project>"

urlpatterns = [
    path("me/memories/", memories.my_memories, name="my-memories"),
    path("me/memories/add/", memories.memory_add, name="my-memory-add"),
    path("me/memories/switch/", memories.memory_switch, name="my-memory-switch"),
    path("me/projects/", listing.my_projects, name="my-projects"),
    path("me/projects/new/", listing.my_project_new, name="my-project-new"),
    path(f"{_PROJECT}/", detail.my_project, name="my-project"),
    path(f"{_PROJECT}/change/", detail.my_project_change, name="my-project-change"),
    path(f"{_PROJECT}/files/", detail.my_project_file, name="my-project-file"),
    path(
        f"{_PROJECT}/files/<uuid:file>/",
        detail.my_project_download,
        name="my-project-download",
    ),
    path(f"{_PROJECT}/share/", detail.my_project_share, name="my-project-share"),
    path(
        f"{_PROJECT}/shares/<uuid:share>/end/",
        detail.my_project_unshare,
        name="my-project-unshare",
    ),
    path(f"{_PROJECT}/put/", detail.my_project_put, name="my-project-put"),
]
