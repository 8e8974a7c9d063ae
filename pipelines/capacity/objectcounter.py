"""ultralytics' ObjectCounter over a clip; prints its frame rate and crossings as JSON.

A script without imports of Simpang, so that it runs in every environment that has ultralytics.

    objectcounter.py CLIP WEIGHTS u1,v1,u2,v2

The clock starts after the model is loaded and the first frame is analysed, to the peer's advantage.
"""

import json
import os
import sys
import time

import cv2

SETTINGS = {"YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false"}
"""Variables of ultralytics that keep it from downloading and printing [source: ultralytics/utils]."""

COCO_ROAD_USERS = [0, 1, 2, 3, 5, 7]
"""Person, bicycle, car, motorcycle, bus, truck [source: COCO class numbers]."""


def main() -> None:
    os.environ.update(SETTINGS)
    from ultralytics import solutions  # noqa: PLC0415 - reads the variables, and is not installed everywhere

    clip, weights, gate = sys.argv[1:]
    u1, v1, u2, v2 = (int(number) for number in gate.split(","))
    counter = solutions.ObjectCounter(
        model=weights, region=[(u1, v1), (u2, v2)], classes=COCO_ROAD_USERS, imgsz=640, show=False, verbose=False
    )
    video = cv2.VideoCapture(clip)
    rate = video.get(cv2.CAP_PROP_FPS)
    frames, crossings, counted, started = 0, [], 0, 0.0
    while True:
        has_frame, frame = video.read()
        if not has_frame:
            break
        result = counter(frame)
        now_counted = result.in_count + result.out_count
        crossings += [frames / rate] * (now_counted - counted)
        counted = now_counted
        frames += 1
        if frames == 1:
            started = time.perf_counter()
    seconds = time.perf_counter() - started
    json.dump({"frames": frames, "fps": (frames - 1) / seconds, "crossings_at": crossings}, sys.stdout)


if __name__ == "__main__":
    main()
