from django.urls import path

from auditing.web.datasets import batches, deliveries, ratings, views

urlpatterns = [
    path("collections/", views.collections, name="collections"),
    path("collections/new/", views.collection_new, name="collection-new"),
    path("collections/<slug:slug>/", views.collection, name="collection"),
    path("collections/<slug:slug>/edit/", views.collection_edit, name="collection-edit"),
    path("collections/<slug:slug>/access/", views.collection_grant, name="collection-grant"),
    path(
        "collections/<slug:slug>/access/<int:user_id>/", views.collection_withdraw, name="collection-withdraw"
    ),
    path("collections/<slug:slug>/deliver/", deliveries.deliver, name="deliver"),
    path("deliveries/<int:pk>/", deliveries.delivery, name="delivery"),
    path("deliveries/<int:pk>/preview/", deliveries.delivery_preview, name="delivery-preview"),
    path("deliveries/<int:pk>/import/", deliveries.delivery_import, name="delivery-import"),
    path("deliveries/<int:pk>/progress/", deliveries.delivery_progress, name="delivery-progress"),
    path("batches/<int:pk>/", batches.batch, name="batch"),
    path("batches/<int:pk>/rejects/", batches.batch_rejects, name="batch-rejects"),
    path("batches/<int:pk>/delete/", batches.batch_delete, name="batch-delete"),
    path("batches/<int:pk>/restore/", batches.batch_restore, name="batch-restore"),
    path("batches/<int:pk>/ratings/", ratings.import_ratings_page, name="import-ratings"),
    path("items/<int:pk>/", batches.item, name="item"),
]
