"""Brokers by configuration: adapters of core.authorise."""
