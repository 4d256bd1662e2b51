"""The language between boxes, hub and pages: one small frozen type for each message, by noun."""
