"""Live video for viewers: HLS segments and playlists."""
