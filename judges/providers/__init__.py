"""Endpoints that answer requests, one class a file, behind `judges.contracts.Provider`."""
