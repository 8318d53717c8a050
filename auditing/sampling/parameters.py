"""From what an SOP says about sampling to what a draw needs."""

from auditing.sampling.drawing import Parameters
from auditing.sops.schema import SopSpec


def parameters_of(sop: SopSpec) -> Parameters:
    """The judge sample is never smaller than the human sample that it contains.

    `human: 0` is allowed where labels are imported: then every drawn item is in the human sample, and what has
    no label counts as missing.
    """
    sampling = sop.sampling
    stratified = sampling.method == "stratified"
    return Parameters(
        method=sampling.method,
        by=sampling.by if stratified else "",
        allocation=sampling.allocation if stratified else "",
        judge_size=None if sampling.judge == "all" else max(sampling.judge, sampling.human),
        human_size=sampling.human or None,
        overlap=sampling.overlap,
        opinions=sampling.opinions,
    )
