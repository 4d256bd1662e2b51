"""Pure rules of the hub: values in, values out; no SQL, no clock, no I/O."""
