"""How strictly a producer's batches are inspected, MIL-STD-105E 4.7 / Z1.4 section 8."""

from django.db import models

from auditing.core.lifecycle import Lifecycle


class InspectionState(models.TextChoices):
    NORMAL = "normal"
    TIGHTENED = "tightened"  # two of five consecutive batches were rejected
    REDUCED = "reduced"  # ten in a row were accepted
    DISCONTINUED = "discontinued"  # five were rejected under tightened inspection


S = InspectionState
INSPECTION = Lifecycle(
    name="an inspection",
    states=tuple(InspectionState.values),
    moves={
        "tighten": ((S.NORMAL,), S.TIGHTENED),
        "relax": ((S.TIGHTENED,), S.NORMAL),
        "reduce": ((S.NORMAL,), S.REDUCED),
        "restore": ((S.REDUCED,), S.NORMAL),
        "discontinue": ((S.TIGHTENED,), S.DISCONTINUED),
        "resume": ((S.DISCONTINUED,), S.TIGHTENED),
    },
)
VERBS = {(source, end): verb for verb, (sources, end) in INSPECTION.moves.items() for source in sources}
