"""A real nginx in front of the portal, with the locations that a test writes."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.worker.child_process import accepts_connections, free_port
from tests.support.servers import wait_until

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="needs Debian's nginx")

_CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  server {{ listen 127.0.0.1:{port}; {locations} location / {{ return 418 "the page of another site"; }} }}
}}
"""


@contextmanager
def proxy(folder: Path, locations: str) -> Iterator[str]:
    """The address of an nginx with these locations. Everything outside them is another site, with status 418."""
    assert NGINX is not None
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, port=port, locations=locations))
    with subprocess.Popen([NGINX, "-e", str(folder / "error.log"), "-c", str(configuration)]) as process:
        try:
            wait_until(lambda: accepts_connections(port), "nginx to listen")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)
