"""OpenTrafficCam as a peer."""
