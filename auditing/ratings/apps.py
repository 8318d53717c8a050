from django.apps import AppConfig


class RatingsConfig(AppConfig):
    name = "auditing.ratings"
    label = "ratings"
