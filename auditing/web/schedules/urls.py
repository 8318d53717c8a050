from django.urls import path

from auditing.web.schedules import views

urlpatterns = [
    path("schedules/", views.schedules, name="schedules"),
    path("schedules/new/", views.schedule_new, name="schedule-new"),
    path("schedules/<int:pk>/", views.schedule, name="schedule"),
    path("schedules/<int:pk>/run/", views.schedule_run, name="schedule-run"),
    path("schedules/<int:pk>/switch/", views.schedule_switch, name="schedule-switch"),
    path("schedules/<int:pk>/archive/", views.schedule_archive, name="schedule-archive"),
    path("schedules/<int:pk>/restore/", views.schedule_restore, name="schedule-restore"),
]
