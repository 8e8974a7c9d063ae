"""Share of the road that glare or darkness hides."""

import numpy as np

from models.gating.block_motion import Thumbnail
from models.tampering.image_stats import WHITE_LEVEL

DARK_LEVEL = 40.0
"""Median brightness of the road, grey levels 0..255, below which it may be too dark.

[measured: docs/adr/0109-what-the-detector-misses.md]: black of most video is 16 [source: ITU-R BT.601].
"""

DARK_RANGE = 25.0
"""Range of the road's brightness, grey levels, below which a dark road shows nothing [measured: as `DARK_LEVEL`].

On a road that lamps light, it is 70 and more.
"""

RANGE_SHARES = (0.05, 0.5, 0.95)
"""Quantiles of the brightness: ends of its range, beyond which is noise, and the median between them [assumption]."""


def hidden_share(blocks: Thumbnail) -> float:
    """Share, 0..1, of the road's blocks that show nothing. blocks: (N,) mean brightness of each; N may be 0.

    A block at the white level is hidden by glare. In a dark picture without contrast all blocks are hidden.
    """
    if not blocks.size:
        return 0.0
    low, median, high = (int(share * (len(blocks) - 1)) for share in RANGE_SHARES)
    if np.count_nonzero(blocks < DARK_LEVEL) > median:  # sorting is slow, and only a dark road needs it
        ordered = np.sort(blocks)
        if ordered[high] - ordered[low] < DARK_RANGE:
            return 1.0
    return float(np.count_nonzero(blocks >= WHITE_LEVEL) / len(blocks))
