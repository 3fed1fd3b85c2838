"""What a cold start takes: until a handler is ready for its first event, and until it has answered it."""
