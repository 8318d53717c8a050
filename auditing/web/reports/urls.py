from django.urls import path

from auditing.web.reports import audit_tab, views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/<int:pk>/", views.report, name="report"),
    path("reports/<int:pk>/file/<slug:format>/", views.report_file, name="report-file"),
    path("audits/<int:pk>/reports/", audit_tab.audit_reports, name="audit-reports"),
    path("audits/<int:pk>/reports/make/", audit_tab.make, name="report-make"),
]
