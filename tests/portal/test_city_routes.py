"""Name and settings of the city, and the health check."""


def test_city_is_as_configured(anonymous):
    city = anonymous.get("/api/city").json()
    assert (city["name"], city["timezone"], city["centre"]) == ("Batam", "Asia/Jakarta", {"lat": 1.13, "lon": 104.05})
    assert city["classes"] == ["car", "motorcycle", "bus", "truck", "bicycle", "person"]


def test_health_check_answers(anonymous):
    assert anonymous.get("/healthz").json() == {"status": "ok"}
