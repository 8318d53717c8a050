"""Every architecture by the name that a judge's content gives it; its class is loaded when first asked for."""

from typing import Any

from django.utils.module_loading import import_string

from auditing.core.errors import BadInput
from auditing.core.reading import Fields, unknown
from auditing.judging.schema.base import JudgeSpec

DEFAULT_ARCHITECTURE = "single"
KINDS = {
    "single": "auditing.judging.schema.single.SingleJudge",
    "decision": "auditing.judging.schema.decision.DecisionJudge",
    "learned": "auditing.judging.schema.learned.TrainedJudge",
    "panel": "auditing.judging.schema.panel.PanelJudge",
    "cascade": "auditing.judging.schema.cascade.CascadeJudge",
    "self_consistency": "auditing.judging.schema.self_consistency.SelfConsistencyJudge",
    "probability_weighted": "auditing.judging.schema.probability_weighted.ProbabilityWeightedJudge",
    "pairwise": "auditing.judging.schema.pairwise.PairwiseJudge",
    "critique_and_revise": "auditing.judging.schema.critique.CritiqueJudge",
    "debate": "auditing.judging.schema.debate.DebateJudge",
    "program": "auditing.judging.schema.program.ProgramJudge",
}


def read_judge(content: Any, path: str = "") -> JudgeSpec:
    """A judge from its content, at a path where it stands within another. Raises BadInput naming the field."""
    architecture = content.get("architecture") if isinstance(content, dict) else None
    kind = kind_named(
        architecture or DEFAULT_ARCHITECTURE, f"{path}.architecture" if path else "architecture"
    )
    return kind.read(Fields(content, path, ("architecture", *kind.keys)))


def kind_named(architecture: Any, path: str = "architecture") -> type[JudgeSpec]:
    """The class of an architecture. Raises BadInput when there is none of that name."""
    if architecture not in KINDS:
        raise BadInput(unknown("architecture", architecture, tuple(KINDS)), field=path)
    kind: type[JudgeSpec] = import_string(KINDS[architecture])
    return kind
