from django.urls import path

from auditing.web.rubrics import editor, views

urlpatterns = [
    path("rubrics/", views.rubrics, name="rubrics"),
    # a name never starts with -, so these cannot hide a rubric
    path("rubrics/-/new/", views.new, name="rubric-new"),
    path("rubrics/-/import/", views.import_file, name="rubric-import"),
    path("rubrics/<slug:name>/", views.rubric, name="rubric"),
    path("rubrics/<slug:name>/edit/", editor.edit, name="rubric-edit"),
    path("rubrics/<slug:name>/discard/", editor.discard, name="rubric-discard"),
    path("rubrics/<slug:name>/revisions/<int:pk>/", editor.restore_revision, name="rubric-revision"),
    path("rubrics/<slug:name>/archive/", views.archive, name="rubric-archive"),
    path("rubrics/<slug:name>/restore/", views.restore, name="rubric-restore"),
    path("rubrics/<slug:name>/changes/", views.diff, name="rubric-diff"),
    path("rubrics/<slug:name>/v<int:number>/", views.version, name="rubric-version"),
    path("rubrics/<slug:name>/v<int:number>.yaml", views.export, name="rubric-export"),
]
