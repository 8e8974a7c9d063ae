import pytest

from bench.performance.bisect import largest


@pytest.mark.parametrize("limit", [0, 1, 2, 7, 16, 17, 31, 36, 63, 64, 100, 511, 512, 1000])
@pytest.mark.parametrize(("start", "step"), [(16, 2), (8, 1), (4, 4)])
def test_it_finds_the_limit_to_the_step(limit, start, step):
    assert largest(lambda n: n <= limit, start=start, step=step, most=512) == min(limit, 512) // step * step


def test_no_number_is_tried_twice_and_few_are():
    tried = []

    def holds(number):
        tried.append(number)
        return number <= 41

    assert largest(holds, start=16, step=2, most=512) == 40
    assert len(tried) == len(set(tried))
    assert len(tried) <= 8
