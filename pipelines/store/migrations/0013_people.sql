-- Accounts of the portal that are not in its configuration. password_hash: Argon2.
CREATE TABLE people (
    name text PRIMARY KEY,
    password_hash text NOT NULL,
    roles text[] NOT NULL,
    owners text[] NOT NULL DEFAULT '{}',
    groups text[] NOT NULL DEFAULT '{}',
    disabled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Open sessions. token_hash: SHA-256 of the random token in the cookie. network: IPv4 or IPv6, not the address.
CREATE TABLE sessions (
    id text PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    name text NOT NULL,
    password_mark text NOT NULL,
    network text NOT NULL,
    browser text NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_of_name ON sessions (name);

-- What was done by which account. Each hash covers the entry and the hash of the entry before it.
CREATE TABLE audit_log (
    number bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    details jsonb NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL UNIQUE
);

CREATE FUNCTION refuse_change_of_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of audit_log are never changed or deleted';
END
$$;
CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_log();
