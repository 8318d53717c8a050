"""From what an SOP says about sampling to what a draw needs."""

from auditing.sampling.drawing import Parameters
from auditing.sops.schema import SopSpec

USES_FIELD = ("stratified", "pps")
USES_STRATA = ("stratified", "two-phase")


def parameters_of(sop: SopSpec) -> Parameters:
    """The judge sample is never smaller than the human sample that it contains.

    `human: 0` is allowed where labels are imported: then every drawn item is in the human sample, and what has
    no label counts as missing.
    """
    sampling = sop.sampling
    return Parameters(
        method=sampling.method,
        by=sampling.by if sampling.method in USES_FIELD else "",
        allocation=sampling.allocation if sampling.method in USES_STRATA else "",
        judge_size=None if sampling.judge == "all" else max(sampling.judge, sampling.human),
        human_size=sampling.human or None,
        overlap=sampling.overlap,
        opinions=sampling.opinions,
        minimum=sampling.minimum,
        strata=sampling.strata if sampling.method == "two-phase" else 0,
        tau=sampling.tau if sampling.method == "active" else 0.0,
    )
