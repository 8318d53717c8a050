from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "auditing.reviews"
    label = "reviews"
