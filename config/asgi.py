"""The entry point that granian serves: the WSGI site behind its front."""

from config import env
from config.edge.bodies import Limits
from config.edge.front import Front
from config.wsgi import application as site

# No form is longer, and no thread more than the connection pool holds.
application = Front(
    site,
    threads=env.REQUEST_THREADS,
    limits=Limits(most_bytes=env.LARGEST_REQUEST_BYTES),
)
