from django.urls import path

from auditing.web.docs import views

urlpatterns = [
    path("docs/statistics/", views.statistics, name="docs-statistics"),
    path("docs/statistics/<slug:topic>/", views.statistics_topic, name="docs-statistics-topic"),
]
