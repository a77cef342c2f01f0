-- The whole schema of suitsize.db. A new file is made from this text in one transaction; user_version
-- (set by the program, in the same transaction) says which version of it a file has.
--
-- Rules: STRICT everywhere. Times are milliseconds since 1970. Nothing that a shopper typed is here:
-- a question is a keyed digest, and its key is not in this file.

-- The second tier of the cache. Any row may be lost at any time; none may be wrong.
--
-- A rowid table with a BLOB key, not WITHOUT ROWID: answers would spread the key's tree over the
-- whole file (four times slower to write with 2 kB). New rows go to the end of the table, so what expires
-- together lies together and frees whole pages.
CREATE TABLE cached_answer (
  id            INTEGER PRIMARY KEY,
  -- 128 bits of a keyed hash over the canonical question, the model's version and the chart's.
  digest        BLOB    NOT NULL UNIQUE CHECK (length(digest) = 16),
  -- "<program>/<model version>/<chart version>": what an operator deletes by.
  scope         TEXT    NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  -- CRC-32 over digest, expiry and the plain answer. SQLite's own checks do not see a flipped bit in a value,
  -- nor an index that leads to another row.
  checksum      INTEGER NOT NULL,
  -- The recommendation as JSON, packed (src/store/pack.rs): its length in four bytes, then LZ4.
  answer        BLOB    NOT NULL
) STRICT;

-- What expires first goes first: by upkeep when it has expired, for newer ones when the file is full.
CREATE INDEX cached_answer_by_expiry ON cached_answer (expires_at_ms);

-- What an operator had done. Durable: written with synchronous = FULL before the
-- request is answered, and saved out of a damaged file. The last 10,000 are kept.
CREATE TABLE admin_audit (
  id         INTEGER PRIMARY KEY,
  at_ms      INTEGER NOT NULL,
  -- 'optimize', 'cache_warm', 'cache_clear', 'backup'.
  action     TEXT    NOT NULL,
  -- The action's parameters, as JSON.
  parameters TEXT    NOT NULL CHECK (json_valid(parameters)),
  -- 'done' or what went wrong.
  outcome    TEXT    NOT NULL,
  request_id TEXT    NOT NULL,
  -- A write that failed at its last step is tried again.
  UNIQUE (at_ms, action, parameters, request_id)
) STRICT;

-- Facts about the file itself, one a row.
--   in_use_since_ms  set while a process has the file open, deleted when it closes it in order:
--                    found at a start, it means that the last stop was not orderly
--   probed_at_ms     when it was last tried whether the file can be written, if nothing else was
--   salvaged <file>  when the audit of a quarantined file was taken over
CREATE TABLE store_fact (
  name  TEXT    PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How requests went, by the minute and by the hour: counts and durations, nothing of what was asked.
-- Minutes are kept for two days, hours for as long as SUITSIZE_HISTORY_DAYS says.
CREATE TABLE request_history (
  -- 60,000 or 3,600,000.
  span_ms      INTEGER NOT NULL,
  start_ms     INTEGER NOT NULL,
  -- When the process that counted was started: two of them may have had a part in one minute, and what
  -- one writes again takes its own row's place.
  run_ms       INTEGER NOT NULL,
  -- A pattern, never a path.
  route        TEXT    NOT NULL,
  -- The first digit of the status: 5 is an error of ours.
  status_class INTEGER NOT NULL CHECK (status_class BETWEEN 1 AND 5),
  -- 'memory', 'store', 'computed', or 'none' for what was no question.
  tier         TEXT    NOT NULL,
  requests     INTEGER NOT NULL,
  sum_ns       INTEGER NOT NULL,
  min_ns       INTEGER NOT NULL,
  max_ns       INTEGER NOT NULL,
  -- Of the bodies of answers.
  bytes        INTEGER NOT NULL,
  -- Counts by duration, as src/telemetry/histogram.rs writes them; the first byte is the version.
  histogram    BLOB    NOT NULL,
  -- CRC-32 over all of the above.
  checksum     INTEGER NOT NULL,
  PRIMARY KEY (span_ms, start_ms, run_ms, route, status_class, tier)
) STRICT, WITHOUT ROWID;
