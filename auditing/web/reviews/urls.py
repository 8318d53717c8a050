from django.urls import path

from auditing.web.reviews import views

urlpatterns = [
    path("queue/", views.queue_page, name="queue"),
    path("queue/next/", views.take_next, name="review-next"),
    path("reviews/<int:pk>/", views.review_page, name="review"),
    path("reviews/<int:pk>/draft/", views.draft, name="review-draft"),
    path("reviews/<int:pk>/beat/", views.heartbeat, name="review-beat"),
    path("batches/<int:pk>/unblind/", views.unblind_batch, name="batch-unblind"),
    path("reviews/<int:pk>/undo/", views.undo, name="review-undo"),
]
