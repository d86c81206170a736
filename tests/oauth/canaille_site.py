"""The process of Canaille, run with a port by the Python that Canaille is in."""

import sys

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from people import PASSWORD, PEOPLE  # beside this file
from werkzeug.serving import run_simple


def serve(port: int) -> None:
    """Serve until the process is ended; everything is in memory."""
    app = create_app(
        {
            "SECRET_KEY": "only-for-tests",
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            # Access tokens of ten minutes, so that a test can outlive them.
            "OAUTH2_TOKEN_EXPIRES_IN": {"authorization_code": 600},
            "CANAILLE": {
                "DATABASE": "memory",
                "JAVASCRIPT": False,
                "HTMX": False,
                "CAPTCHA_ENABLED": False,
            },
            "CANAILLE_OIDC": {
                "DYNAMIC_CLIENT_REGISTRATION_OPEN": True,
                "REQUIRE_NONCE": False,
            },
        }
    )
    with app.app_context():
        for user_name, (name, email) in PEOPLE.items():
            person = models.User(
                user_name=user_name,
                formatted_name=name,
                family_name=name.split()[-1],
                emails=[email],
                password=PASSWORD,
            )
            Backend.instance.save(person)
    run_simple("127.0.0.1", port, app, threaded=True)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
