// What the two halves of the parser share: the marks simdjson found, and the bytes they count from.
#pragma once

#include "include/CSimdJSON.h"

namespace omni {

struct Structurals {
    const uint32_t *positions;  // one more than `count` may be read: the length of the text
    uint32_t count;
};

/// The marks of the text indexed last on this thread.
Structurals structurals() noexcept;

/// A UTF-8 byte order mark is tolerated and skipped; offsets still count it.
inline size_t byteOrderMark(const uint8_t *bytes, size_t count) noexcept {
    return count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0;
}

inline bool isBlank(uint8_t byte) noexcept {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

}  // namespace omni
