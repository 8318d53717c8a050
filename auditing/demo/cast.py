"""Who is who in the demonstration: people, vendors and simulated judges, with their planted skill."""

from dataclasses import dataclass
from datetime import date

from auditing.accounts.roles import Role
from judges.simulator import Persona

COLLECTION = "Invoice extraction (simulated)"
SEED = 20260401
ITEMS_A_BATCH = 120


@dataclass(frozen=True)
class Person:
    username: str
    name: str
    role: str
    skill: float = 1.0  # chance of the true answer to a criterion
    bias: float = 0.0  # leniency, from -1 to 1 (see judges.simulator.Persona)
    vendor: str = ""


PEOPLE = (
    Person("admin", "Ada Admin", Role.ADMIN),
    Person("lead", "Lena Lead", Role.LEAD),
    Person("auditor", "Amir Haddad", Role.AUDITOR, skill=0.97),
    Person("beatriz", "Beatriz Lima", Role.AUDITOR, skill=0.98),
    Person("chidi", "Chidi Okafor", Role.AUDITOR, skill=0.96),
    Person("dara", "Dara Walsh", Role.AUDITOR, skill=0.95),
    Person("emil", "Emil Novak", Role.AUDITOR, skill=0.93, bias=0.5),
    Person("freya", "Freya Lind", Role.AUDITOR, skill=0.92, bias=-0.5),
    Person("goro", "Goro Tanaka", Role.AUDITOR, skill=0.9),
    Person("hana", "Hana Kim", Role.AUDITOR, skill=0.85, bias=0.6),
    Person("vendor", "Vera Alder", Role.VENDOR, vendor="Alder Data"),
    Person("viewer", "Victor Viewer", Role.VIEWER),
)
AUDITORS = tuple(person for person in PEOPLE if person.role == Role.AUDITOR)


@dataclass(frozen=True)
class Vendor:
    """Share of items with a defect, month by month."""

    name: str
    defect_rates: tuple[float, ...]


VENDORS = (
    Vendor("Alder Data", (0.05, 0.05, 0.04)),
    Vendor("Birch Keying", (0.12, 0.11, 0.12)),
    Vendor("Cedar Works", (0.07, 0.09, 0.26)),  # gets worse in the third month
)
MONTHS = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))

PERSONAS = {
    "careful-simulated": Persona(skill=0.97),
    "lenient-simulated": Persona(skill=0.85, bias=0.8),
    "noisy-simulated": Persona(skill=0.75, noise=0.15),
}
JUDGES = {
    "careful-simulated": "Simulated. Gives the true answer 97 times in 100.",
    "lenient-simulated": "Simulated. Overlooks defects more often than it invents them.",
    "noisy-simulated": "Simulated. Often answers anything at all.",
}
