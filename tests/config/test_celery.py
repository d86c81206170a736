"""What a web request rings for reaches the broker of the settings, in every thread."""

import os
import subprocess
import sys

from config.launcher.surroundings import BASE_DIR

_IN_A_THREAD = """
import config.wsgi, concurrent.futures
from retention.sweeps.tasks import work_run
with concurrent.futures.ThreadPoolExecutor() as threads:
    print(threads.submit(lambda: work_run.app.conf.broker_url).result())
"""


def test_a_thread_of_the_web_server_rings_at_the_broker_of_the_settings(
    tmp_path,
) -> None:
    url = "redis://broker.example:6379/7"
    environment = os.environ | {"REDIS_URL": url, "CUSTOS_HOME": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _IN_A_THREAD],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.strip() == url, done.stderr
