"""From what an SOP says about sampling to what a draw needs."""

from auditing.sampling.drawing import Parameters
from auditing.sops.schema import SopSpec


def parameters_of(sop: SopSpec) -> Parameters:
    sampling = sop.sampling
    stratified = sampling.method == "stratified"
    return Parameters(
        method=sampling.method,
        by=sampling.by if stratified else "",
        allocation=sampling.allocation if stratified else "",
        judge_size=None if sampling.judge == "all" else int(sampling.judge),
        human_size=sampling.human,
        overlap=sampling.overlap,
        opinions=sampling.opinions,
    )
