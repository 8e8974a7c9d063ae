-- Arrival of the newest frame at each report of a camera. Earlier rows have none.
ALTER TABLE health ADD COLUMN last_frame_at timestamptz;

-- Events that workers had to drop, as they report them.
CREATE TABLE gap_reports (
    event_id uuid NOT NULL,
    camera_id text NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    lost text NOT NULL,
    events int NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (event_id)
);
CREATE INDEX gap_reports_of_camera ON gap_reports (camera_id, start_at DESC);

-- State of a camera from `since` on: in_service, maintenance or removed. configured: by the configuration, not by an event.
CREATE TABLE camera_service (
    camera_id text NOT NULL,
    since timestamptz NOT NULL,
    state text NOT NULL,
    site text,
    owner text,
    configured boolean NOT NULL,
    PRIMARY KEY (camera_id, since)
);

-- One row for each minute that was not completely observed. A minute before gap_progress.assessed_until without a row was.
CREATE TABLE gaps (
    camera_id text NOT NULL,
    start_at timestamptz NOT NULL,
    coverage real NOT NULL,
    cause text NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (camera_id, start_at)
);
CREATE INDEX gaps_by_time ON gaps (start_at DESC, camera_id);

-- Minutes to assess again, because records of them arrived late.
CREATE TABLE gap_marks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    camera_id text NOT NULL,
    start_at timestamptz NOT NULL
);
CREATE INDEX gap_marks_by_time ON gap_marks (start_at);

-- One row: all minutes before it are assessed.
CREATE TABLE gap_progress (assessed_until timestamptz NOT NULL);
INSERT INTO gap_progress VALUES (date_trunc('minute', now()));
