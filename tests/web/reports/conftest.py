from tests.reports.conftest import decided, world

__all__ = ["decided", "world"]
