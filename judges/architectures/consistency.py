"""One model asked several times: what it says most often, and how often it says it."""

from judges.architectures.asker import Asker, all_at_once
from judges.combining import Combine, Vote, combine, has_numbers
from judges.contracts import Judgement, JudgeSpec, Provider, Question, Request, Subject, digest_of
from judges.scales import NumericScale


class SelfConsistency:
    """Asks `samples` times with a temperature above 0; the shares of the votes are the probabilities.

    More than half of the samples must be scored. On a numeric scale the median is the answer.
    """

    def __init__(self, spec: JudgeSpec, samples: int) -> None:
        if samples < 2:
            raise ValueError(f"self-consistency takes at least 2 samples, not {samples}")
        if spec.temperature == 0:
            raise ValueError("self-consistency needs a temperature above 0: at 0 every sample is the same")
        self.spec, self.samples = spec, samples
        self._asker = Asker(spec)

    @property
    def questions(self) -> tuple[Question, ...]:
        return self._asker.questions

    def fingerprint(self) -> str:
        return digest_of(["self_consistency", self.samples, self.spec.fingerprint()])

    def opening(self, subject: Subject) -> list[Request]:
        return [
            self._asker.request(subject, role=f"sample {number + 1}", replicate=number)
            for number in range(self.samples)
        ]

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        requests = self.opening(subject)
        samples, calls = await all_at_once(self._asker.answer(request, provider) for request in requests)
        answers = []
        for place, question in enumerate(self.questions):
            votes = [
                Vote(request.role, sample[place]) for request, sample in zip(requests, samples, strict=True)
            ]
            answers.append(combine(question, votes, _rule(question), self.samples // 2 + 1))
        return Judgement(subject.item_id, tuple(answers), calls)


def _rule(question: Question) -> Combine:
    is_measured = has_numbers(question) and isinstance(question.scale, NumericScale)
    return "median" if is_measured else "majority"
