"""What stands beside estimates for comparison, as people read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditing.estimation.comparing import FALSE_DISCOVERIES
from auditing.web.metaaudit.figures import Figure

ALIKE = "not shown to differ"
BORROWS = (
    "The pooled figure borrows from the other slices, the more so the fewer labels a slice has: good for ranking small "
    "slices, not for a claim about one."
)
TOO_FEW = "Pooling takes three slices that are estimated, not counted."


@dataclass(frozen=True)
class Way:
    """One way to the same figure, and when it is right."""

    name: str
    value: str
    interval: str
    right_when: str


@dataclass(frozen=True)
class Compared:
    """One slice: its own figure, the pooled one, and how it compares with the rest."""

    label: str
    own: Figure
    pooled: str
    pooled_interval: str
    own_weight: float | None
    difference: str
    adjusted: float | None
    verdict: str
    tone: str


@dataclass(frozen=True)
class Comparison:
    """The slices of one field on one basis."""

    basis_words: str
    rows: list[Compared]
    tests: int

    @property
    def words(self) -> str:
        pooled = any(row.own_weight is not None for row in self.rows)
        return (
            f"From {self.basis_words}. Each slice's own interval is its figure. {BORROWS if pooled else TOO_FEW} A "
            f"slice differs when it lies too far from all others together for chance; {self.tests} slices of this "
            f"measure were tested, and of those said to differ {FALSE_DISCOVERIES:.0%} at most are expected not to "
            "(Benjamini-Hochberg)."
        )


def ways_to(headline: Sequence[Figure]) -> list[Way]:
    """The figures of one measure beside those that follow from the same evidence by other ways."""
    own = [Way(one.basis_words.capitalize(), one.value, one.interval, RIGHT[one.basis]) for one in headline]
    others = [way for one in headline for way in (_by_error_rates(one), _if_missing(one)) if way]
    return [*own, *others] if others else []


RIGHT = {
    "human": "Wherever people's labels can be trusted: it rests on them and on the draw alone.",
    "assisted": "Wherever people's labels can be trusted: they correct the judges, so a poor judge costs width and not "
    "truth.",
}


def _by_error_rates(one: Figure) -> Way | None:
    found = one.beside.get("rogan_gladen")
    if not found:
        return None
    name = "Rogan-Gladen: the judge's rate, corrected by its error rates"
    if "refusal" in found:
        return Way(name, "–", "", f"No figure here: {found['refusal']}.")
    rates = (
        f"it says yes to {found['sensitivity']:.0%} of what people say yes to ({found['n_positive']:,} labels), and no "
        f"to {found['specificity']:.0%} of the rest ({found['n_negative']:,})"
    )
    return Way(
        name,
        one.write(found["estimate"]),
        f"{one.write(found['low'])} to {one.write(found['high'])}",
        f"When the judge errs as often on every item as on the labelled ones; {rates}. Mostly wider than those above.",
    )


def _if_missing(one: Figure) -> Way | None:
    found = one.beside.get("missing")
    if not found:
        return None
    return Way(
        f"Were all missing labels at the low end, or all at the high end ({one.basis_words})",
        "–",
        f"{one.write(found['low'])} to {one.write(found['high'])}",
        f"Whatever the {found['labels']:,} missing labels are: the figure itself lies between, before chance. "
        "The interval above allows for both.",
    )


def comparison_of(figures: Sequence[Figure], basis: str) -> Comparison | None:
    """The slices of one field, where they could be compared on this basis."""
    own = [one for one in figures if one.basis == basis]
    rows = [_compared(one) for one in own if one.beside.keys() & {"pooled", "rest"}]
    if not rows:
        return None
    tests = max((row.own.beside["rest"]["compared"] for row in rows if "rest" in row.own.beside), default=0)
    return Comparison(own[0].basis_words, rows, tests)


def _compared(one: Figure) -> Compared:
    pooled, rest = one.beside.get("pooled"), one.beside.get("rest")
    verdict, tone = _verdict(rest)
    return Compared(
        label=one.slice_value,
        own=one,
        pooled=one.write(pooled["estimate"]) if pooled else "–",
        pooled_interval=f"{one.write(pooled['low'])} to {one.write(pooled['high'])}" if pooled else "",
        own_weight=pooled["own_weight"] if pooled else None,
        difference=one.write_difference(rest["difference"]) if rest else "–",
        adjusted=rest["adjusted"] if rest else None,
        verdict=verdict,
        tone=tone,
    )


def _verdict(rest: dict[str, float] | None) -> tuple[str, str]:
    if rest is None or not rest["differs"]:
        return ALIKE if rest else "", ""
    return ("higher than the rest" if rest["difference"] > 0 else "lower than the rest"), "accent"
