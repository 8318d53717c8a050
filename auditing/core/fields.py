"""Model fields of no particular domain."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:  # checkers read the type of a value off the base class, and a document is no text
    from django.db.models import JSONField as _Base
else:
    from django.db.models import TextField as _Base


class DocumentField(_Base):
    """A JSON document that comes back as it went in, the order of its keys included (`jsonb` sorts them)."""

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        return None if value is None else json.loads(value)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.get_prep_value(self.value_from_object(obj)))
