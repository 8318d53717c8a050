"""Agreement between raters: tables, raw agreement and coefficients corrected for chance.

>>> cohen_kappa(["yes", "yes", "no", "no"], ["yes", "no", "no", "no"]).value
0.5
"""

from auditing.stats.agreement.alpha import krippendorff_alpha
from auditing.stats.agreement.bands import AgreementBand, agreement_band
from auditing.stats.agreement.coding import Confusion, confusion
from auditing.stats.agreement.coefficients import Coefficient
from auditing.stats.agreement.icc import icc
from auditing.stats.agreement.many import brennan_prediger, conger_kappa, fleiss_kappa, gwet_ac
from auditing.stats.agreement.pairs import cohen_kappa, raw_agreement

__all__ = [
    "AgreementBand",
    "Coefficient",
    "Confusion",
    "agreement_band",
    "brennan_prediger",
    "cohen_kappa",
    "confusion",
    "conger_kappa",
    "fleiss_kappa",
    "gwet_ac",
    "icc",
    "krippendorff_alpha",
    "raw_agreement",
]
