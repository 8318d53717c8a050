"""Few-shot examples must not be what is audited: a judge that has seen the answers audits nothing."""

from auditing.core.errors import Conflict
from auditing.datasets.models import Batch, Item
from auditing.judging.schema import JudgeSpec
from auditing.judging.schema.examples import ShownExample


def batch_label(batch: Batch) -> str:
    """A batch as examples name it: its collection's slug and its own name."""
    return f"{batch.collection.slug}/{batch.name}"


def refuse_own_examples(spec: JudgeSpec, batch: Batch) -> None:
    """Raise Conflict where an example of the judge is an item of the batch, or was drawn from it.

    What slips through because an item was delivered again under another id is left out item by item, as it is judged.
    """
    examples = [example for asked in spec.asked for example in asked.examples]
    for example in examples:
        if example.batch == batch_label(batch):
            raise _refusal(example, batch)
    named = {example.id: example for example in examples if example.id}
    for item in Item.objects.filter(batch=batch, external_id__in=named):
        if item.payload == named[item.external_id].payload:
            raise _refusal(named[item.external_id], batch)


def _refusal(example: ShownExample, batch: Batch) -> Conflict:
    return Conflict(
        f"The judge is shown {example.id or 'an item'} of {batch} as an example, with its answers: "
        "draw its examples from other batches and publish it anew."
    )
