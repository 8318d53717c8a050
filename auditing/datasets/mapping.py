"""Which field of a delivered row is the id, the payload, the producer, the time, the cluster and the slices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auditing.core import yaml_text
from auditing.core.errors import BadInput
from auditing.core.reading import Fields, read_text, unknown
from auditing.datasets.fields import LONGEST_ID, as_name, as_time, lookup
from auditing.datasets.payload import PAYLOAD_WORDS, SHAPES, shaped

ROW_NUMBER = "row number"
EVERY_KEY = "*"
SINGLE = ("producer", "produced_at", "cluster")
KEYS = ("id", "payload", *SINGLE, "slices")
Paths = str | dict[str, str]


@dataclass(frozen=True)
class ItemFields:
    """What a mapping makes of one row."""

    external_id: str
    payload: dict[str, Any]
    producer: str = ""
    produced_at: datetime | None = None
    cluster: str = ""
    slices: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MappingSpec:
    """`payload` maps a payload word to a path, or to several named ones; `slices` maps a slice's name to a path.

    `by_name` says that nobody wrote the mapping: fields with the contract's names are taken where a row has them.
    """

    id: str
    payload: dict[str, Paths]
    producer: str = ""
    produced_at: str = ""
    cluster: str = ""
    slices: dict[str, str] = field(default_factory=dict)
    by_name: bool = False

    @classmethod
    def contract(cls) -> "MappingSpec":
        """The mapping of a file whose fields have the contract's names."""
        words: dict[str, Paths] = {word: word for word in PAYLOAD_WORDS}
        return cls("id", words, "producer", "produced_at", "cluster", {EVERY_KEY: "slices"}, by_name=True)

    @classmethod
    def from_yaml(cls, text: str, *, file: str = "") -> "MappingSpec":
        """Raises BadInput naming the file, the line and the key."""
        data = yaml_text.read(text, file=file)
        try:
            return cls.from_dict(data)
        except BadInput as error:
            line = yaml_text.line_of(text, error.field)
            raise BadInput(error.message, file=file, line=line, field=error.field) from error

    @classmethod
    def from_dict(cls, data: Any) -> "MappingSpec":
        """Read strictly; an empty one is the contract's own. Raises BadInput naming the key."""
        if data == {}:
            return cls.contract()
        fields = Fields(data, "", KEYS)
        return cls(
            id=fields.text("id") if "id" in fields else "id",  # the contract's name needs no mapping
            payload=_read_payload(fields),
            producer=fields.text("producer", ""),
            produced_at=fields.text("produced_at", ""),
            cluster=fields.text("cluster", ""),
            slices=_read_slices(fields),
        )

    def to_dict(self) -> dict[str, Any]:
        """The form that `from_dict` reads, without what is not mapped."""
        if self.by_name:
            return {}
        whole = {"id": self.id, "payload": self.payload, "slices": self.slices}
        whole |= {key: getattr(self, key) for key in SINGLE}
        return {key: whole[key] for key in KEYS if whole[key]}

    def to_yaml(self) -> str:
        return yaml_text.write(self.to_dict())

    def paths(self) -> Iterator[str]:
        """Every path the mapping names."""
        if self.id != ROW_NUMBER:
            yield self.id
        for paths in self.payload.values():
            yield from paths.values() if isinstance(paths, dict) else [paths]
        yield from (getattr(self, key) for key in SINGLE if getattr(self, key))
        yield from self.slices.values()

    def apply(self, row: Mapping[str, Any], number: int) -> ItemFields:
        """One row's item; `number` counts the rows from 1. Raises BadInput naming the field."""
        return ItemFields(
            external_id=str(number) if self.id == ROW_NUMBER else self._external_id(row),
            payload=self._payload(row),
            producer=as_name(self._optional(row, self.producer), self.producer),
            produced_at=as_time(self._optional(row, self.produced_at), self.produced_at),
            cluster=as_name(self._optional(row, self.cluster), self.cluster, longest=LONGEST_ID),
            slices=self._slices(row),
        )

    def _optional(self, row: Mapping[str, Any], path: str) -> Any:
        return lookup(row, path) if path else None

    def _external_id(self, row: Mapping[str, Any]) -> str:
        external_id = as_name(lookup(row, self.id), self.id, longest=LONGEST_ID)
        if not external_id:
            raise BadInput("the id is missing", field=self.id)
        return external_id

    def _payload(self, row: Mapping[str, Any]) -> dict[str, Any]:
        values = {word: self._value(row, word, paths) for word, paths in self.payload.items()}
        payload = {word: value for word, value in values.items() if value is not None}
        if all(value == "" for value in payload.values()):
            raise BadInput(f"the row has nothing in {', '.join(self.payload)}", field="payload")
        return payload

    def _value(self, row: Mapping[str, Any], word: str, paths: Paths) -> Any:
        if isinstance(paths, dict):
            parts = {name: lookup(row, path) for name, path in paths.items()}
            value = parts if any(part is not None for part in parts.values()) else None
            return self._needed(value, word, next(iter(paths.values())))
        return self._needed(lookup(row, paths), word, paths)

    def _needed(self, value: Any, word: str, path: str) -> Any:
        """A written mapping's payload must be there; a reference answer is often known for some items only."""
        if value is not None and not (value == "" and word in SHAPES):
            return shaped(word, value, path)
        if self.by_name or word == "reference":
            return None
        raise BadInput(f"the {word} is missing", field=path)

    def _slices(self, row: Mapping[str, Any]) -> dict[str, str]:
        found: dict[str, Any] = {}
        for name, path in self.slices.items():
            value = lookup(row, path)
            if name != EVERY_KEY:
                found[name] = value
            elif isinstance(value, Mapping):
                found |= value
            elif value is not None:
                raise BadInput("must be an object: {name: value}", field=path)
        texts = {as_name(name, "slices"): as_name(value, name) for name, value in found.items()}
        return {name: text for name, text in texts.items() if text}


def _read_payload(fields: Fields) -> dict[str, Paths]:
    payload: dict[str, Paths] = {}
    for path, word, value in fields.pairs("payload"):
        if word not in PAYLOAD_WORDS:
            raise BadInput(unknown("payload word", word, PAYLOAD_WORDS), field=path)
        payload[word] = _read_paths(value, path)
    if not payload:
        raise fields.complain("payload", f"is missing: map at least one of {', '.join(PAYLOAD_WORDS)}")
    return payload


def _read_paths(value: Any, path: str) -> Paths:
    if isinstance(value, Mapping):
        return {name: _read_path(inner, f"{path}.{name}") for name, inner in value.items()}
    return _read_path(value, path)


def _read_path(value: Any, path: str) -> str:
    text = read_text(value, path).strip()
    if not text:
        raise BadInput("is empty", field=path)
    return text


def _read_slices(fields: Fields) -> dict[str, str]:
    """Either a list of paths, whose last step is the slice's name, or name to path."""
    if not isinstance(fields.data.get("slices"), list):
        return {name: _read_path(value, path) for path, name, value in fields.pairs("slices")}
    slices: dict[str, str] = {}
    for path in fields.texts("slices"):
        name = path.rsplit(".", 1)[-1]
        slices[path if name in slices else name] = path
    return slices
