"""What can be done with opinions made elsewhere."""

from auditing.ratings.importing import RatingsImportResult, RatingsProgress, import_ratings

__all__ = ["RatingsImportResult", "RatingsProgress", "import_ratings"]
