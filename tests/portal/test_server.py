"""The socket of the portal, its address, and answers after a bug."""

import socket
from contextlib import closing
from threading import Timer
from types import SimpleNamespace

import httpx
import pytest
import structlog
from fastapi import FastAPI

from pipelines.config.portal_settings import PortalConfig
from pipelines.errors import UserError
from portal.error_handlers import install_error_handlers
from portal.server import address_of, listening_socket, serve
from tests.support.servers import wait_until


@pytest.mark.parametrize(
    ("host", "message"),
    [("203.0.113.1", "cannot listen on 203.0.113.1"), ("no-such-host.invalid", "correct portal.host or port")],
)
def test_address_of_another_machine_is_an_error(host, message):
    with pytest.raises(UserError, match=message), listening_socket(PortalConfig(host=host, port=0)):
        pass


def test_address_can_be_opened_by_a_browser_on_this_machine():
    with listening_socket(PortalConfig(host="0.0.0.0", port=0)) as listener:
        port = listener.getsockname()[1]
        assert address_of(listener) == f"http://127.0.0.1:{port}"
    for host in ("::1", "::"):
        with listening_socket(PortalConfig(host=host, port=0)) as listener:
            assert address_of(listener).startswith("http://[::1]:")


def test_bug_is_one_sentence_in_the_answer_and_a_traceback_in_the_log():
    app = FastAPI()
    app.state.live = SimpleNamespace(broadcaster=SimpleNamespace(close=lambda: None))
    install_error_handlers(app)
    answers = []

    @app.get("/")
    def fail():
        raise ZeroDivisionError("a bug")

    with closing(socket.create_server(("127.0.0.1", 0))) as listener, structlog.testing.capture_logs() as logs:
        address = address_of(listener)

        def visit_and_stop():
            import _thread

            answers.append(httpx.get(address, trust_env=False))
            _thread.interrupt_main()

        serve(app, listener, lambda _: Timer(0, visit_and_stop).start())
    wait_until(lambda: answers, "the answer")
    assert answers[0].status_code == 500
    assert answers[0].json() == {"detail": "Something went wrong here; it has been logged."}
    (entry,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert isinstance(entry["exc_info"][1], ZeroDivisionError)
