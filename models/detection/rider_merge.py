"""A rider and the machine under them are one road user."""

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser

_PERSON = ROAD_USERS.index(RoadUser.PERSON)
_IS_MACHINE = np.array([road_user in (RoadUser.MOTORCYCLE, RoadUser.BICYCLE) for road_user in ROAD_USERS])
"""By class id."""

SEATED_SHARE = 0.5
"""A rider's box is at least this much as wide as it is over the machine, seen from any side."""


SAME_WHEELS = 0.15
"""Two boxes of one machine, with and without its rider, end this close to each other, in heights of the lower one."""


def merge_riders(detections: Detections) -> Detections:
    """Give each machine (motorcycle, bicycle) the boxes of its riders, and drop those people.

    A person rides the machine whose box holds the person's hips: between them, they overlap across at least half of
    the narrower one, and the person's feet are above or at the wheels while the head is above the saddle. The box of
    a ridden machine covers machine and riders; its bottom edge stays the machine's where that is lower.
    """
    detections = _without_second_boxes(detections)
    people, machines = np.flatnonzero(detections.class_id == _PERSON), np.flatnonzero(_IS_MACHINE[detections.class_id])
    if not len(people) or not len(machines):
        return detections
    fit = _riding_fit(detections.xyxy[people], detections.xyxy[machines])
    boxes = detections.xyxy.copy()
    rides = fit.max(axis=1) > 0
    for person, machine in zip(people[rides], machines[fit[rides].argmax(axis=1)], strict=True):
        boxes[machine, :2] = np.minimum(boxes[machine, :2], boxes[person, :2])
        boxes[machine, 2:] = np.maximum(boxes[machine, 2:], boxes[person, 2:])
    kept = np.ones(len(detections), dtype=np.bool_)
    kept[people[rides]] = False
    return Detections(boxes[kept], detections.confidence[kept], detections.class_id[kept])


def _without_second_boxes(detections: Detections) -> Detections:
    """Machines only once: a detector may box a machine alone and, a second time, together with its rider.

    Such boxes stand on the same wheels; the more confident one stays and takes the other's extent.
    """
    machines = np.flatnonzero(_IS_MACHINE[detections.class_id])
    if len(machines) < 2:
        return detections
    boxes = detections.xyxy.copy()
    kept = np.ones(len(detections), dtype=np.bool_)
    best_first = machines[np.argsort(-detections.confidence[machines], kind="stable")]
    for rank, machine in enumerate(best_first):
        if not kept[machine]:
            continue
        others = best_first[rank + 1 :]
        same = others[kept[others] & _on_the_same_wheels(boxes[machine], boxes[others])]
        for other in same:
            boxes[machine, :2] = np.minimum(boxes[machine, :2], boxes[other, :2])
            boxes[machine, 2:] = np.maximum(boxes[machine, 2:], boxes[other, 2:])
        kept[same] = False
    return Detections(boxes[kept], detections.confidence[kept], detections.class_id[kept])


def _on_the_same_wheels(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.bool_]:
    x1, y1, x2, y2 = others.T
    across = np.minimum(x2, box[2]) - np.maximum(x1, box[0])
    lower_height = np.minimum(y2 - y1, box[3] - box[1])
    beneath_each_other = across >= 0.7 * np.minimum(x2 - x1, box[2] - box[0])
    return np.asarray(beneath_each_other & (np.abs(y2 - box[3]) <= SAME_WHEELS * lower_height))


def _riding_fit(people: NDArray[np.float32], machines: NDArray[np.float32]) -> NDArray[np.float64]:
    """(P, M): how well person p sits on machine m, 0 where not at all."""
    px1, py1, px2, py2 = (column[:, None].astype(np.float64) for column in people.T)
    mx1, my1, mx2, my2 = (column[None, :].astype(np.float64) for column in machines.T)
    across = np.minimum(px2, mx2) - np.maximum(px1, mx1)
    share = across / np.maximum(np.minimum(px2 - px1, mx2 - mx1), 1e-6)
    person_height, machine_height = py2 - py1, my2 - my1
    astride = py2 > my1
    feet_off_ground = py2 < my2 + 0.25 * machine_height
    head_above = py1 < my1 + 0.5 * machine_height
    one_size = (person_height < 3.0 * machine_height) & (person_height > 0.3 * machine_height)
    return np.where((share >= SEATED_SHARE) & astride & feet_off_ground & head_above & one_size, share, 0.0)
