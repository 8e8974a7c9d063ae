"""YOLO, ByteTrack and supervision's LineZone over a clip, in the peers' environment, as its examples do.

    supervision_linezone.py CLIP WEIGHTS u1,v1,u2,v2

Prints frame rate and crossings as JSON. The clock starts after the model is loaded and the first frame is analysed, to
the peer's advantage.
"""

import json
import os
import sys
import time

os.environ.update(YOLO_AUTOINSTALL="false", YOLO_OFFLINE="true", YOLO_VERBOSE="false")

import cv2
import supervision as sv
from trackers import ByteTrackTracker
from ultralytics import YOLO

COCO_ROAD_USERS = [0, 1, 2, 3, 5, 7]
"""Person, bicycle, car, motorcycle, bus, truck [source: COCO class numbers]."""


def main() -> None:
    clip, weights, gate = sys.argv[1:]
    u1, v1, u2, v2 = (int(number) for number in gate.split(","))
    model, tracker = YOLO(weights, task="detect"), ByteTrackTracker()
    line = sv.LineZone(sv.Point(u1, v1), sv.Point(u2, v2), triggering_anchors=[sv.Position.BOTTOM_CENTER])
    video = cv2.VideoCapture(clip)
    rate = video.get(cv2.CAP_PROP_FPS)
    frames, crossings, started = 0, [], 0.0
    while True:
        has_frame, frame = video.read()
        if not has_frame:
            break
        (result,) = model(frame, classes=COCO_ROAD_USERS, imgsz=640, verbose=False)
        came_in, went_out = line.trigger(tracker.update(sv.Detections.from_ultralytics(result)))
        crossings += [frames / rate] * int((came_in | went_out).sum())
        frames += 1
        if frames == 1:
            started = time.perf_counter()
    seconds = time.perf_counter() - started
    json.dump({"frames": frames, "fps": (frames - 1) / seconds, "crossings_at": crossings}, sys.stdout)


if __name__ == "__main__":
    main()
