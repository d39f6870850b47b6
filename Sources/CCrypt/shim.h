#pragma once
/* crypt_r(3) needs 32 KiB of scratch memory that Swift cannot lay out; allocated, used and wiped here. */
#include <crypt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Hashes the phrase with the method, cost and salt of setting; writes the hash with its terminating zero.
   Returns its length, 0 when the method is unknown, the setting is malformed or memory is short. */
static inline size_t omni_crypt_hash(const char *_Nonnull phrase, const char *_Nonnull setting, char *_Nonnull out,
                                     size_t capacity) {
    size_t length = 0;
    struct crypt_data *data = (struct crypt_data *)calloc(1, sizeof *data);
    if (data == NULL) return 0;
    const char *hash = crypt_r(phrase, setting, data);
    if (hash != NULL && hash[0] != '*') {
        size_t count = strlen(hash);
        if (count < capacity) {
            memcpy(out, hash, count + 1);
            length = count;
        }
    }
    explicit_bzero(data, sizeof *data);
    free(data);
    return length;
}
