"""Reading an item's fields as text, and the words of a text: what all checks share."""

import json
import re
import string
import unicodedata
from collections.abc import Mapping
from typing import Any

from judges.contracts import Subject
from judges.fencing import clean
from judges.programs.findings import NotThere

TEXT_CAP = 100_000
"""Characters of a field that checks read; `length` counts them all."""

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "“”‘’«»–—…¿¡。、，！？", " "))
_WORD = re.compile(r"\w+")


def value_at(subject: Subject, path: str) -> Any:
    """The value of a field; dots lead into objects (`candidates.a.name`). Raises NotThere."""
    value: Any = subject.payload
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            raise NotThere(f"the item has no field {path!r}")
        value = value[step]
    if value is None:
        raise NotThere(f"the item's field {path!r} is empty")
    return value


def text_at(subject: Subject, path: str) -> str:
    """A field as text, at most `TEXT_CAP` characters. Raises NotThere."""
    return as_text(value_at(subject, path))[:TEXT_CAP]


def texts_at(subject: Subject, path: str) -> list[str]:
    """A field that is one text or a list of them, such as several gold answers. Raises NotThere."""
    value = value_at(subject, path)
    texts = [as_text(entry)[:TEXT_CAP] for entry in (value if isinstance(value, list) else [value])]
    if not texts:
        raise NotThere(f"the item's field {path!r} is an empty list")
    return texts


def as_text(value: Any) -> str:
    """Text as it stands, anything else as JSON."""
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def normalised(text: str) -> str:
    """Lower case, without punctuation, English articles and extra space (as SQuAD's evaluation does)."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", plain).split())


def words(text: str) -> list[str]:
    """The words of a text, normalised."""
    return _WORD.findall(normalised(text))
