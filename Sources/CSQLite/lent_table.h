#pragma once
/* A table without storage: a statement that reads it gets rows the program holds in memory, one at a time.
   An eponymous virtual table; SQLite asks for single values, the program is asked once per row. */
#include <sqlite3.h>
#include <stdint.h>

enum omni_cell_kind { OMNI_CELL_NULL = 0, OMNI_CELL_INTEGER, OMNI_CELL_REAL, OMNI_CELL_TEXT };

/* One value of the present row. Text is not copied: it must stay where it is until the next row. */
struct omni_cell {
    int32_t kind;
    int32_t count;
    union {
        int64_t integer;
        double real;
        const char *_Nullable text;
    } value;
};

/* What the program lends; belongs to the program and outlives the connection. */
struct omni_lent_rows {
    const char *_Nullable declaration;
    int32_t columns;
    struct omni_cell *_Nullable cells;
    /* Set while a statement reads; the cells are those of one row. */
    int32_t is_read;
    int64_t first, end;
    void *_Nullable context;
    /* Puts the values of a row into the cells. */
    void (*_Nullable fill)(void *_Nullable context, int64_t row);
};

struct omni_lent_table {
    sqlite3_vtab base;
    struct omni_lent_rows *rows;
};

struct omni_lent_cursor {
    sqlite3_vtab_cursor base;
    struct omni_lent_rows *rows;
    int64_t row;
};

static inline int omni_lent_connect(sqlite3 *db, void *context, int count, const char *const *arguments, sqlite3_vtab **table,
                             char **error) {
    (void)count, (void)arguments, (void)error;
    struct omni_lent_rows *rows = (struct omni_lent_rows *)context;
    int result = sqlite3_declare_vtab(db, rows->declaration);
    if (result != SQLITE_OK) return result;
    struct omni_lent_table *created = (struct omni_lent_table *)sqlite3_malloc(sizeof(struct omni_lent_table));
    if (created == 0) return SQLITE_NOMEM;
    *created = (struct omni_lent_table){.rows = rows};
    *table = &created->base;
    return SQLITE_OK;
}

static inline int omni_lent_disconnect(sqlite3_vtab *table) {
    sqlite3_free(table);
    return SQLITE_OK;
}

static inline int omni_lent_plan(sqlite3_vtab *table, sqlite3_index_info *plan) {
    (void)table;
    plan->estimatedCost = 1000;
    plan->estimatedRows = 1000;
    return SQLITE_OK;
}

static inline int omni_lent_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor) {
    struct omni_lent_rows *rows = ((struct omni_lent_table *)table)->rows;
    if (rows->is_read) return SQLITE_MISUSE;
    struct omni_lent_cursor *created = (struct omni_lent_cursor *)sqlite3_malloc(sizeof(struct omni_lent_cursor));
    if (created == 0) return SQLITE_NOMEM;
    *created = (struct omni_lent_cursor){.rows = rows};
    rows->is_read = 1;
    *cursor = &created->base;
    return SQLITE_OK;
}

static inline int omni_lent_close(sqlite3_vtab_cursor *cursor) {
    ((struct omni_lent_cursor *)cursor)->rows->is_read = 0;
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static inline void omni_lent_move(struct omni_lent_cursor *cursor, int64_t row) {
    struct omni_lent_rows *rows = cursor->rows;
    cursor->row = row;
    if (row < rows->end && rows->fill != 0) rows->fill(rows->context, row);
}

static inline int omni_lent_start(sqlite3_vtab_cursor *cursor, int number, const char *text, int count,
                           sqlite3_value **values) {
    (void)number, (void)text, (void)count, (void)values;
    struct omni_lent_cursor *moved = (struct omni_lent_cursor *)cursor;
    omni_lent_move(moved, moved->rows->first);
    return SQLITE_OK;
}

static inline int omni_lent_next(sqlite3_vtab_cursor *cursor) {
    struct omni_lent_cursor *moved = (struct omni_lent_cursor *)cursor;
    omni_lent_move(moved, moved->row + 1);
    return SQLITE_OK;
}

static inline int omni_lent_is_end(sqlite3_vtab_cursor *cursor) {
    struct omni_lent_cursor *asked = (struct omni_lent_cursor *)cursor;
    return asked->row >= asked->rows->end;
}

static inline int omni_lent_value(sqlite3_vtab_cursor *cursor, sqlite3_context *result, int column) {
    struct omni_lent_rows *rows = ((struct omni_lent_cursor *)cursor)->rows;
    if (column < 0 || column >= rows->columns) return SQLITE_RANGE;
    const struct omni_cell *cell = &rows->cells[column];
    switch (cell->kind) {
    case OMNI_CELL_INTEGER: sqlite3_result_int64(result, cell->value.integer); break;
    case OMNI_CELL_REAL: sqlite3_result_double(result, cell->value.real); break;
    case OMNI_CELL_TEXT:
        sqlite3_result_text64(result, cell->value.text, (sqlite3_uint64)cell->count, SQLITE_STATIC, SQLITE_UTF8);
        break;
    default: break;
    }
    return SQLITE_OK;
}

static inline int omni_lent_number(sqlite3_vtab_cursor *cursor, sqlite3_int64 *number) {
    *number = ((struct omni_lent_cursor *)cursor)->row;
    return SQLITE_OK;
}

/* Makes the table known to a connection under a name. */
static inline int omni_lent_define(sqlite3 *_Nonnull db, const char *_Nonnull name,
                                   struct omni_lent_rows *_Nonnull rows) {
    static const sqlite3_module module = {
        .xConnect = omni_lent_connect,
        .xBestIndex = omni_lent_plan,
        .xDisconnect = omni_lent_disconnect,
        .xOpen = omni_lent_open,
        .xClose = omni_lent_close,
        .xFilter = omni_lent_start,
        .xNext = omni_lent_next,
        .xEof = omni_lent_is_end,
        .xColumn = omni_lent_value,
        .xRowid = omni_lent_number,
    };
    return sqlite3_create_module_v2(db, name, &module, rows, 0);
}
