-- A database of version 0.1.0 with a few rows in each table. Test data: do not edit.

CREATE TABLE IF NOT EXISTS crossings (
    at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    n int NOT NULL,
    camera_id text NOT NULL,
    gate text NOT NULL,
    direction text NOT NULL,
    road_user text NOT NULL,
    track bigint NOT NULL,
    speed_kmh real,
    speed_sigma_kmh real,
    headway_s real,
    PRIMARY KEY (at, event_id, n)
);
CREATE INDEX IF NOT EXISTS crossings_of_camera ON crossings (camera_id, at DESC);

-- One row a counts event: of the seconds from start_at to end_at, observed_s were analysed.
CREATE TABLE IF NOT EXISTS observed (
    start_at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    camera_id text NOT NULL,
    end_at timestamptz NOT NULL,
    observed_s real NOT NULL,
    PRIMARY KEY (start_at, event_id)
);
CREATE INDEX IF NOT EXISTS observed_of_camera ON observed (camera_id, start_at DESC);

CREATE TABLE IF NOT EXISTS zone_intervals (
    camera_id text NOT NULL,
    zone text NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    flow_veh_h real,
    speed_kmh real,
    relative_speed real,
    density_veh_km_lane real,
    occupancy real,
    queue_m real,
    queue_veh real,
    level text NOT NULL,
    coverage real NOT NULL,
    smp_h real,
    saturation real,
    level_of_service text,
    emp_verified boolean,
    PRIMARY KEY (camera_id, zone, start_at)
);
CREATE INDEX IF NOT EXISTS zone_intervals_of_camera ON zone_intervals (camera_id, start_at DESC);

CREATE TABLE IF NOT EXISTS gate_intervals (
    camera_id text NOT NULL,
    gate text NOT NULL,
    direction text NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    flow_veh_h real,
    headway_mean_s real,
    headway_median_s real,
    headway_under_2s real,
    smp_h real,
    saturation real,
    emp_verified boolean,
    coverage real NOT NULL,
    PRIMARY KEY (camera_id, gate, direction, start_at)
);
CREATE INDEX IF NOT EXISTS gate_intervals_of_camera ON gate_intervals (camera_id, start_at DESC);

CREATE TABLE IF NOT EXISTS levels (
    at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    camera_id text NOT NULL,
    zone text NOT NULL,
    level text NOT NULL,
    previous text NOT NULL,
    speed_kmh real,
    free_flow_kmh real,
    PRIMARY KEY (at, event_id)
);
CREATE INDEX IF NOT EXISTS levels_of_camera ON levels (camera_id, at DESC);

CREATE TABLE IF NOT EXISTS health (
    at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    camera_id text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL,
    received_fps real,
    analysed_fps real,
    dropped int NOT NULL,
    reconnects int NOT NULL,
    age_s real,
    width int,
    height int,
    held_fps real,
    wanted_fps real,
    reached real,
    age_p95_s real,
    PRIMARY KEY (at, event_id)
);
CREATE INDEX IF NOT EXISTS health_of_camera ON health (camera_id, at DESC);

-- u, v: pixels. ground_x, ground_y: metres in the camera's local frame. lat, lon: WGS84.
CREATE TABLE IF NOT EXISTS incidents (
    incident_id text PRIMARY KEY,
    camera_id text NOT NULL,
    type text NOT NULL,
    zone text,
    start_at timestamptz NOT NULL,
    detected_at timestamptz NOT NULL,
    end_at timestamptz,
    u real NOT NULL,
    v real NOT NULL,
    ground_x double precision,
    ground_y double precision,
    lat double precision,
    lon double precision,
    confidence real NOT NULL,
    reason text NOT NULL,
    snapshot text
);
CREATE INDEX IF NOT EXISTS incidents_by_time ON incidents (detected_at DESC);
CREATE INDEX IF NOT EXISTS incidents_of_camera ON incidents (camera_id, detected_at DESC);

-- Alerts to be sent, and what became of them. given_up_at: the receiver refused for good.
CREATE TABLE IF NOT EXISTS webhook_deliveries (
    webhook_id text NOT NULL,
    incident_id text NOT NULL,
    phase text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    given_up_at timestamptz,
    last_error text,
    PRIMARY KEY (webhook_id, incident_id, phase)
);
CREATE INDEX IF NOT EXISTS webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at)
    WHERE delivered_at IS NULL AND given_up_at IS NULL;

CREATE TABLE schema_version (version int NOT NULL);
INSERT INTO schema_version VALUES (1);

INSERT INTO crossings (at, event_id, n, camera_id, gate, direction, road_user, track, speed_kmh) VALUES
    ('2026-11-22 05:00:01+00', '00000000-0000-0000-0000-000000000001', 0, 'kuda', 'north', 'A', 'car', 7, 31.5),
    ('2026-11-22 05:00:02+00', '00000000-0000-0000-0000-000000000001', 1, 'kuda', 'north', 'B', 'bus', 8, NULL);
INSERT INTO observed (start_at, event_id, camera_id, end_at, observed_s) VALUES
    ('2026-11-22 05:00:00+00', '00000000-0000-0000-0000-000000000001', 'kuda', '2026-11-22 05:00:10+00', 9.5);
INSERT INTO zone_intervals (camera_id, zone, start_at, end_at, flow_veh_h, speed_kmh, level, coverage) VALUES
    ('kuda', 'approach', '2026-11-22 05:00:00+00', '2026-11-22 05:01:00+00', 720, 31.5, 'dense', 0.75);
INSERT INTO levels (at, event_id, camera_id, zone, level, previous, speed_kmh) VALUES
    ('2026-11-22 05:00:00+00', '00000000-0000-0000-0000-000000000002', 'kuda', 'approach', 'jammed', 'dense', 4);
INSERT INTO health (at, event_id, camera_id, status, reason, analysed_fps, dropped, reconnects, width, height) VALUES
    ('2026-11-22 05:00:00+00', '00000000-0000-0000-0000-000000000003', 'kuda', 'online', '', 5.5, 2, 1, 1280, 720);
INSERT INTO incidents (incident_id, camera_id, type, zone, start_at, detected_at, u, v, confidence, reason) VALUES
    ('kuda-7', 'kuda', 'stopped_vehicle', 'approach', '2026-11-22 05:00:00+00', '2026-11-22 05:00:20+00', 320, 200.5,
     0.8, 'A car has stood in a live lane for 20 s.');
INSERT INTO webhook_deliveries (webhook_id, incident_id, phase, payload) VALUES
    ('police', 'kuda-7', 'raised', '{"incident_id": "kuda-7"}');
INSERT INTO gate_intervals (camera_id, gate, direction, start_at, end_at, flow_veh_h, emp_verified, coverage) VALUES
    ('kuda', 'north', 'A', '2026-11-22 05:00:00+00', '2026-11-22 05:01:00+00', 720, true, 0.75);
