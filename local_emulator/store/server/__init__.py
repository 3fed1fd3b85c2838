"""The store itself: what its process runs."""
