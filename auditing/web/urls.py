"""Every page of the product, an area a room."""

from django.urls import include, path

AREAS = (
    "overview",
    "accounts",
    "datasets",
    "rubrics",
    "sops",
    "audits",
    "judging",
    "reviews",
    "adjudication",
    "metaaudit",
    "reports",
    "schedules",
    "journal",
)

urlpatterns = [path("", include(f"auditing.web.{area}.urls")) for area in AREAS]
