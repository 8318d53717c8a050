"""The states of a delivery: a failed one keeps its file, so that the mapping can be corrected and tried again."""

from auditing.core.lifecycle import Lifecycle

DELIVERY = Lifecycle(
    name="a delivery",
    states=("uploaded", "queued", "importing", "imported", "failed"),
    moves={
        "queue": (("uploaded", "failed"), "queued"),
        # once more after a worker died: the same file is the same batch
        "start": (("queued", "importing"), "importing"),
        "finish": (("importing",), "imported"),
        "fail": (("queued", "importing"), "failed"),
    },
)
