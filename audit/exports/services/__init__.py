"""The verbs of exports: ask for one, make what is due, download, let expire."""

from audit.exports.services.asking import TooManyExports, download, request
from audit.exports.services.making import work_due

__all__ = ["TooManyExports", "download", "request", "work_due"]
