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

-- Upkeep deletes by it, oldest first.
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
--   salvaged <file>  when the audit of a quarantined file was taken over
CREATE TABLE store_fact (
  name  TEXT    PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
