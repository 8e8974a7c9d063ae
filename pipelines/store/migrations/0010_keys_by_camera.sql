-- Primary keys begin with camera and time, in the order in which rows are read, and replace the indexes of cameras: one index
-- less for each row, and on compressed chunks a late row is compared with those of its own camera only.

-- All tables first, in the order in which a store writes: each of the two waits for the other's end, and neither for ever.
LOCK TABLE observed, crossings, gate_intervals, zone_intervals, levels, health IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    keyed record;
BEGIN
    FOR keyed IN
        SELECT * FROM (VALUES
            ('crossings', 'camera_id, at, event_id, n'),
            ('observed', 'camera_id, start_at, event_id'),
            ('gate_intervals', 'camera_id, start_at, gate, direction'),
            ('zone_intervals', 'camera_id, start_at, zone'),
            ('levels', 'camera_id, at, event_id'),
            ('health', 'camera_id, at, event_id')
        ) AS wanted (of_table, columns)
    LOOP
        EXECUTE format(
            'ALTER TABLE %1$I DROP CONSTRAINT %2$I, ADD CONSTRAINT %2$I PRIMARY KEY (%3$s)',
            keyed.of_table, keyed.of_table || '_pkey', keyed.columns
        );
        EXECUTE format('DROP INDEX IF EXISTS %I', keyed.of_table || '_of_camera');
    END LOOP;
END
$$;

-- Which cameras reported in the last minutes.
CREATE INDEX observed_by_time ON observed USING brin (start_at) WITH (autosummarize = on);
CREATE INDEX health_by_time ON health USING brin (at) WITH (autosummarize = on);
