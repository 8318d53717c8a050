from django.urls import path

from auditing.web.metaaudit import cascade, estimates, items, views

urlpatterns = [
    path("audits/<int:pk>/estimates/", estimates.audit_estimates, name="audit-estimates"),
    path("audits/<int:pk>/decide/", estimates.audit_decide, name="audit-decide"),
    path("audits/<int:pk>/items/", items.audit_items, name="audit-items"),
    path("audits/<int:pk>/meta-audit/", views.audit_meta_audit, name="audit-meta-audit"),
    path("audits/<int:pk>/meta-audit/items/", items.audit_differences, name="audit-differences"),
    path("audits/<int:pk>/meta-audit/cascade/", cascade.audit_cascade, name="audit-cascade"),
    path("batches/<int:pk>/meta-audit/cascade/", cascade.batch_cascade, name="batch-cascade"),
    path("batches/<int:pk>/estimate/", estimates.batch_estimate, name="batch-estimate"),
    path("batches/<int:pk>/labelled/", items.batch_items, name="batch-items"),
    path("batches/<int:pk>/meta-audit/", views.batch_meta_audit, name="batch-meta-audit"),
    path("batches/<int:pk>/meta-audit/items/", items.batch_differences, name="batch-differences"),
]
