-- One-time codes of an account. totp_step: step of the newest code that was used. recovery_hashes: SHA-256 of the codes
-- that each replace a one-time code once.
ALTER TABLE people ADD COLUMN totp_secret text;
ALTER TABLE people ADD COLUMN totp_step bigint NOT NULL DEFAULT 0;
ALTER TABLE people ADD COLUMN recovery_hashes text[] NOT NULL DEFAULT '{}';
