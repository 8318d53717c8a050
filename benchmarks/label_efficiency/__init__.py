"""How many human labels do judges save, and do the intervals hold? Measured on public data with human labels."""
