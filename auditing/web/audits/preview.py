"""What an audit would do, before it is opened: sizes, how sure it will be, and what it costs."""

from dataclasses import dataclass, replace
from decimal import Decimal

from auditing.audits.models import Audit
from auditing.datasets.models import Batch
from auditing.estimation.inspecting import size_by_tables
from auditing.judging.estimating import CostEstimate, cost_estimate
from auditing.sampling.drawing import Guide, Sample, draw_humans, draw_units, tally
from auditing.sampling.frame import Frame, frame_of
from auditing.sampling.parameters import parameters_of
from auditing.sops.models import SopVersion
from auditing.sops.schema import SopSpec
from auditing.stats.planning import expected_width
from auditing.web.audits.presenters import StratumRow

EXPECTED_SHARE = 0.9  # a pass rate of 90 %, a width to go by where nothing is known yet


@dataclass(frozen=True)
class Preview:
    frame_size: int
    judge_size: int
    human_size: int
    reviews: int
    strata: list[StratumRow]
    confidence: float
    half_width: float
    expected_share: float
    judges: list[CostEstimate]

    @property
    def cost(self) -> Decimal | None:
        """The sum, if every judge's price is known."""
        costs = [judge.cost for judge in self.judges]
        return None if None in costs else sum((cost for cost in costs if cost is not None), Decimal())


def preview(batch: Batch, version: SopVersion) -> Preview:
    """Draw once with any seed: sizes and strata do not depend on it. Raises BadInput when it cannot be drawn, Conflict
    where the producer's inspection is discontinued."""
    sop = version.spec
    parameters = parameters_of(sop)
    if sop.acceptance and sop.acceptance.rule == "aql":
        parameters = parameters.with_humans(size_by_tables(batch, sop.acceptance))
    frame = frame_of(batch, by=parameters.strata_by, size_by=parameters.size_by)
    sample = draw_units(frame.ids, frame.strata, parameters, seed=0, guide=Guide(sizes=frame.sizes))
    if parameters.waits_for_judges:
        sample = replace(sample, units=draw_humans(sample.units, parameters, seed=0))
    confidence = sop.acceptance.confidence if sop.acceptance else 0.95
    width = expected_width(sample.human_size, EXPECTED_SHARE, confidence, len(frame.ids))
    return Preview(
        frame_size=len(frame.ids),
        judge_size=len(sample.units),
        human_size=sample.human_size,
        reviews=_reviews(sop, sample),
        strata=[StratumRow(*row) for row in tally(_strata(frame), sample.units)],
        confidence=confidence,
        half_width=width / 2,
        expected_share=EXPECTED_SHARE,
        judges=cost_estimate(Audit(batch=batch, sop_version=version)),
    )


def _strata(frame: Frame) -> dict[str, str]:
    return dict(zip(frame.ids, frame.strata or [""] * len(frame.ids), strict=True))


def _reviews(sop: SopSpec, sample: Sample) -> int:
    """None are asked for where labels are imported."""
    return 0 if sop.labels.source == "imported" else sum(unit.opinions for unit in sample.units)
