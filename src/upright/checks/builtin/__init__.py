"""The checks that come with Upright, one file each."""
