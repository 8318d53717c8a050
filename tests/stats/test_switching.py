import pytest

from auditing.stats.acceptance import single_plan, switch, switching_path
from auditing.stats.switching import InspectedLot, SwitchingState, switch_iso, switching_score
from tests.stats.reference import cases

GOOD = InspectedLot(accepted=True, accept_number=3, accepted_tighter=True)
FAIR = InspectedLot(accepted=True, accept_number=3, accepted_tighter=False)
BAD = InspectedLot(accepted=False, accept_number=3)
SMALL = InspectedLot(accepted=True, accept_number=1)


@pytest.mark.parametrize("case", cases("aql_switching_sequence_Z1.4"))
def test_switching_reference(case):
    assert switch(case["inputs"]["start"], case["inputs"]["lots"]) == case["expected"]


@pytest.mark.parametrize("case", cases("aql_switching_ISO2859-1_1999"))
def test_each_clause_of_the_iso_rule(case):
    clauses = dict(part.split(" when ") for part in case["inputs"]["rule"].split("; ") if " when " in part)
    assert clauses["normal->reduced"] == "switching score>=30"
    assert switch_iso("normal", [GOOD] * 9) == SwitchingState("normal", 27, (True,) * 9)
    assert switch_iso("normal", [GOOD] * 10).state == "reduced"
    assert switch_iso("normal", [SMALL] * 14).state == "normal"
    assert switch_iso("normal", [SMALL] * 15).state == "reduced"
    assert clauses["tightened"] == "2 of <=5 not accepted"
    assert switch_iso("normal", [BAD, FAIR, FAIR, FAIR, BAD]).state == "tightened"
    assert switch_iso("normal", [BAD, FAIR, FAIR, FAIR, FAIR, BAD]).state == "normal"
    assert switch_iso("tightened", [FAIR] * 5).state == "normal"
    assert switch_iso("reduced", [GOOD, BAD]).state == "normal"
    assert switch_iso("tightened", [BAD, FAIR] * 4 + [BAD]).state == "discontinue"


def test_the_score_starts_again_without_margin():
    assert switching_score(27, FAIR) == 0
    assert switching_score(27, InspectedLot(accepted=False, accept_number=0)) == 0
    assert switch_iso("normal", [GOOD] * 9 + [FAIR] + [GOOD] * 9).state == "normal"


def test_one_step_tighter_is_the_next_aql():
    """Four errors pass at AQL 2.5 and not at 1.5: accepted, but the score starts again."""
    plan, tighter = single_plan(1000, 2.5), single_plan(1000, 1.5)
    errors = tighter.accept + 1
    lot = InspectedLot(errors <= plan.accept, plan.accept, errors <= tighter.accept)
    assert (lot.accepted, switching_score(9, lot)) == (True, 0)


def test_the_state_can_be_stored_and_taken_up_again():
    once = switch_iso("normal", [BAD, GOOD, GOOD])
    assert switch_iso(once, [BAD]).state == "tightened"
    assert once.to_dict() == {"state": "normal", "score": 6, "streak": [False, True, True]}


def test_reduced_inspection_ends_at_a_reject_or_a_marginal_lot():
    assert switching_path("reduced", "AAM") == ("reduced", "reduced", "normal")
    assert switch("reduced", "AR") == "normal"


def test_two_rejects_far_apart_keep_inspection_normal():
    assert switch("normal", "RAAAAR") == "normal"


def test_discontinued_stays_so_until_someone_restarts_it():
    assert switch("discontinue", "AAAAAAAAAA") == "discontinue"
    assert switch_iso("discontinue", [GOOD]).state == "discontinue"
    assert switch("normal", "") == "normal"


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: switch("normal", "AX"), "unknown result 'X'"),
        (lambda: switch("relaxed", "A"), "unknown state"),
        (lambda: switch("relaxed", ""), "unknown state"),
        (lambda: switch_iso("relaxed", []), "unknown state"),
    ],
)
def test_what_the_rules_do_not_know_is_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()
