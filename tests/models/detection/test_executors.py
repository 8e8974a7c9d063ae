"""What waits goes together, nothing waits to fill a batch, and every picture gets its own answer."""

from threading import Event, Lock

import numpy as np
import pytest

from analytics.detections import Detections
from models.detection.executors import DynamicBatcher
from tests.support.servers import wait_until


def finding(number):
    """One box at x = number."""
    box = np.array([[number, 0, number + 1, 1]], dtype=np.float32)
    return Detections(box, np.ones(1, np.float32), np.zeros(1, np.int64))


class Gate:
    """A network that processes a batch once it is released, and records the batches."""

    def __init__(self):
        self.batches = []
        self.go_on = Event()

    def __call__(self, numbers):
        self.batches.append(list(numbers))
        assert self.go_on.wait(30)
        if "bad" in numbers:
            raise ValueError("a picture that cannot be worked on")
        return [finding(number) for number in numbers]


@pytest.fixture
def network():
    gate = Gate()
    yield gate
    gate.go_on.set()


@pytest.fixture
def detection(network):
    batched = DynamicBatcher(network, max_batch=3, max_in_flight=8)
    yield batched
    network.go_on.set()
    batched.close()


def test_what_waits_is_taken_together_up_to_the_largest_batch(network, detection):
    first = detection.submit(0)
    wait_until(lambda: network.batches, "the first picture to be worked on")
    assert network.batches == [[0]], "a single picture waits for no other"
    rest = [detection.submit(number) for number in range(1, 6)]
    network.go_on.set()
    found = [future.result(30).xyxy[0, 0] for future in (first, *rest)]
    assert found == [0, 1, 2, 3, 4, 5]
    assert network.batches == [[0], [1, 2, 3], [4, 5]]


def test_answers_come_in_the_order_of_submission(network, detection):
    answered, lock = [], Lock()

    def note(number):
        with lock:
            answered.append(number)

    futures = [detection.submit(number) for number in range(7)]
    for number, future in enumerate(futures):
        future.add_done_callback(lambda _, number=number: note(number))
    network.go_on.set()
    wait_until(lambda: len(answered) == 7, "all answers")
    assert answered == sorted(answered)


def test_a_picture_that_fails_harms_no_other_of_its_batch(network, detection):
    first = detection.submit(0)
    wait_until(lambda: network.batches, "the first picture to be worked on")
    good, bad, last = detection.submit(1), detection.submit("bad"), detection.submit(2)
    network.go_on.set()
    assert first.result(30).xyxy[0, 0] == 0
    assert good.result(30).xyxy[0, 0] == 1
    assert last.result(30).xyxy[0, 0] == 2
    with pytest.raises(ValueError, match="cannot be worked on"):
        bad.result(30)
    assert network.batches[1:] == [[1, "bad", 2], [1], ["bad"], [2]]
    assert detection.submit(9).result(30).xyxy[0, 0] == 9


def test_submitting_blocks_while_there_is_no_room(network):
    from threading import Thread

    detection = DynamicBatcher(network, max_batch=2, max_in_flight=2)
    under_way = [detection.submit(0), detection.submit(1)]
    third = []
    thread = Thread(target=lambda: third.append(detection.submit(2)))
    thread.start()
    thread.join(0.2)
    assert not third
    network.go_on.set()
    thread.join(30)
    assert third[0].result(30).xyxy[0, 0] == 2
    assert all(future.done() for future in under_way)
    detection.close()


def test_closing_finishes_what_is_under_way_and_takes_nothing_more(network):
    detection = DynamicBatcher(network, max_batch=2, max_in_flight=5)
    under_way = [detection.submit(number) for number in range(5)]
    network.go_on.set()
    detection.close()
    assert [future.result(0).xyxy[0, 0] for future in under_way] == [0, 1, 2, 3, 4]
    detection.close()
    for _ in range(10):
        with pytest.raises(RuntimeError, match="closed"):
            detection.submit(6)
