from django.urls import path

from auditing.web.judging import editor, endpoints, judges, runs, spending

urlpatterns = [
    path("judges/", judges.judges, name="judges"),
    path("judges/new/", judges.new, name="judge-new"),
    path("judges/<slug:name>/", judges.judge, name="judge"),
    path("judges/<slug:name>/edit/", editor.edit, name="judge-edit"),
    path("judges/<slug:name>/draft/", editor.save, name="judge-draft"),
    path("judges/<slug:name>/preview/", editor.preview, name="judge-preview"),
    path("judges/<slug:name>/discard/", editor.discard, name="judge-discard"),
    path("judges/<slug:name>/archive/", judges.archive, name="judge-archive"),
    path("judges/<slug:name>/restore/", judges.restore, name="judge-restore"),
    path("judges/<slug:name>/diff/", judges.diff, name="judge-diff"),
    path("judges/<slug:name>/v<int:number>/", judges.version, name="judge-version"),
    path("endpoints/", endpoints.endpoints, name="endpoints"),
    path("endpoints/<slug:name>/", endpoints.endpoint, name="endpoint"),
    path("endpoints/<slug:name>/test/", endpoints.test, name="endpoint-test"),
    path("endpoints/<slug:name>/remove/", endpoints.remove, name="endpoint-remove"),
    path("prices/", endpoints.price, name="price-set"),
    path("prices/remove/", endpoints.forget_price, name="price-remove"),
    path("spending/", spending.spending, name="spending"),
    path("spending/csv/", spending.spending_csv, name="spending-csv"),
    path("collections/<slug:slug>/judging-budget/", spending.set_budget, name="collection-budget"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/progress/", runs.progress, name="run-progress"),
    path("runs/<int:pk>/pause/", runs.pause, name="run-pause"),
    path("runs/<int:pk>/resume/", runs.resume, name="run-resume"),
    path("runs/<int:pk>/retry/", runs.retry, name="run-retry"),
    path("runs/<int:pk>/budget/", spending.set_budget_of_run, name="run-budget"),
    path("runs/<int:pk>/cancel/", runs.cancel, name="run-cancel"),
    path("calls/<int:pk>/", runs.call, name="run-call"),
]
