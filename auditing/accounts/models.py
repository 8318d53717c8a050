"""People and the tokens their programs carry."""

import hashlib

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from auditing.accounts.roles import GRANTS, Permission, Role


class User(AbstractUser):
    """A person with one role; which collections she reaches is said by `datasets.CollectionAccess`."""

    display_name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.role == Role.ADMIN

    def may(self, permission: Permission) -> bool:
        """Does the role grant it anywhere? Collection scoping is asked of `datasets.policies`."""
        return self.is_active and permission in GRANTS[self.role]


class ApiToken(models.Model):
    """A bearer token; only its digest is kept. `scopes` are Permission values within its owner's role."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class SignInAttempts(models.Model):
    """How often signing in has failed of late, for one account or from one address; see `accounts.attempts`."""

    of = models.CharField(max_length=200, unique=True)  # "address 192.0.2.7", "account <digest of its name>"
    failures = models.FloatField(default=0)  # they fade
    last_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.of
