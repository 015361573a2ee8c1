"""ngo_bridge."""
