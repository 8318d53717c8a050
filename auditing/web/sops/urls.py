from django.urls import path

from auditing.web.sops import editor, views

urlpatterns = [
    path("sops/", views.sops, name="sops"),
    path("sops/new/", views.new, name="sop-new"),
    path("sops/import/", views.import_file, name="sop-import"),
    path("sops/<int:pk>/", views.sop, name="sop"),
    path("sops/<int:pk>/edit/", editor.edit, name="sop-edit"),
    path("sops/<int:pk>/discard/", editor.discard, name="sop-discard"),
    path("sops/<int:pk>/revisions/<int:revision>/", editor.restore_revision, name="sop-revision"),
    path("sops/<int:pk>/archive/", views.archive, name="sop-archive"),
    path("sops/<int:pk>/restore/", views.restore, name="sop-restore"),
    path("sops/<int:pk>/changes/", views.diff, name="sop-diff"),
    path("sops/<int:pk>/v<int:number>/", views.version, name="sop-version"),
    path("sops/<int:pk>/v<int:number>/acknowledge/", views.acknowledge, name="sop-acknowledge"),
    path("sops/<int:pk>/v<int:number>.yaml", views.export, name="sop-export"),
]
