"""The REST API: one blueprint for each noun."""
