"""Every architecture, run end to end through the platform on public data."""
