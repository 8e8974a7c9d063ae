-- Events that could not be stored, for an operator to inspect. body: the CloudEvent in JSON. error: the reason.
CREATE TABLE dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL,
    error text NOT NULL,
    body text NOT NULL
);
