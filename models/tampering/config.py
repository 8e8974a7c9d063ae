"""Thresholds of camera tampering detection, each with its unit, meaning and origin.

"measured" names the rows of the tables that the bench prints (`docs/tampering.md`): they show what the limit achieves.
Why the detection is written by hand, and how to fit the limits again: docs/adr/0034-tampering-thresholds.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLimits:
    """Limits of the measures between OK and a fault; the limits to leave a state differ from those to enter it."""

    moved: float
    """Displacement of the view, as a share of the longer side."""
    turned: float
    """Rotation of the view, degrees."""
    fine_detail: float
    """Share of the usual fine detail, below which the view is blurred."""
    hidden: float
    """Share of the view that has lost its usual contrast."""
    dark: float
    """Brightness (99.5th percentile), grey levels 0..255, below which the view is dark."""
    clipped: float
    """Share of the pixels at `models.tampering.image_stats.WHITE_LEVEL` or above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TamperingConfig:
    """Thresholds of `models.tampering`. Pixels are those of the thumbnail unless the name has another unit."""

    # States
    enter: StateLimits = StateLimits(moved=0.022, turned=2.5, fine_detail=0.4, hidden=0.4, dark=32.0, clipped=0.5)
    """Limits to enter a state [measured: bench/robustness/view_faults.py, rows of all faults]."""
    stay: StateLimits = StateLimits(moved=0.015, turned=1.8, fine_detail=0.55, hidden=0.25, dark=45.0, clipped=0.4)
    """Limits to stay in a state [measured: bench/robustness/view_faults.py, column "counted again after"]."""
    low_median: float = 25.0
    """Median brightness, grey levels, below which a hidden view is dark, not covered [assumption]."""
    high_median: float = 190.0
    """Median brightness, grey levels, above which a view of low contrast is washed out [measured: row `washed out`]."""
    low_contrast_ratio: float = 0.5
    """Contrast, as a share of the usual contrast, below which a view has low contrast [measured: row `washed out`]."""
    flat_contrast: float = 6.0
    """Standard deviation of the image, grey levels, below which it shows nothing [assumption]."""
    all_clipped_share: float = 0.9
    """Share of clipped pixels above which the image shows nothing [assumption]."""
    hidden_contrast_ratio: float = 0.25
    """Contrast of a block, as a share of its usual contrast, below which it is hidden [measured: rows `covered`]."""
    min_layout_correlation: float = 0.8
    """Correlation of the coarse layout below which lost detail is covered, not blurred [measured: rows `blurred`]."""
    min_anchor_blocks: int = 6
    """Anchor blocks below which a reference cannot be compared with [assumption]."""
    traffic_unmoved_share: float = 0.25
    """Share of unmoved anchor blocks above which a displacement is traffic, not the camera [assumption].

    A queue that moves up displaces the rest.
    """
    unrecognised_confidence: float = 0.6
    """Confidence of the state MOVED where the reference is not found at all [assumption]."""
    unrecognised_weight: float = 1 / 3
    """Weight as evidence of an image in which the reference is not found at all [assumption]."""

    # Alignment with the reference
    search_px: int = 5
    """Search distance around the expected place of a block, pixels [assumption]."""
    min_block_correlation: float = 0.55
    """Normalised correlation from which a block is found [assumption]."""
    same_place_px: float = 1.2
    """Distance within which two places are one, pixels; also the RANSAC reprojection threshold [assumption]."""
    min_found_blocks: int = 5
    """Blocks that must move together for an alignment; fewer may do so by chance [assumption]."""
    min_agreement: float = 0.3
    """Share of the searched blocks that must move together [assumption]."""
    min_zoom: float = 0.8
    """Smallest zoom factor of a valid alignment [measured: row `zoomed 1.15` lies inside]."""
    max_zoom: float = 1.25
    """Largest zoom factor of a valid alignment [measured: row `zoomed 1.15` lies inside]."""

    # The reference view
    learning_step: float = 20.0
    """Largest difference learned at once, grey levels; a larger one may be traffic or its lights [assumption]."""
    anchor_blocks: int = 20
    """Anchor blocks of a reference [assumption]."""
    min_block_contrast: float = 4.0
    """Standard deviation of a block, grey levels, from which it can be an anchor [assumption]."""
    reselect_updates: int = 10
    """Updates after which the anchor blocks are selected again [assumption]."""

    # Edge orientation, used where the light differs
    edge_tiles: tuple[int, int] = (3, 2)
    """Tiles across and down, each with its own match [assumption]."""
    edge_search_px: int = 14
    """Search distance of a tile's edges, pixels [assumption]."""
    edge_in_place_px: float = 2.0
    """Distance within which a tile's edges are in place, pixels [assumption]."""
    min_edge_strength: float = 12.0
    """Sobel response from which a pixel is an edge; weaker ones are noise [assumption]."""
    min_edge_pixels: int = 150
    """Edge pixels that a tile needs to be compared [assumption]."""
    min_edge_tiles: int = 3
    """Tiles with enough edges that the image needs to be compared [assumption]."""
    edges_in_place_share: float = 0.5
    """Share of the tiles in place from which the view is unmoved: not even half hidden [measured: rows of all scenes].

    On every clip, by day, in rain and at simulated night, at least half of the tiles are in place. On none are they
    that was shifted by 3 %, turned by 5 degrees, zoomed by 15 % or covered by three quarters.
    """
    same_light_distance: float = 15.0
    """Mean difference of brightness quantiles, grey levels, below which two images have the same light.

    [measured: sixteen streets by day, dusk and night: up to 14 in the same light, but for one at dusk; 14 and more in
    another light]
    """
    same_light_edge_share: float = 0.35
    """Share of a tile's edges that must match in the same light [measured: at most one tile of a turned camera does].

    A turned camera has a horizon and a caption at the same places, so that half of its tiles may match by chance.
    """

    # References over the day
    reference_hours: int = 3
    """Hours of the day that share one reference; divides 24 [assumption]."""
    mature_updates: int = 300
    """Updates after which a reference is free of traffic and is kept unchanged [assumption]."""
    min_reference_agreement: float = 0.5
    """Agreement with a kept reference below which that reference is replaced [assumption]."""
    reference_drift_px: float = 0.3
    """Drift of the learned reference, pixels, above which it is moved back to the kept one [assumption]."""

    # Evidence over time
    check_interval_s: float = 2.0
    """Time between two checks, seconds [assumption]; one costs 1.4 to 2.5 ms."""
    learning_checks: int = 11
    """First checks, which only learn the view; a fault of an unknown view cannot be detected [assumption]."""
    learning_time_s: float = 300.0
    """Time constant with which the reference follows the light, seconds [measured: row `nightfall`]."""
    store_interval_s: float = 120.0
    """Time between two updates of the references over the day, seconds [assumption]."""
    max_gap_s: float = 10.0
    """Time without a check, seconds, after which earlier evidence is dropped [assumption]."""
    dwell_ok_s: float = 10.0
    """Evidence, seconds, to return to OK [measured: column "counted again after"]."""
    dwell_moved_s: float = 10.0
    """Evidence, seconds, to enter MOVED: longer than a gust [measured: rows `shifted` and `wind`]."""
    dwell_other_s: float = 20.0
    """Evidence, seconds, to enter another fault: longer than a bus in front of the lens [measured: rows `covered`]."""
    contradiction_factor: float = 2.0
    """Seconds of contrary evidence that one second of evidence cancels [assumption]."""
    min_recognition_rate: float = 0.7
    """Share of checks in which the view must usually be recognised before a failure is evidence [assumption]."""
    recognition_checks: int = 60
    """Checks over which that share is averaged [assumption]."""

    # Frozen image
    freeze_tolerance: int = 4
    """Largest difference of a pixel between two images that count as equal, grey levels.

    [measured: clips coded again: an unchanged image differs by 4 at most, but for one or two keyframes; a live sensor's
    noise by 10 and more]. With 2, a frozen quiet road counted as live for 15 s at 2 frames/s in step with keyframes.
    """
    freeze_memory_s: float = 3.0
    """Time over which images are compared, seconds: longer than most keyframe intervals, shorter than a looped clip."""
    freeze_live_share: float = 0.2
    """Share of new images from which the camera is live [assumption]; a few of a frozen one count as new by chance."""
    freeze_suspected_s: float = 5.0
    """Time without a new image, seconds, after which images are no longer used as observations [assumption]."""
    freeze_at_start_s: float = 2.0
    """Time without a new image after the first one, seconds, that counts as observed.

    [`analytics.camera_analyzer.MAX_FRAME_GAP_S`, as if only the first had come]"""


DEFAULT_CONFIG = TamperingConfig()
"""Thresholds of the worker and of `simpang count`."""
