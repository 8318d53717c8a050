import pytest

from judges.architectures.consistency import SelfConsistency
from judges.contracts import Outcome
from judges.simulator import Persona, Simulator
from tests.judges.bench import put, put_all, spec, subjects

JUDGE = SelfConsistency(spec(temperature=0.8), 5)


def test_samples_are_told_apart_and_counted():
    with Simulator({"simulated": Persona(skill=0.6)}, oracle=lambda _: {"correct": "yes"}) as simulator:
        found = put_all(simulator, JUDGE, subjects(30))
    shares = {judgement.answers[0].probability for judgement in found}
    assert shares <= {0.6, 0.8, 1.0}
    assert len(shares) > 1
    assert [call.role for call in found[0].calls] == [f"sample {n}" for n in range(1, 6)]


def test_requests_differ_by_replicate_and_by_a_seed_that_is_set():
    requests = SelfConsistency(spec(temperature=0.8, seed=7), 3).opening(subjects(1)[0])
    assert [request.replicate for request in requests] == [0, 1, 2]
    assert [request.parameters["seed"] for request in requests] == [7, 8, 9]
    assert len({request.digest() for request in JUDGE.opening(subjects(1)[0])}) == 5


def test_the_shares_are_probabilities():
    with Simulator({"simulated": Persona(skill=1.0)}, oracle=lambda _: {"helpful": 4}) as simulator:
        _, helpful = put(simulator, JUDGE).answers
    assert (helpful.value, helpful.probabilities) == ("4", {"4": 1.0})
    assert len(helpful.details["votes"]) == 5


def test_the_endpoint_down_is_no_vote():
    with Simulator({"other": Persona()}) as simulator:
        judgement = put(simulator, JUDGE)
    assert {answer.outcome for answer in judgement.answers} == {Outcome.INFRA_FAILED}


@pytest.mark.parametrize(("changes", "samples"), [({"temperature": 0.0}, 5), ({"temperature": 1.0}, 1)])
def test_samples_that_could_not_differ_are_refused(changes, samples):
    with pytest.raises(ValueError, match="self-consistency"):
        SelfConsistency(spec(**changes), samples)
