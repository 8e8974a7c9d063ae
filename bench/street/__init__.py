"""Benchmark of the network `street` on labelled pictures and clips, beside COCO's YOLO11n."""
