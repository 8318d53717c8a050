"""Blindness is a phase of the audit, decided here and nowhere else."""

from enum import StrEnum

from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit


class Phase(StrEnum):
    INDEPENDENT = "independent"  # each reviewer knows her own opinion only, and may still change it
    CONSOLIDATING = "consolidating"  # opinions are fixed and side by side, for a lead to rule on
    COMPLETE = "complete"  # opinions and rulings are a matter of record


_PHASE_OF_STATE = {
    AuditState.OPENED: Phase.INDEPENDENT,
    AuditState.DRAWN: Phase.INDEPENDENT,
    AuditState.COLLECTING: Phase.INDEPENDENT,
    AuditState.RULING: Phase.CONSOLIDATING,
    AuditState.ESTIMATED: Phase.CONSOLIDATING,
    AuditState.DECIDED: Phase.COMPLETE,
    AuditState.CANCELLED: Phase.COMPLETE,
}
INDEPENDENT_STATES = [state for state, phase in _PHASE_OF_STATE.items() if phase is Phase.INDEPENDENT]


def phase(audit: Audit) -> Phase:
    return _PHASE_OF_STATE[AuditState(audit.state)]
