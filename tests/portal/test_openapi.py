"""The OpenAPI document, from which the types of the front end are generated."""

import json

import pytest

from analytics.facts import LEVEL_ORDER, Level
from portal.openapi import openapi_document

REQUESTS = {"CalibrationRequest", "ControlPointEntry", "SignIn", "StepRequest"}
"""Models of request bodies: their fields may be left out."""

SPARSE = {"ConditionDetails"}
"""Models of responses that leave out the fields that do not apply."""


def test_two_documents_are_equal() -> None:
    assert openapi_document() == openapi_document()


def test_every_field_of_a_response_is_required() -> None:
    schemas = openapi_document()["components"]["schemas"]
    optional = {
        f"{name}.{field}"
        for name, schema in schemas.items()
        if name not in REQUESTS | SPARSE
        for field in schema.get("properties", {})
        if field not in schema.get("required", ())
    }
    assert optional == set()


def test_levels_stand_in_the_order_of_severity() -> None:
    """The front end takes its order of the levels from the generated type."""
    assert openapi_document()["components"]["schemas"]["Level"]["enum"] == [*LEVEL_ORDER, Level.UNKNOWN]


def test_every_route_of_the_api_is_described(anonymous):
    description = anonymous.get("/openapi.json", timeout=30).json()  # its first answer takes seconds of CPU
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path} has no description"
            for status, answer in operation["responses"].items():
                for content in answer.get("content", {}).values() if status >= "4" else ():
                    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, f"{method} {path} {status}"
    assert {"/api/cameras", "/api/stream", "/api/history.csv", "/live/{camera_id}/{file}"} <= set(description["paths"])
    assert "s3cret" not in json.dumps(description)


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_documentation_pages_with_foreign_scripts_are_off(anonymous, path):
    assert anonymous.get(path).status_code == 404
