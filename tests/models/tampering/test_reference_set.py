"""References of one view for the times of the day."""

import numpy as np
import pytest

from models.tampering.config import DEFAULT_CONFIG
from models.tampering.image_stats import BlockStats, Grey, thumbnail
from models.tampering.monitor import ViewMonitor, ViewState
from models.tampering.reference_set import DAY_S, ReferenceSet
from models.tampering.reference_view import IDENTITY, ReferenceView
from tests.support.street import street

HOUR = 3600.0
NOON, MIDNIGHT = 12 * HOUR, DAY_S


def reference(shift: int = 0) -> ReferenceView:
    return ReferenceView.of([thumbnail(street(number, shift=shift)) for number in range(11)])


def at_night(number: int, shift: int = 0) -> Grey:
    """The street as infrared sees it: some of what was light is dark, and it is grainy."""
    day = street(number, shift=shift).astype(float)
    grain = np.random.default_rng(number).normal(0, 6, day.shape)
    return (30 + 40 * np.sin(day / 17) ** 2 + grain).clip(0, 255).astype(np.uint8)


def states(watch: ViewMonitor, begin: float, looks: int, picture) -> list[ViewState]:
    times = begin + DEFAULT_CONFIG.check_interval_s * np.arange(looks)
    return [watch.update(t, thumbnail(picture(number))).state for number, t in enumerate(times.tolist())]


def test_the_nearest_time_of_day_comes_first():
    references = ReferenceSet()
    for hour, shift in ((1, 1), (16, 16), (22, 22)):
        references.store(hour * HOUR, reference(shift))
    shape = (90, 160)
    for hour, shift in ((2, 1), (4, 1), (14, 16), (23, 22)):
        assert np.array_equal(next(references.nearest(hour * HOUR, shape)).image, reference(shift).image)
    references.by_time_of_day.pop(7)
    assert np.array_equal(next(references.nearest(23 * HOUR, shape)).image, reference(1).image), "around midnight"
    assert references.has_time_of_day(17 * HOUR, shape)
    assert not references.has_time_of_day(20 * HOUR, shape)
    assert not list(references.nearest(NOON, (120, 160))), "a stream of another shape is another view"


def test_a_stored_reference_does_not_change():
    references, kept = ReferenceSet(), reference()
    references.store(NOON, kept)
    kept.image += 50
    assert next(references.nearest(NOON, kept.image.shape)).image.mean() == pytest.approx(kept.image.mean() - 50, abs=1)


def test_a_drifting_reference_is_moved_back():
    references, mature = ReferenceSet(), reference()
    mature.updates = 1000
    references.store(NOON, mature)
    astray = references.store(NOON + 120, reference(shift=2))
    inner = np.s_[10:-10, 10:-10]
    before, after = (np.abs(each.image - mature.image)[inner].mean() for each in (reference(shift=2), astray))
    assert after < before / 3
    assert np.array_equal(references.by_time_of_day[4].image, mature.image), "what is right stays"


def test_a_reference_that_no_longer_agrees_is_replaced():
    references, mature = ReferenceSet(), reference()
    mature.updates = 1000
    references.store(NOON, mature)
    rebuilt = ReferenceView.of([thumbnail(np.ascontiguousarray(street(number)[:, ::-1])) for number in range(11)])
    references.store(NOON + 120, rebuilt)
    assert np.array_equal(references.by_time_of_day[4].image, rebuilt.image)


@pytest.mark.slow
def test_hours_of_wind_cause_no_drift():
    """Hours of small movements to and fro: what is learned stays where it was learned first."""
    watch, wind = ViewMonitor(), np.random.default_rng(1).integers(-3, 4, 4000)
    assert set(states(watch, NOON, 4000, lambda number: street(number, shift=int(wind[number])))) == {ViewState.OK}
    still = thumbnail(street(1))
    found = watch._reference.align(still, BlockStats.of(still.astype(np.float32)), IDENTITY)
    assert found.displacement((160, 90)) < 0.5


def test_arrays_and_back():
    references = ReferenceSet()
    references.store(NOON, reference())
    again = ReferenceSet.from_arrays(references.to_arrays())
    (one,), (other,) = references.by_time_of_day.values(), again.by_time_of_day.values()
    assert np.abs(one.image - other.image).max() <= 0.5
    assert np.array_equal(one.anchor_blocks, other.anchor_blocks)
    assert one.recognition_rate == other.recognition_rate


def test_arrays_that_do_not_belong_together_are_refused():
    references = ReferenceSet()
    references.store(NOON, reference())
    arrays = references.to_arrays()
    for name, wrong in (("fineness_4", np.zeros(3)), ("picture_4", np.zeros((3, 3, 3)))):
        with pytest.raises(ValueError, match=r"\d"):
            ReferenceSet.from_arrays({**arrays, name: wrong})
    with pytest.raises(KeyError):
        ReferenceSet.from_arrays({"picture_4": arrays["picture_4"]})


@pytest.mark.slow
def test_a_sudden_change_between_day_and_night_is_no_fault():
    watch = ViewMonitor()
    assert set(states(watch, NOON, 60, street)) == {ViewState.OK}
    assert set(states(watch, NOON + 200, 200, at_night)) == {ViewState.OK}
    assert set(states(watch, NOON + 800, 60, street)) == {ViewState.OK}
    assert states(watch, NOON + 1000, 20, lambda k: street(k, shift=20))[-1] is ViewState.MOVED


@pytest.mark.slow
def test_a_restart_at_night_accepts_the_view_of_the_day():
    by_day = ViewMonitor()
    states(by_day, NOON, 120, street)
    assert set(states(ViewMonitor(by_day.references), MIDNIGHT, 60, at_night)) == {ViewState.OK}


@pytest.mark.slow
def test_a_camera_turned_by_night_and_restarted_is_reported_at_day():
    by_day = ViewMonitor()
    states(by_day, NOON, 120, street)
    watch = ViewMonitor(by_day.references)
    states(watch, MIDNIGHT, 60, lambda k: at_night(k, shift=20))
    later = states(watch, MIDNIGHT + 8 * HOUR, 120, lambda k: street(k, shift=20))
    assert later[-1] is ViewState.MOVED
    assert len(by_day.references.by_time_of_day) == 1, "what is not known to be in place is not kept"
