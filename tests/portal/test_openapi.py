"""The OpenAPI document that the front end's types are generated from."""

from analytics.facts import LEVEL_ORDER, Level
from portal.openapi import openapi_document

REQUESTS = {"CalibrationRequest", "ControlPointEntry"}
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
