-- What history shows of a camera over a bucket of time: 5 minutes, a quarter of an hour, an hour or a day of the city.
CREATE TABLE rollups (
    camera_id text NOT NULL,
    interval_s int NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    found jsonb NOT NULL,
    PRIMARY KEY (camera_id, interval_s, start_at)
);

-- Periods whose rows changed since their roll-ups were computed. interval_s: of the roll-ups concerned, 0 for all.
CREATE TABLE rollup_marks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    camera_id text NOT NULL,
    interval_s int NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX rollup_marks_of_camera ON rollup_marks (camera_id);

-- All that is stored so far. The query hops from camera to camera over the index instead of reading every row.
INSERT INTO rollup_marks (camera_id, interval_s, from_at, to_at)
WITH RECURSIVE camera (id) AS (
    SELECT min(camera_id) FROM observed
    UNION ALL
    SELECT (SELECT min(camera_id) FROM observed WHERE camera_id > id) FROM camera WHERE id IS NOT NULL
)
SELECT id, 0, first.start_at, least(last.start_at + interval '5 minutes', now()) FROM camera
CROSS JOIN LATERAL (SELECT start_at FROM observed WHERE camera_id = id ORDER BY start_at LIMIT 1) AS first
CROSS JOIN LATERAL (SELECT start_at FROM observed WHERE camera_id = id ORDER BY start_at DESC LIMIT 1) AS last
WHERE first.start_at < now();
