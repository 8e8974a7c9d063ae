"""Every condition has its cause, and those without analysis have one."""

from pipelines.events.condition import Condition
from pipelines.events.condition_cause import CAUSE_OF, VANISHED
from pipelines.events.condition_status import STATUS_OF
from pipelines.events.schema import CameraStatus


def test_every_condition_is_mapped_and_each_without_analysis_has_a_cause() -> None:
    assert set(CAUSE_OF) == set(Condition)
    analysed = (CameraStatus.ONLINE, CameraStatus.DEGRADED)
    assert [code for code, cause in CAUSE_OF.items() if cause is None and STATUS_OF[code] not in analysed] == []


def test_a_stream_that_vanished_is_offline() -> None:
    assert {STATUS_OF[condition] for condition in VANISHED} == {CameraStatus.OFFLINE}
