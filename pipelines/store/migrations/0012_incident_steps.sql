-- Steps of operators on incidents, numbered for each incident, with the handling after each. Rows are only added.
CREATE TABLE incident_steps (
    incident_id text NOT NULL,
    n int NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_by text NOT NULL,
    step text NOT NULL,
    note text NOT NULL,
    request_id uuid NOT NULL UNIQUE,
    state text NOT NULL,
    assignee text,
    confirmed boolean,
    merged_into text,
    PRIMARY KEY (incident_id, n)
);
CREATE INDEX incident_steps_by_time ON incident_steps (at DESC);

CREATE OR REPLACE FUNCTION refuse_change_of_incident_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'incident_steps: rows are only added; add a step that corrects the earlier one'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON incident_steps
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_incident_steps();

-- Alerts of new incidents by age, among which those to escalate are searched.
CREATE INDEX webhook_deliveries_raised ON webhook_deliveries (created_at) WHERE phase = 'raised';
