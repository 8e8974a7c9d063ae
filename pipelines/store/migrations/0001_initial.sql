-- The tables of version 0.1.0. Every statement may run on a database that has it already: this file adopts those of
-- 0.1.0, which had no migrations. A replayed event conflicts with its own primary key and changes nothing.

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

-- One row for each counts event: of the seconds from start_at to end_at, observed_s were analysed.
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

-- Alerts to send, and their outcome. given_up_at: time after which no attempt is made.
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

-- Columns that the first databases of 0.1.0 lack. They are queried first, because ALTER TABLE waits for all readers,
-- even where it has nothing to do.
DO $$
DECLARE
    later record;
BEGIN
    FOR later IN
        SELECT * FROM (VALUES
            ('crossings', 'speed_sigma_kmh', 'real'),
            ('crossings', 'headway_s', 'real'),
            ('zone_intervals', 'smp_h', 'real'),
            ('zone_intervals', 'saturation', 'real'),
            ('zone_intervals', 'level_of_service', 'text'),
            ('zone_intervals', 'emp_verified', 'boolean'),
            ('health', 'held_fps', 'real'),
            ('health', 'wanted_fps', 'real'),
            ('health', 'reached', 'real'),
            ('health', 'age_p95_s', 'real')
        ) AS wanted (of_table, name, type)
        WHERE NOT EXISTS (
            SELECT FROM pg_attribute WHERE attrelid = of_table::regclass AND attname = name AND NOT attisdropped
        )
    LOOP
        EXECUTE format('ALTER TABLE %I ADD COLUMN %I %s', later.of_table, later.name, later.type);
    END LOOP;
END
$$;
