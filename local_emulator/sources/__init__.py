"""Event sources: what invokes functions apart from the APIs."""
