from tests.reviews.conftest import collecting, task

__all__ = ["collecting", "task"]
