"""From trials to what their pages show."""

from collections.abc import Iterable
from dataclasses import dataclass

from auditing.judging.models import Trial, TrialState
from auditing.judging.trials import TrialProgress, trial_progress
from auditing.metaaudit.leanings import FenceEffect
from auditing.metaaudit.lifts import ATTACKS, Grouping, Lift, Probed
from auditing.metaaudit.pairs import CONTROL
from auditing.metaaudit.playground import Tally
from auditing.metaaudit.probes import CARELESS, FENCED, probed
from auditing.web.judging.presenters import Figure, money, spent_words

LEANING_WORDS = (
    "Lift in probability is what a text added to the judge's own probability of the good verdict, or to the level "
    "it expects, beyond what harmless texts added to the same items (for these themselves: what they added); "
    "log-odds say it where the judge was almost certain."
)


@dataclass(frozen=True)
class LiftRow:
    """One group of texts on one criterion: with the fence, and without where that was asked."""

    criterion: str
    group: str
    is_control: bool
    fenced: Lift | None
    careless: Lift | None

    @property
    def arms(self) -> tuple[Lift | None, Lift | None]:
        return self.fenced, self.careless

    @property
    def unscored(self) -> int:
        """Pairs without a usable answer, in both ways of asking."""
        return sum(lift.unscored for lift in self.arms if lift)


def lift_rows(seen: Probed, by: Grouping) -> list[LiftRow]:
    """In the order of the rubric; the harmless texts last."""
    found: dict[tuple[str, str], dict[str, Lift]] = {}
    controls = {one.attack for one in seen.readings if one.kind == CONTROL} | {CONTROL}
    for one in seen.lifts(by):
        found.setdefault((one.criterion, one.group), {})[FENCED if one.fenced else CARELESS] = one
    rows = [
        LiftRow(criterion, group, group in controls, arms.get(FENCED), arms.get(CARELESS))
        for (criterion, group), arms in found.items()
    ]
    order = {key: place for place, key in enumerate(seen.criteria)}
    return sorted(rows, key=lambda row: (order[row.criterion], row.is_control))


def has_leanings(rows: "Iterable[LiftRow | ProbeLine]") -> bool:
    """Did the judge give probabilities anywhere? Without any the column is left out."""
    return any(lift.leaning for row in rows for lift in row.arms if lift)


def lift_hint(rows: Iterable[LiftRow], effects: Iterable[FenceEffect]) -> str:
    """What the columns say, and what the fence comes to."""
    said = (
        "A flip is a bad answer that the judge called bad before, and good with the text. "
        "Change is in the scale's own units."
    )
    return " ".join([said, LEANING_WORDS, *map(str, effects)]) if has_leanings(rows) else said


@dataclass(frozen=True)
class ProbeLine:
    """A probe in a judge's list of probes, with the lift on its first criterion."""

    trial: Trial
    progress: TrialProgress
    spent: str
    fenced: Lift | None
    careless: Lift | None

    @property
    def arms(self) -> tuple[Lift | None, Lift | None]:
        return self.fenced, self.careless


def probe_lines(trials: Iterable[Trial]) -> list[ProbeLine]:
    return [_line(trial) for trial in trials]


def _line(trial: Trial) -> ProbeLine:
    so_far = trial_progress(trial)
    rows = lift_rows(probed(trial), "all") if trial.state != TrialState.UNDER_WAY else []
    row = next((row for row in rows if row.group == ATTACKS), None)
    fenced, careless = row.arms if row else (None, None)
    return ProbeLine(trial, so_far, money(so_far.spent), fenced, careless)


def tiles(trial: Trial, counted: Tally) -> list[Figure]:
    """What a playground comes to."""
    so_far = trial_progress(trial)
    agrees = f"{counted.compared - counted.differing:,} of {counted.compared:,}" if counted.compared else "–"
    right = f"{counted.right:,} of {counted.ruled:,}" if counted.ruled else "–"
    return [
        Figure("As published", agrees, "answers equal to the published version's"),
        Figure("As ruled", right, "answers equal to the ruling" if counted.ruled else _unruled(so_far)),
        Figure("Unscored", f"{counted.unscored:,}", "no usable answer", "warn" if counted.unscored else ""),
        Figure(
            "Spent", spent_words(so_far.spent, so_far.tokens), f"{so_far.tokens:,} tokens, {_asked(so_far)}"
        ),
    ]


def _unruled(so_far: TrialProgress) -> str:
    return "no answered item has a ruling" if so_far.done else "nothing was answered"


def _asked(so_far: TrialProgress) -> str:
    failed = f", {so_far.failed:,} failed" if so_far.failed else ""
    return f"{so_far.done:,} of {so_far.total:,} answers{failed}"
