"""Reports of viewers that something is wrong with a camera, for operators."""
