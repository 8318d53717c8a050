"""Two doors: pages for people, the API for programs."""

from django.urls import include, path

from auditing.api.urls import api
from auditing.config.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("api/v1/", api.urls),
    path("", include("auditing.web.urls")),
]
handler404 = "auditing.web.errors.not_found"
handler500 = "auditing.web.errors.broken"
