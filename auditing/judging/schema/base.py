"""What every kind of judge says of itself, whatever its architecture."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from auditing.core.reading import Fields
from auditing.judging.schema.asked import Asked
from auditing.rubrics.schema import RubricSpec
from judges.contracts import Architecture

LIVE, BATCH = "live", "batch"


class JudgeSpec(ABC):
    """The content of a judge version, checked and typed. `keys` are those it knows beside `architecture`."""

    architecture: ClassVar[str]
    keys: ClassVar[tuple[str, ...]]

    @classmethod
    @abstractmethod
    def read(cls, fields: Fields) -> Self:
        """Read and check. Raises BadInput naming the field."""

    @abstractmethod
    def to_content(self) -> dict[str, Any]:
        """The content that reads back as this same judge."""

    @abstractmethod
    def build(self, rubric: RubricSpec) -> Architecture:
        """The judge at work under a rubric. Raises BadInput where it cannot be asked about it."""

    @property
    @abstractmethod
    def asked(self) -> Sequence[Asked]:
        """Every model that may be asked, in order; none for a judge that asks no model."""

    @property
    def delivery(self) -> str:
        """How its calls reach the provider: `live`, or by `batch`. It changes what they cost, not what is answered."""
        return LIVE

    @property
    def by_batch(self) -> bool:
        """Do its calls go by the provider's Batch API?"""
        return self.delivery == BATCH

    @property
    def models(self) -> tuple[str, ...]:
        """The models' names, each once."""
        return tuple(dict.fromkeys(asked.model for asked in self.asked))

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The names of the endpoints that are asked, each once."""
        return tuple(dict.fromkeys(asked.endpoint for asked in self.asked))
