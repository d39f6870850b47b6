/* JSON texts through simdjson's first stage, as a flat tape of nodes. C on the outside, C++17 within. */
#ifndef OMNI_CSIMDJSON_H
#define OMNI_CSIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The order is that of JSONError.Code's initialiser in JSONCore/SimdJSON.swift. */
enum {
    OMNI_JSON_OK = 0,
    OMNI_JSON_SYNTAX = 1,
    OMNI_JSON_INCOMPLETE = 2,      /* the text ends inside a string or a container, or has no value at all */
    OMNI_JSON_ENCODING = 3,        /* not UTF-8 */
    OMNI_JSON_CONTROL = 4,         /* a bare control character inside a string */
    OMNI_JSON_TOO_DEEP = 5,
    OMNI_JSON_TOO_MANY_NODES = 6,
    OMNI_JSON_NUMBER_TOO_LONG = 7,
    OMNI_JSON_KEY_TOO_LONG = 8,
    OMNI_JSON_TOO_LARGE = 9,       /* 4 GiB or more, or no memory for the index */
    OMNI_JSON_TAPE_FULL = 10,      /* never for a valid text: repeat the walk with more room to learn the error */
};

/* One value, or one key (a string directly before its value). 16 bytes. */
typedef struct omni_json_node {
    uint32_t start;  /* offset of the first byte, quotes included */
    uint32_t end;    /* offset behind the last byte */
    uint32_t next;   /* index of the node behind this one and everything inside it */
    uint32_t info;   /* kind | flag | number of elements or members << 4 */
} omni_json_node;

enum {
    OMNI_JSON_NULL = 0, OMNI_JSON_FALSE = 1, OMNI_JSON_TRUE = 2, OMNI_JSON_NUMBER = 3,
    OMNI_JSON_STRING = 4, OMNI_JSON_ARRAY = 5, OMNI_JSON_OBJECT = 6,
    OMNI_JSON_KIND_MASK = 7,
    OMNI_JSON_FLAG = 8,            /* a string with escapes; a number with a fraction or an exponent */
};

typedef struct omni_json_limits {
    uint32_t depth;
    uint32_t nodes;
    uint32_t number_length;
    uint32_t key_length;
} omni_json_limits;

typedef struct omni_json_result {
    int32_t status;
    uint32_t count;                /* index: marks found; walk: nodes written */
    size_t offset;                 /* where the error is */
} omni_json_result;

/* Finds and keeps (for this thread) the structural marks of a text; refuses bad UTF-8, control characters in strings and
   unclosed strings. Reads exactly `count` bytes: no padding is needed. */
omni_json_result omni_json_index(const uint8_t *_Nonnull bytes, size_t count);

/* Checks the grammar of the text indexed last on this thread and writes its nodes in document order. `tape` has room for
   `capacity` nodes; (marks + 1) / 2 are enough for every valid text. */
omni_json_result omni_json_walk(
    const uint8_t *_Nonnull bytes, size_t count, omni_json_limits limits, void *_Nonnull tape, size_t capacity);

/* Gives back this thread's index memory if a large text made it grow. */
void omni_json_trim(void);

/* The last member's value with this (unescaped) key: its node index, or 0 when there is none. */
uint32_t omni_json_find(
    const void *_Nonnull tape, uint32_t object, const uint8_t *_Nonnull bytes, const uint8_t *_Nullable key, size_t length);

/* One bit for every key of an object: a key whose bit (`omni_json_key_bit`) is clear does not occur. All bits where a key has
   escapes. */
uint64_t omni_json_keys(const void *_Nonnull tape, uint32_t object, const uint8_t *_Nonnull bytes);

/* The bit of an unescaped key, from its length and its outer bytes. */
static inline uint64_t omni_json_key_bit(const uint8_t *_Nonnull key, size_t length) {
    return length == 0 ? 1 : UINT64_C(1) << ((length * 5 + key[0] * 3 + key[length - 1] * 7) & 63);
}

/* The first key that an earlier member has too: its node index, 0 when all differ, or OMNI_JSON_UNSURE when there are too
   many members, or escapes in a key, to tell here. */
#define OMNI_JSON_UNSURE UINT32_MAX
uint32_t omni_json_duplicate(const void *_Nonnull tape, uint32_t object, const uint8_t *_Nonnull bytes);

/* Whether raw string content (no quotes) says the same as plain UTF-8 text. */
bool omni_json_equals(
    const uint8_t *_Nonnull raw, size_t raw_length, const uint8_t *_Nullable text, size_t text_length);

/* Whether the bytes can stand between the quotes of a JSON string: valid UTF-8, nothing unescaped that must be, complete
   escapes. */
bool omni_json_is_content(const uint8_t *_Nonnull bytes, size_t length);

/* Writes the text a raw string content stands for (never longer than it) and returns its length. Lone surrogates become U+FFFD. */
size_t omni_json_unescape(const uint8_t *_Nonnull raw, size_t length, uint8_t *_Nonnull output);

/* How many bytes at the start can stand in a JSON string as they are: stops at controls, quote, backslash and 0xE2
   (which may begin U+2028 or U+2029). */
size_t omni_json_plain_prefix(const uint8_t *_Nonnull bytes, size_t length);

/* Writes text as string content, U+2028 and U+2029 escaped too, and returns how many bytes it wrote. Stops when fewer than
   6 bytes of `room` are left; `consumed` says how much of the text is done. */
size_t omni_json_escape(
    const uint8_t *_Nonnull bytes, size_t length, uint8_t *_Nonnull output, size_t room, size_t *_Nonnull consumed);

#ifdef __cplusplus
}
#endif
#endif
