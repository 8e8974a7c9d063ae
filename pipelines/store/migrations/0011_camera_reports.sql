-- Reports of viewers that something is wrong with a camera: how many of a kind in an hour. No person, no address, no text.
CREATE TABLE camera_reports (
    camera_id text NOT NULL,
    kind text NOT NULL,
    hour_at timestamptz NOT NULL,
    n int NOT NULL,
    handled_at timestamptz,
    handled_by text,
    PRIMARY KEY (camera_id, kind, hour_at)
);
CREATE INDEX camera_reports_open ON camera_reports (camera_id, kind) WHERE handled_at IS NULL;
