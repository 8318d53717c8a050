import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auditing.config.settings")

application = get_wsgi_application()
# every page is loaded here, once, before the server forks: else each of its processes would, at its first request
PAGES = get_resolver().url_patterns
