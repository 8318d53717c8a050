"""The one settings file. Every value has a default; the environment may override (see README, Configuration)."""

from typing import Any

import dj_database_url
from csp.constants import NONE, SELF

from auditing.config import env
from auditing.config.home import ROOT, broker_socket, home, secret

DEBUG = env.flag("DEBUG", False)
DOKIMA_HOME = home()
SECRET_KEY = env.text("SECRET_KEY") or secret("secret_key")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", "")
BEHIND_TLS = env.flag("BEHIND_TLS", False)

INSTALLED_APPS = [
    "auditing.config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "lucide",
    "csp",
    "ninja",
    "django_celery_beat",
    "auditing.accounts",
    "auditing.journal",
    "auditing.datasets",
    "auditing.rubrics",
    "auditing.sops",
    "auditing.audits",
    "auditing.sampling",
    "auditing.judging",
    "auditing.reviews",
    "auditing.adjudication",
    "auditing.ratings",
    "auditing.training",
    "auditing.estimation",
    "auditing.metaaudit",
    "auditing.reports",
    "auditing.pipeline",
    "auditing.web",
    "auditing.api",
    "auditing.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "auditing.config.uploads.RefuseTooMuch",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "auditing.web.middleware.AnswerDomainErrors",
]

ROOT_URLCONF = "auditing.config.urls"
WSGI_APPLICATION = "auditing.config.wsgi.application"
ASGI_APPLICATION = "auditing.config.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "auditing.web.context.navigation",
            ],
            "builtins": ["lucide.templatetags.lucide", "auditing.web.templatetags.dokima"],
        },
    }
]

# SQLite's default lock mode refuses concurrent writers; IMMEDIATE makes them wait their turn.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
DATABASE_URL = env.text("DATABASE_URL") or f"sqlite:///{home() / 'dokima.sqlite3'}"
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_I18N = False
USE_TZ = True
FORMAT_MODULE_PATH = ["auditing.config.formats"]

STATIC_URL = "static/"
STATIC_ROOT = home() / "static"  # stays empty: whitenoise serves each room's own files
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
DELIVERIES_ROOT = home() / "deliveries"
DATA_UPLOAD_MAX_MEMORY_SIZE = 30 * 1024 * 1024
UPLOAD_MAX_BYTES = env.integer("UPLOAD_MAX_MB", 2048) * 1024 * 1024
# beside the deliveries: /tmp is memory in many containers
FILE_UPLOAD_TEMP_DIR = home() / "temporary"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

REDIS_URL = env.text("REDIS_URL") or f"unix://{broker_socket()}"
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 50 * 60
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60 * 60,  # longer than the longest task
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# a page does not wait for a broker that is away: rows are the truth, and the next tick sends the message again
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SYNC_EVERY = 1  # what was sent is on record at once: a killed beat repeats nothing
CELERY_BEAT_SCHEDULE = {  # rows are the truth: what a lost message left undone is found and woken again
    "pipeline-tick": {"task": "auditing.pipeline.tasks.tick", "schedule": 60.0},
    "judging-reconcile": {"task": "judging.reconcile", "schedule": 30.0},
    "datasets-reconcile": {"task": "datasets.reconcile", "schedule": 60.0},
    "datasets-sweep": {"task": "datasets.sweep", "schedule": 6 * 3600.0},
}
CELERY_TIMEZONE = TIME_ZONE
DJANGO_CELERY_BEAT_TZ_AWARE = True

OPENAI_BASE_URL = env.text("OPENAI_BASE_URL")
OPENAI_API_KEY = env.text("OPENAI_API_KEY")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
}
