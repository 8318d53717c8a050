from tests.adjudication.conftest import disagreements, ruling_audit

__all__ = ["disagreements", "ruling_audit"]
