"""How many cameras a machine holds: real clips over real RTSP, analysed by the real worker, measured and judged."""
