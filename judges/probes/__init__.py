"""Ways to find out what sways a judge. They ask it about made-up items and read what changes."""
