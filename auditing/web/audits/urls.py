from django.urls import path

from auditing.web.audits import actions, costs, opening, views

urlpatterns = [
    path("audits/", views.audits, name="audits"),
    path("audits/open/", opening.audit_open, name="audit-open"),
    path("audits/<int:pk>/", views.audit, name="audit"),
    path("audits/<int:pk>/progress/", views.audit_progress, name="audit-progress"),
    path("audits/<int:pk>/sample/", views.audit_sample, name="audit-sample"),
    path("audits/<int:pk>/judges/", views.audit_judges, name="audit-judges"),
    path("audits/<int:pk>/judges/progress/", views.audit_runs, name="audit-runs"),
    path("audits/<int:pk>/reviews/", views.audit_reviews, name="audit-reviews"),
    path("audits/<int:pk>/cost/", costs.audit_cost, name="audit-cost"),
    path("audits/<int:pk>/advance/", actions.audit_advance, name="audit-advance"),
    path("audits/<int:pk>/draw/", actions.audit_draw, name="audit-draw"),
    path("audits/<int:pk>/wave/", actions.audit_next_wave, name="audit-next-wave"),
    path("audits/<int:pk>/replay/", actions.audit_replay, name="audit-replay"),
    path("audits/<int:pk>/cancel/", actions.audit_cancel, name="audit-cancel"),
    path("audits/<int:pk>/hand-out/", actions.audit_hand_out, name="audit-hand-out"),
    path("audits/<int:pk>/release/", actions.audit_release, name="audit-release"),
]
