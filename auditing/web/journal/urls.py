from django.urls import path

from auditing.web.journal import views

urlpatterns = [
    path("journal/", views.journal, name="journal"),
    path("journal/proof/", views.journal_proof, name="journal-proof"),
]
