"""Addresses in the settings of the portal."""

import pytest

from pipelines.config.portal_address import public_url, tile_server


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://kota.example.id", "https://kota.example.id"),
        (" HTTPS://kota.example.id/ ", "https://kota.example.id"),
        ("http://10.0.0.5:8080/lalin/kota/", "http://10.0.0.5:8080/lalin/kota"),
        ("https://[2001:db8::1]:8443/lalin", "https://[2001:db8::1]:8443/lalin"),
    ],
)
def test_address_is_kept_without_a_slash_at_its_end(given, kept):
    assert public_url(given) == kept


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("kota.example.id", "with its scheme"),
        ("kota.example.id:8080/lalin", "with its scheme"),
        ("ftp://kota.example.id", "with its scheme"),
        ("https://", "with its scheme"),
        ("https://kota.example.id:port", "with its scheme"),
        ("https://[kota", "with its scheme"),
        ("https://user:secret@kota.example.id", "without a user"),
        ("https://kota.example.id/?x=1", "without a user"),
        ("https://kota.example.id/#/", "without a user"),
        ("https://kota.example.id/a b", "letters, digits"),
        ("https://kota.example.id//lalin", "letters, digits"),
        ("https://kota.example.id/../lalin", "letters, digits"),
        ("https://kota.example.id/live", "another path"),
    ],
)
def test_other_address_is_refused_with_advice(given, advice):
    with pytest.raises(ValueError, match=advice) as refusal:
        public_url(given)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://tile.example.org/{z}/{x}/{y}.mvt?key=1",
        "/tiles/{z}/{x}/{y}.pbf",
        "https://{s}.tile.example.org/{z}/{x}/{-y}{r}.png",
    ],
)
def test_a_tile_server_that_the_map_can_request_is_kept(address):
    assert tile_server(address) == address


@pytest.mark.parametrize(
    ("address", "unknown"),
    [
        ("https://{s}.tile.example.org/{z}/{x}/{y}.mvt", "{s}"),
        ("https://tile.example.org/{z}/{x}/{-y}.pbf", "{-y}"),
        ("https://tile.example.org/{z}/{x}/{y}{r}.pbf?key={key}", "{key}, {r}"),
    ],
)
def test_a_vector_address_with_other_parts_is_refused_with_advice(address, unknown):
    with pytest.raises(ValueError, match=f"replace {unknown}: vector tiles"):
        tile_server(address)
