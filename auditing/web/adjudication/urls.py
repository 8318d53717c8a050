from django.urls import path

from auditing.web.adjudication import audit_tab, views

urlpatterns = [
    path("disagreements/", views.disagreements, name="disagreements"),
    path("disagreements/<int:pk>/", views.disagreement, name="disagreement"),
    path("disagreements/<int:pk>/verdicts/", views.reveal, name="disagreement-verdicts"),
    path("rulings/<int:pk>/withdraw/", views.withdraw, name="ruling-withdraw"),
    path("rulings/<int:pk>/gold/", views.toggle_gold, name="ruling-gold"),
    path("audits/<int:pk>/rulings/", audit_tab.audit_rulings, name="audit-rulings"),
    path("audits/<int:pk>/rulings/majority/", audit_tab.rule_majority, name="audit-majority"),
]
