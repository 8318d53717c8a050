"""Checks that a program makes of an item: deterministic, free, one family a file.

Each has its settings as fields, is read from a mapping by `catalogue.check_from_dict`, and gives a `Finding`.
"""
