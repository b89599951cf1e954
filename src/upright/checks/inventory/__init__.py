"""AI found in a folder of sources, compared with what a manifest declares."""
