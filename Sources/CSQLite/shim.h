#pragma once
/* SQLite for Swift: the variadic functions and cast macros Swift cannot import. */
#include <sqlite3.h>

/* sqlite3_db_config with the (int, int *) argument pair; sets a switch of one connection. */
static inline int omni_sqlite_configure(sqlite3 *_Nonnull db, int option, int value) {
    return sqlite3_db_config(db, option, value, (int *)0);
}

/* Counting every allocation costs a lock each time, and nobody asks for the sum. Before anything else is called. */
static inline void omni_sqlite_stop_counting_memory(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

/* SQLite copies the bytes before the call returns (SQLITE_TRANSIENT is a cast Swift does not see). */
static inline int omni_sqlite_bind_text(sqlite3_stmt *_Nonnull statement, int index, const char *_Nonnull text,
                                        sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, text, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int omni_sqlite_bind_blob(sqlite3_stmt *_Nonnull statement, int index, const void *_Nonnull bytes,
                                        sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}

/* errno of the last failed system call on the write-ahead log, else on the database file. sqlite3_system_errno has
   forgotten it by the time a failed commit returns. */
static inline int omni_sqlite_file_errno(sqlite3 *_Nonnull db) {
    int number = 0;
    sqlite3_file *log = (sqlite3_file *)0;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log != (sqlite3_file *)0 &&
        log->pMethods != (const struct sqlite3_io_methods *)0) {
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
    }
    if (number == 0) sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
}
