"""How fast the platform judges, beside bare loops at the same endpoint. See README.md."""
