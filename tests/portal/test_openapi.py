"""The OpenAPI document that the front end's types are generated from."""

from portal.openapi import openapi_document

REQUESTS = {"CalibrationRequest", "ControlPointEntry"}
"""Models of request bodies: their fields may be left out."""


def test_two_documents_are_equal() -> None:
    assert openapi_document() == openapi_document()


def test_every_field_of_a_response_is_required() -> None:
    schemas = openapi_document()["components"]["schemas"]
    optional = {
        f"{name}.{field}"
        for name, schema in schemas.items()
        if name not in REQUESTS
        for field in schema.get("properties", {})
        if field not in schema.get("required", ())
    }
    assert optional == set()
