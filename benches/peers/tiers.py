"""Where an answer comes from: memory, the SQLite file that all processes share, or the model.

cachetools' TTLCache under a lock, since it allows no concurrent use; a connection for each thread, WAL so that
readers never wait, and one thread for each process that commits what has come together: committing each
answer by itself makes the processes wait for one another's lock. What waits to be written is written on the way
out and lost in a crash, a full queue drops: an answer can always be computed again. The lifetimes are SuitSize's.
"""

import atexit
import queue
import sqlite3
import threading
import time

from cachetools import TTLCache

MEMORY_ENTRIES = 100_000
MEMORY_SECONDS = 30
STORE_SECONDS = 300
WAITING_MOST = 10_000
TOGETHER_MOST = 500
CLOSING_SECONDS = 5
CREATE = """CREATE TABLE IF NOT EXISTS answers(
    key TEXT PRIMARY KEY, body BLOB NOT NULL, expires REAL NOT NULL) WITHOUT ROWID"""
_END = None


class Tiers:
    def __init__(self, path):
        self._path = path
        self._memory, self._lock = TTLCache(MEMORY_ENTRIES, MEMORY_SECONDS), threading.Lock()
        self._local, self._waiting = threading.local(), queue.Queue(WAITING_MOST)
        self._connection().execute(CREATE)
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()
        atexit.register(self.close)

    def answer(self, key, compute):
        """Body and tier of `key`; `compute` makes the body where none is kept."""
        with self._lock:
            body = self._memory.get(key)
        if body is not None:
            return body, "HIT-MEMORY"
        row = self._connection().execute(
            "SELECT body FROM answers WHERE key = ? AND expires > ?", (key, time.time())).fetchone()
        body = row[0] if row else compute()
        with self._lock:
            self._memory[key] = body
        if row is None:
            try:
                self._waiting.put_nowait((key, body, time.time() + STORE_SECONDS))
            except queue.Full:
                pass
        return body, "HIT-STORE" if row else "MISS"

    def close(self):
        """Writes what waits. A second time it does nothing."""
        if self._writer.is_alive():
            self._waiting.put(_END)
            self._writer.join(CLOSING_SECONDS)

    def _connection(self):
        if not hasattr(self._local, "connection"):
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=5)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            self._local.connection = connection
        return self._local.connection

    def _write(self):
        rows = []
        while _END not in rows:
            rows = [self._waiting.get()]
            while len(rows) < TOGETHER_MOST and not self._waiting.empty():
                rows.append(self._waiting.get())
            try:
                with self._connection() as connection:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", filter(None, rows))
            except sqlite3.OperationalError:
                # Busy for longer than the timeout, or a full disk: the next ones may be kept.
                continue
