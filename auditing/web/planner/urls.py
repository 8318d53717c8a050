from django.urls import path

from auditing.web.planner import inspections, views

urlpatterns = [
    path("planner/", views.planner, name="planner"),
    path("planner/chart/", views.planner_chart, name="planner-chart"),
    path("inspections/", inspections.inspections, name="inspections"),
    path("inspections/<int:pk>/", inspections.inspection, name="inspection"),
    path("inspections/<int:pk>/resume/", inspections.inspection_resume, name="inspection-resume"),
    path("planner/use/", views.planner_use, name="planner-use"),
]
