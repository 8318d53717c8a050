from django.urls import path

from auditing.web.overview import views

urlpatterns = [path("", views.overview, name="overview")]
