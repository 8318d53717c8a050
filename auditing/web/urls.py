"""Every page of the product, an area a room."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from auditing.web.gallery import gallery

AREAS = (
    "overview",
    "accounts",
    "datasets",
    "rubrics",
    "sops",
    "planner",
    "audits",
    "judging",
    "reviews",
    "adjudication",
    "metaaudit",
    "reports",
    "schedules",
    "journal",
    "docs",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(f"auditing.web.{area}.urls")) for area in AREAS
]
if settings.DEBUG:
    urlpatterns.append(path("gallery/", gallery, name="gallery"))
