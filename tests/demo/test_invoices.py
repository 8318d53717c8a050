"""The demonstration's items carry their own truth."""

import json

import numpy as np
import pytest

from auditing.core import yaml_text
from auditing.demo.cast import MONTHS, VENDORS
from auditing.demo.deliveries import rows
from auditing.demo.invoices import FIELDS, extraction, invoice, read_invoice, truth_of
from auditing.demo.world import definition
from auditing.rubrics.schema import RubricSpec

SPEC = RubricSpec.from_content(yaml_text.read(definition("invoice-extraction.yaml")))


def paper(seed=1):
    return invoice(np.random.default_rng(seed), MONTHS[0])


@pytest.mark.parametrize("seed", range(20))
def test_an_invoice_reads_back_as_what_stands_on_it(seed):
    assert read_invoice(paper(seed).text()) == paper(seed).fields()


def test_a_perfect_extraction_is_true_in_everything():
    truth = truth_of({"input": paper().text(), "output": json.dumps(paper().fields())})
    assert truth == {"total_correct": "yes", "completeness": "3", "errors": "[]"}
    assert SPEC.passes(truth) is True


def test_a_wrong_total_is_a_critical_error_and_fails_the_item():
    keyed = paper().fields() | {"total": "0.01"}
    truth = truth_of({"input": paper().text(), "output": keyed})
    assert truth["total_correct"] == "no"
    assert json.loads(truth["errors"])[0]["severity"] == "critical"
    assert SPEC.passes(truth) is False


@pytest.mark.parametrize("missing", FIELDS)
def test_a_missing_field_is_counted(missing):
    keyed = {name: value for name, value in paper().fields().items() if name != missing}
    truth = truth_of({"input": paper().text(), "output": keyed})
    assert truth["completeness"] == "2"
    assert json.loads(truth["errors"])[0]["category"] == "missing field"


def test_the_planted_defect_rate_is_what_is_found():
    random = np.random.default_rng(3)
    found = 0
    for _ in range(2000):
        one = invoice(random, MONTHS[0])
        truth = truth_of({"input": one.text(), "output": extraction(random, one, 0.2)})
        found += truth["errors"] != "[]"
    assert found / 2000 == pytest.approx(0.2, abs=0.03)


def test_every_answer_is_on_its_scale():
    for row in rows(VENDORS[1], 0):
        for key, value in truth_of(row).items():
            assert SPEC.criterion(key).scale.canonical(value) == value


def test_deliveries_are_the_same_at_every_call():
    assert rows(VENDORS[0], 1) == rows(VENDORS[0], 1)
    assert rows(VENDORS[0], 1) != rows(VENDORS[0], 2)
