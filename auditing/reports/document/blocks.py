"""What a report's document is made of: plain text in a given order, ready for any exporter to set."""

from dataclasses import dataclass, field

from auditing.core.charts import Chart


@dataclass(frozen=True)
class Paragraph:
    text: str
    kind: str = "paragraph"


@dataclass(frozen=True)
class Facts:
    """Pairs of a name and what is so; `mono` for hashes and the like."""

    pairs: tuple[tuple[str, str], ...]
    mono: bool = False
    kind: str = "facts"


@dataclass(frozen=True)
class Table:
    """Cells of text; the columns whose place stands in `numbers` are set right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    kind: str = "table"


@dataclass(frozen=True)
class Figure:
    chart: Chart
    kind: str = "figure"


@dataclass(frozen=True)
class Example:
    """An item as it was delivered (untrusted text, shortened) and how it was labelled."""

    title: str
    parts: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    kind: str = "example"


Block = Paragraph | Facts | Table | Figure | Example


@dataclass(frozen=True)
class Section:
    title: str
    lede: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Banner:
    """What was decided. `tone`: good, bad, warn or note."""

    tone: str
    headline: str
    text: str


@dataclass(frozen=True)
class KeyFigure:
    label: str
    value: str
    interval: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Document:
    title: str
    subtitle: str
    made_at: str
    facts: tuple[tuple[str, str], ...]
    banner: Banner
    key_figures: tuple[KeyFigure, ...]
    sections: tuple[Section, ...]
    checksum: str
    software: str
    simulated: bool
    notices: tuple[str, ...] = field(default=())
