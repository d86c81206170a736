"""URLs of kit: only the catalogue of parts, for demo and debug."""

from django.urls import path

from kit import catalogue

app_name = "kit"

urlpatterns = [path("design/", catalogue.page, name="design")]
