"""When blobs without a referrer were first seen."""

from django.db import models


class BlobSighting(models.Model):
    """A blob that no row named when the store was looked through, and since when.

    Whoever is storing it has a day to write its row; then it is doomed. Belongs to the
    installation. Data: random ids.
    """

    blob_id = models.UUIDField(primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.blob_id)
