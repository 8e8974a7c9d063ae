"""Addresses in the settings of the portal."""

import pytest

from pipelines.config.portal_address import public_url


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
