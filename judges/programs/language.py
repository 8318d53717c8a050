"""Which language a text is in, by py3langid (character n-grams, 97 languages and more, offline)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from judges.contracts import Subject
from judges.programs.findings import Finding, NotThere
from judges.programs.reading import text_at

FEWEST_LETTERS = 20
"""Below this a text is too short to tell; ideographs and kana say more and count three."""

_READ = 5000  # characters that are looked at


@dataclass(frozen=True, slots=True)
class Language:
    """Holds where the field is in one of the languages (ISO 639-1 codes, such as en)."""

    languages: tuple[str, ...]
    name: ClassVar[str] = "language"
    field: str = "output"

    def __post_init__(self) -> None:
        object.__setattr__(self, "languages", tuple(self.languages))
        unknown = set(self.languages) - set(_identifier().labels)
        if unknown or not self.languages:
            raise ValueError(
                f"language: give codes such as en, not {', '.join(sorted(unknown)) or 'nothing'}"
            )

    def find(self, subject: Subject) -> Finding:
        try:
            text = text_at(subject, self.field)[:_READ]
        except NotThere as error:
            return Finding(None, str(error))
        if sum(_weight(letter) for letter in text) < FEWEST_LETTERS:
            return Finding(None, f"{self.field} is too short to tell its language")
        found = str(_identifier().classify(text)[0])
        return Finding(found in self.languages, f"{self.field} looks like {found}")

    def to_dict(self) -> dict[str, Any]:
        return {"check": self.name, "languages": list(self.languages), "field": self.field}


def _weight(letter: str) -> int:
    if not letter.isalpha():
        return 0
    return 3 if "぀" <= letter <= "鿿" or "가" <= letter <= "힯" else 1


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # takes a second and 60 MB

    return LanguageIdentifier.from_model_file(MODEL_FILE)
