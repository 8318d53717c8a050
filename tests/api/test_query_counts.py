"""Lists take as many queries for many rows as for few."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.asking import Program
from tests.cast import make_batch


def queries_for(program, batch):
    with CaptureQueriesContext(connection) as queries:
        answer = program.do("GET", f"/batches/{batch.pk}/items")
    assert len(answer.json()["items"]) == batch.item_count
    return len(queries)


def test_the_items_of_a_batch(lead, viewer, collection, producer):
    few, many = (make_batch(collection, lead, size=size, producer=producer) for size in (2, 20))
    for user in (lead, viewer):
        program = Program(user)
        program.do("GET", "/collections")  # a token's first use is written down
        assert queries_for(program, few) == queries_for(program, many)
