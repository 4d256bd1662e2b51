"""Pure computation: values in, values out; no clock, no I/O, no threads."""
