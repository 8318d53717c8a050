"""Simulated judges: a local server that speaks the OpenAI protocol, with known skill, bias and faults.

Everything it answers is decided by a hash of the seed, the model, the item and the question, so the same
question always gets the same answer. It is no model, and must be marked *simulated* wherever it shows.
"""

from judges.simulator.faults import Faults
from judges.simulator.personas import Persona
from judges.simulator.server import Simulator

__all__ = ["Faults", "Persona", "Simulator"]
