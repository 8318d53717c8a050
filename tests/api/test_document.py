"""The OpenAPI document: complete, and true."""

import json

from auditing.api.urls import api


def test_it_can_be_written():
    document = json.loads(json.dumps(api.get_openapi_schema()))
    assert document["info"]["title"] == "Dokima"
    assert len(document["paths"]) > 40
