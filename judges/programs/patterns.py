"""Regular expressions in RE2: time grows with the text and never explodes, whatever an item holds."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, ClassVar

import re2

from judges.contracts import Subject
from judges.programs.findings import Finding, NotThere
from judges.programs.reading import text_at
from judges.scales import shown

LONGEST_PATTERN = 2000
_WORKING_MEMORY = 8 << 20  # bytes that one pattern may take


@lru_cache(maxsize=256)
def compiled(pattern: str, ignore_case: bool = False) -> Any:
    """A pattern ready to search with. Raises ValueError for what RE2 does not take, look-around for instance."""
    options = re2.Options()
    options.log_errors, options.max_mem, options.case_sensitive = False, _WORKING_MEMORY, not ignore_case
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"a pattern has at most {LONGEST_PATTERN} characters")
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        raise ValueError(f"the pattern {shown(pattern)} cannot be used: {said}") from error


@dataclass(frozen=True, slots=True)
class Pattern:
    """Holds where the pattern is found in the field; anchor it with ^ and $ to match the whole."""

    pattern: str
    name: ClassVar[str] = "regex"
    field: str = "output"
    ignore_case: bool = False

    def __post_init__(self) -> None:
        compiled(self.pattern, self.ignore_case)

    def find(self, subject: Subject) -> Finding:
        try:
            text = text_at(subject, self.field)
        except NotThere as error:
            return Finding(None, str(error))
        found = compiled(self.pattern, self.ignore_case).search(text)
        what = f"found {shown(found.group())}" if found else "not found"
        return Finding(bool(found), f"{shown(self.pattern)} in {self.field}: {what}")

    def to_dict(self) -> dict[str, Any]:
        return {"check": self.name, **asdict(self)}
