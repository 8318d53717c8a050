"""Endpoint keys at rest: encrypted with a key derived from SECRET_KEY, and never shown again."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from auditing.core.errors import Conflict

_PURPOSE = b"dokima endpoint keys"


def encrypt(key: str) -> str:
    """Empty stays empty."""
    return _cipher().encrypt(key.encode()).decode() if key else ""


def decrypt(token: str) -> str:
    """Raises Conflict when it was encrypted under another SECRET_KEY."""
    if not token:
        return ""
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise Conflict("The stored key cannot be read: SECRET_KEY has changed. Enter it again.") from error


def _cipher() -> Fernet:
    derived = hashlib.scrypt(settings.SECRET_KEY.encode(), salt=_PURPOSE, n=2**12, r=8, p=1, dklen=32)
    return Fernet(base64.urlsafe_b64encode(derived))
