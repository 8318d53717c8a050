"""The states of a delivery: a failed one keeps its file, so that the mapping can be corrected and tried again."""

from auditing.core.lifecycle import Lifecycle

DELIVERY = Lifecycle(
    name="a delivery",
    states=("uploaded", "queued", "importing", "imported", "failed"),
    moves={
        "queue": (("uploaded", "failed"), "queued"),
        "start": (("queued", "importing"), "importing"),  # once more after a worker died
        "finish": (("importing",), "imported"),
        "fail": (("queued", "importing"), "failed"),
    },
)
