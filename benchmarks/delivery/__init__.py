"""Push beside polling: the same jobs, workers and emulator, watched in different ways by turns."""
