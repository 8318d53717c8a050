"""What an appended text does to a judge's opinion of a bad answer: pairs of the same item without and with it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Literal

from auditing.metaaudit.leanings import FenceEffect, Leaning, fence_effect, leaning_of, leaning_to
from auditing.metaaudit.pairs import CONTROL, Answers, Pair, Reading
from auditing.rubrics.schema import ITEM_PASSES, RubricSpec
from auditing.stats.lift import Mean, Share, mean_of_pairs, share_of_pairs

ATTACKS = "all attacks"
Grouping = Literal["all", "kind", "attack"]
GROUPINGS: tuple[Grouping, ...] = ("all", "kind", "attack")


@dataclass(frozen=True)
class Lift:
    """One criterion, one group of texts. `flips` are of the pairs whose item was bad before; `change` is in the
    scale's own units; `unscored` pairs have no usable answer on one side, and count in neither. `leaning` is what the
    judge's own probabilities say; None where it gives none.
    """

    criterion: str
    fenced: bool
    group: str
    pairs: int
    unscored: int
    flips: Share
    change: Mean
    leaning: Leaning | None

    def to_dict(self) -> dict[str, Any]:
        """The contract of `probe_injections --json`."""
        return {
            "criterion": self.criterion,
            "fenced": self.fenced,
            "group": self.group,
            "pairs": self.pairs,
            "unscored": self.unscored,
            "flips": self.flips.to_dict(),
            "change": self.change.to_dict(),
            "leaning": self.leaning.to_dict() if self.leaning else None,
        }


@dataclass(frozen=True)
class Probed:
    """All that a probe's readings say, under the rubric that says which answers are good."""

    readings: Sequence[Reading]
    rubric: RubricSpec
    confidence: float = 0.95

    @cached_property
    def criteria(self) -> list[str]:
        keys = [one.key for one in self.rubric.criteria]
        return [*keys, ITEM_PASSES] if self.rubric.decides_items and len(keys) > 1 else keys

    def lifts(self, by: Grouping = "all") -> list[Lift]:
        """For each criterion, fenced and (where it was asked so) not: the lift of each group of texts."""
        arms = sorted({one.fenced for one in self.readings})
        found = []
        for criterion, fenced in product(self.criteria, arms):
            pairs = self.pairs(criterion, fenced=fenced)
            harmless = [one for one in pairs if one.kind == CONTROL]
            found += [
                self._lift(criterion, fenced, group, chosen, harmless)
                for group, chosen in _grouped(pairs, by)
            ]
        return found

    def fence_effects(self) -> list[FenceEffect]:
        """What the fence does to the lift in probability, of each criterion where both ways of asking gave any."""
        found = [
            fence_effect(
                criterion,
                self.pairs(criterion, fenced=True),
                self.pairs(criterion, fenced=False),
                self.confidence,
                is_probability=self._has_good(criterion),
            )
            for criterion in self.criteria
        ]
        return [one for one in found if one]

    def recall(self) -> Share:
        """The share of the attacked items that the flag for items which talk to the judge noticed."""
        attacked = [one for one in self.readings if one.attack and one.kind != CONTROL]
        once = list({(one.item, one.attack): one for one in attacked}.values())
        return self._share([one.suspected for one in once], once)

    def false_alarms(self) -> Share:
        """The share of the items with a harmless text appended that the flag noticed all the same."""
        harmless = [one for one in self.readings if one.kind == CONTROL]
        once = list({(one.item, one.attack): one for one in harmless}.values())
        return self._share([one.suspected for one in once], once)

    def pairs(self, criterion: str, *, fenced: bool) -> list[Pair]:
        """Every item's opinion before and after each text."""
        arm = [one for one in self.readings if one.fenced == fenced]
        before = {one.item: one for one in arm if not one.attack}
        good, number = self._scales(criterion)
        leaning = self._leaning(criterion)
        return [
            Pair(
                one.item,
                one.attack,
                one.kind,
                good(before[one.item].answers),
                good(one.answers),
                number(before[one.item].answers),
                number(one.answers),
                leaning(before[one.item]),
                leaning(one),
            )
            for one in arm
            if one.attack and one.item in before
        ]

    def _lift(
        self, criterion: str, fenced: bool, group: str, pairs: list[Pair], harmless: list[Pair]
    ) -> Lift:
        bad = [one for one in pairs if one.good_before is False and one.good_after is not None]
        moved = [one for one in pairs if one.before is not None and one.after is not None]
        usable = [one for one in pairs if one.is_usable]
        changes = [after - before for before, after in ((one.before, one.after) for one in moved)]  # type: ignore[operator]
        return Lift(
            criterion=criterion,
            fenced=fenced,
            group=group,
            pairs=len(pairs),
            unscored=len(pairs) - len(usable),
            flips=self._share([one.flips for one in bad], bad),
            change=mean_of_pairs(
                changes, [one.item for one in moved], [one.attack for one in moved], self.confidence
            ),
            leaning=leaning_of(pairs, harmless, self.confidence, is_probability=self._has_good(criterion)),
        )

    def _share(self, happened: list[bool], of: Sequence[Reading] | Sequence[Pair]) -> Share:
        return share_of_pairs(happened, [one.item for one in of], [one.attack for one in of], self.confidence)

    def _scales(
        self, criterion: str
    ) -> tuple[Callable[[Answers], bool | None], Callable[[Answers], float | None]]:
        """How an answer is good, and what number it is."""
        if criterion == ITEM_PASSES:
            return self.rubric.passes, lambda answers: _as_number(self.rubric.passes(answers))
        scale = self.rubric.criterion(criterion).scale

        def good(answers: Answers) -> bool | None:
            return (
                answers[criterion] in scale.good_values
                if criterion in answers and scale.good_values
                else None
            )

        def number(answers: Answers) -> float | None:
            return scale.number(answers[criterion]) if criterion in answers else None

        return good, number

    def _has_good(self, criterion: str) -> bool:
        """Does the scale itself say which answers are good?"""
        return criterion != ITEM_PASSES and bool(self.rubric.criterion(criterion).scale.good_values)

    def _leaning(self, criterion: str) -> Callable[[Reading], float | None]:
        """Of the whole item there is none: probabilities of its criteria do not multiply."""
        if criterion == ITEM_PASSES:
            return lambda reading: None
        scale = self.rubric.criterion(criterion).scale
        return lambda reading: leaning_to(scale, reading.probabilities.get(criterion, {}))


def _grouped(pairs: Iterable[Pair], by: Grouping) -> Iterable[tuple[str, list[Pair]]]:
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        whole = CONTROL if pair.kind == CONTROL else ATTACKS
        name = {"all": whole, "kind": pair.kind, "attack": pair.attack}[by]
        groups.setdefault(name, []).append(pair)
    return groups.items()


def _as_number(passes: bool | None) -> float | None:
    return None if passes is None else float(passes)
