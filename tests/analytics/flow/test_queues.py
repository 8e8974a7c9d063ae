import pytest

from analytics.flow.queues import Queue, longest_queue


@pytest.mark.parametrize(
    ("name", "along", "lengths", "queue"),
    [
        ("nobody stands", [], [], Queue(0, 0.0)),
        ("one car", [50.0], [4.6], Queue(1, 4.6)),
        ("three in a row, in any order", [14.0, 0.0, 7.0], [4.0, 4.0, 4.0], Queue(3, 18.0)),
        ("side by side in two lanes", [10.0, 10.5], [4.0, 4.0], Queue(2, 4.5)),
        ("two queues: the one with more vehicles", [0.0, 100.0, 106.0], [4.0, 4.0, 4.0], Queue(2, 10.0)),
        ("a bus at the end reaches further back", [0.0, 8.0], [12.0, 4.0], Queue(2, 20.0)),
    ],
)
def test_longest_queue(name, along, lengths, queue):
    found = longest_queue(along, lengths)
    assert (found.vehicles, found.metres) == (queue.vehicles, pytest.approx(queue.metres)), name
