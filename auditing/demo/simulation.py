"""The endpoint behind the simulated judges: it reads the truth off each item and errs as planned."""

import socket

from django.conf import settings

from auditing.demo.cast import PERSONAS, SEED
from auditing.demo.invoices import truth_of
from judges.simulator import Simulator

LATENCY = 0.02  # seconds a call: enough to see a run move


def simulator(*, port: int = 0, latency: float = LATENCY) -> Simulator:
    return Simulator(PERSONAS, oracle=truth_of, seed=SEED, port=port, latency=latency)


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
