"""The endpoint behind the simulated judges: it reads the truth off each item and errs as planned."""

import socket
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from auditing.demo.cast import PERSONAS, SEED
from auditing.demo.invoices import is_invoice, truth_of
from judges.probes.questions import CORRECT, WRONG_ANSWERS
from judges.simulator import Simulator

WRONGLY_ANSWERED = frozenset(subject.payload["input"] for subject in WRONG_ANSWERS)
LATENCY = 0.02  # seconds a call: enough to see a run move


def oracle(payload: Mapping[str, Any]) -> Mapping[str, str]:
    """The truth of an invoice; of Dokima's plainly wrong answers that they are wrong; of other text none is planted.

    Where none is planted, the simulated endpoint draws one from the text itself.
    """
    if payload.get("input") in WRONGLY_ANSWERED:
        return {CORRECT.key: "no"}
    return truth_of(payload) if is_invoice(payload) else {}


def simulator(*, port: int = 0, latency: float = LATENCY) -> Simulator:
    return Simulator(PERSONAS, oracle=oracle, seed=SEED, port=port, latency=latency)


def base_url() -> str:
    """Where `simulate_endpoint` serves in this home."""
    return f"http://127.0.0.1:{remembered_port()}/v1"


def remembered_port() -> int:
    """A port that was free when first asked for, kept so that the stored endpoint stays true."""
    path = settings.DOKIMA_HOME / "simulator.port"
    if not path.exists():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            path.write_text(str(probe.getsockname()[1]), encoding="utf-8")
    return int(path.read_text(encoding="utf-8"))
