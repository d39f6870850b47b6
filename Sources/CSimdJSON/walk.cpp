// The second stage: checks the grammar token by token and writes one node per value and key. No number is converted and no
// text is copied, so key order, duplicate keys and every spelling survive.
//
// While a container is open its `next` holds the index of the container around it, and the one around it its own count;
// closing puts the real values there. So depth costs no stack.
//
// Everything is inlined into `run`, whose loop then keeps the state in registers: a stream parses one text per token.
#include "structurals.hpp"

#include <cstring>

namespace {

#define INLINE __attribute__((always_inline))

using omni::isBlank;

constexpr uint32_t noContainer = UINT32_MAX;
constexpr uint32_t countShift = 4;

bool isDigit(uint8_t byte) noexcept { return static_cast<uint8_t>(byte - '0') < 10; }

bool isHexadecimal(uint8_t byte) noexcept {
    return isDigit(byte) || static_cast<uint8_t>((byte | 0x20) - 'a') < 6;
}

/// The first backslash from a place on, or the length. Looks at some words itself before it calls `memchr`, because in
/// escaped source code the next one is near.
INLINE uint32_t findBackslash(const uint8_t *bytes, uint32_t from, uint32_t length) noexcept {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    constexpr uint64_t ones = 0x0101010101010101;
    for (int word = 0; word < 4 && length - from >= 8; ++word, from += 8) {
        uint64_t eight;
        std::memcpy(&eight, bytes + from, 8);
        eight ^= ones * '\\';
        const uint64_t zeros = (eight - ones) & ~eight & ones << 7;  // the lowest bit set is that of the first zero byte
        if (zeros != 0) { return from + static_cast<uint32_t>(__builtin_ctzll(zeros)) / 8; }
    }
#endif
    if (from == length) { return length; }
    const void *found = std::memchr(bytes + from, '\\', length - from);
    return found == nullptr ? length : static_cast<uint32_t>(static_cast<const uint8_t *>(found) - bytes);
}

/// Checks the escapes up to a closing quote: the first backslash behind it, or that of a wrong escape before it.
uint32_t checkEscapes(const uint8_t *bytes, uint32_t backslash, uint32_t quote, uint32_t length) noexcept {
    while (backslash < quote) {
        const uint8_t *const escape = bytes + backslash;
        switch (escape[1]) {
        case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
            backslash += 2;
            break;
        case 'u':
            if (quote - backslash < 6 || !isHexadecimal(escape[2]) || !isHexadecimal(escape[3])
                || !isHexadecimal(escape[4]) || !isHexadecimal(escape[5])) {
                return backslash;
            }
            backslash += 6;
            break;
        default:
            return backslash;
        }
        backslash = findBackslash(bytes, backslash, length);
    }
    return backslash;
}

class Walker {
public:
    Walker(const uint8_t *bytes, uint32_t length, uint32_t base, omni::Structurals marks, const omni_json_limits &limits,
           omni_json_node *tape, uint32_t capacity) noexcept
        : bytes_(bytes), length_(length), base_(base), marks_(marks.positions), markCount_(marks.count), limits_(limits),
          tape_(tape), capacity_(capacity), backslash_(findBackslash(bytes, 0, length)) {}

    INLINE omni_json_result run() noexcept {
        while (value() && nextValue()) {}
        if (status_ == OMNI_JSON_OK && mark_ != markCount_) { fail(OMNI_JSON_SYNTAX, marks_[mark_]); }
        return {status_, used_, size_t(offset_) + base_};
    }

private:
    /// Goes on to the next element or member's value; `false` at the end of the text's value and at an error.
    INLINE bool nextValue() noexcept {
        while (open_ != noContainer) {
            if (mark_ == markCount_) { return fail(OMNI_JSON_INCOMPLETE, length_); }
            const uint32_t at = marks_[mark_];
            if (bytes_[at] == (isObject_ ? '}' : ']')) {
                ++mark_;
                close(at + 1);
                continue;
            }
            if (children_ > 0) {
                if (bytes_[at] != ',') { return fail(OMNI_JSON_SYNTAX, at); }
                ++mark_;
            }
            ++children_;
            return isObject_ ? key() : true;
        }
        return false;
    }

    INLINE bool key() noexcept {
        if (mark_ == markCount_) { return fail(OMNI_JSON_INCOMPLETE, length_); }
        const uint32_t at = marks_[mark_];
        if (bytes_[at] != '"') { return fail(OMNI_JSON_SYNTAX, at); }
        if (!string()) { return false; }
        const omni_json_node &node = tape_[used_ - 1];
        if (node.end - node.start - 2 > limits_.key_length) { return fail(OMNI_JSON_KEY_TOO_LONG, at); }
        if (mark_ == markCount_) { return fail(OMNI_JSON_INCOMPLETE, length_); }
        if (bytes_[marks_[mark_]] != ':') { return fail(OMNI_JSON_SYNTAX, marks_[mark_]); }
        ++mark_;
        return true;
    }

    INLINE bool value() noexcept {
        if (mark_ == markCount_) { return fail(OMNI_JSON_INCOMPLETE, length_); }
        const uint32_t at = marks_[mark_];
        if (++values_ > limits_.nodes) { return fail(OMNI_JSON_TOO_MANY_NODES, at); }
        switch (bytes_[at]) {
        case '"': return string();
        case '{': return open(OMNI_JSON_OBJECT);
        case '[': return open(OMNI_JSON_ARRAY);
        case 't': return literal("true", 4, OMNI_JSON_TRUE);
        case 'f': return literal("false", 5, OMNI_JSON_FALSE);
        case 'n': return literal("null", 4, OMNI_JSON_NULL);
        case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
            return number();
        default: return fail(OMNI_JSON_SYNTAX, at);
        }
    }

    INLINE bool open(uint32_t kind) noexcept {
        const uint32_t at = marks_[mark_++];
        if (++depth_ > limits_.depth) { return fail(OMNI_JSON_TOO_DEEP, at); }
        const uint32_t index = used_;
        if (!append(at, at + 1, kind)) { return false; }
        tape_[index].next = open_;
        if (open_ != noContainer) { saveCount(); }
        open_ = index;
        children_ = 0;
        isObject_ = kind == OMNI_JSON_OBJECT;
        return true;
    }

    INLINE void close(uint32_t end) noexcept {
        omni_json_node &container = tape_[open_];
        saveCount();
        container.end = base_ + end;
        open_ = container.next;
        container.next = used_;
        --depth_;
        if (open_ == noContainer) { return; }
        const uint32_t info = tape_[open_].info;
        children_ = info >> countShift;
        isObject_ = (info & OMNI_JSON_KIND_MASK) == OMNI_JSON_OBJECT;
    }

    INLINE void saveCount() noexcept {
        tape_[open_].info = (tape_[open_].info & OMNI_JSON_KIND_MASK) | children_ << countShift;
    }

    /// The closing quote is the last byte before the next mark that is not blank: nothing else may stand between.
    INLINE bool string() noexcept {
        const uint32_t at = marks_[mark_++];
        uint32_t end = marks_[mark_];
        while (end > at + 1 && isBlank(bytes_[end - 1])) { --end; }
        if (end < at + 2 || bytes_[end - 1] != '"') { return fail(OMNI_JSON_SYNTAX, at); }
        uint32_t info = OMNI_JSON_STRING;
        if (backslash_ < end) {
            info |= OMNI_JSON_FLAG;
            backslash_ = checkEscapes(bytes_, backslash_, end - 1, length_);
            if (backslash_ < end) { return fail(OMNI_JSON_SYNTAX, backslash_); }
        }
        return append(at, end, info);
    }

    INLINE bool literal(const char *text, uint32_t size, uint32_t kind) noexcept {
        const uint32_t at = marks_[mark_++];
        if (marks_[mark_] - at < size || std::memcmp(bytes_ + at, text, size) != 0) { return fail(OMNI_JSON_SYNTAX, at); }
        return endsScalar(at + size) && append(at, at + size, kind);
    }

    INLINE bool number() noexcept {
        const uint32_t at = marks_[mark_++];
        const uint32_t limit = marks_[mark_];
        uint32_t info = OMNI_JSON_NUMBER;
        uint32_t p = at + (bytes_[at] == '-' ? 1 : 0);
        if (p < limit && bytes_[p] == '0') {
            ++p;
        } else if (!digits(p, limit)) {
            return fail(OMNI_JSON_SYNTAX, at);
        }
        if (p < limit && bytes_[p] == '.') {
            info |= OMNI_JSON_FLAG;
            if (!digits(++p, limit)) { return fail(OMNI_JSON_SYNTAX, at); }
        }
        if (p < limit && (bytes_[p] | 0x20) == 'e') {
            info |= OMNI_JSON_FLAG;
            ++p;
            if (p < limit && (bytes_[p] == '+' || bytes_[p] == '-')) { ++p; }
            if (!digits(p, limit)) { return fail(OMNI_JSON_SYNTAX, at); }
        }
        if (p - at > limits_.number_length) { return fail(OMNI_JSON_NUMBER_TOO_LONG, at); }
        return endsScalar(p) && append(at, p, info);
    }

    /// At least one digit; moves behind the last.
    INLINE bool digits(uint32_t &p, uint32_t limit) const noexcept {
        const uint32_t first = p;
        while (p < limit && isDigit(bytes_[p])) { ++p; }
        return p > first;
    }

    /// Behind a scalar comes the next mark or a blank: `truex` and `1"a"` carry no mark of their own.
    INLINE bool endsScalar(uint32_t end) noexcept {
        return end == marks_[mark_] || isBlank(bytes_[end]) || fail(OMNI_JSON_SYNTAX, end);
    }

    INLINE bool append(uint32_t start, uint32_t end, uint32_t info) noexcept {
        if (used_ == capacity_) { return fail(OMNI_JSON_TAPE_FULL, start); }
        tape_[used_] = {base_ + start, base_ + end, used_ + 1, info};
        ++used_;
        return true;
    }

    INLINE bool fail(int32_t status, uint32_t at) noexcept {
        status_ = status;
        offset_ = at;
        return false;
    }

    const uint8_t *const bytes_;
    const uint32_t length_;
    const uint32_t base_;
    const uint32_t *const marks_;
    const uint32_t markCount_;
    const omni_json_limits limits_;
    omni_json_node *const tape_;
    const uint32_t capacity_;

    uint32_t backslash_;  // the first one not yet checked, or the length
    uint32_t mark_ = 0;
    uint32_t used_ = 0;
    uint32_t values_ = 0;
    uint32_t depth_ = 0;
    uint32_t open_ = noContainer;
    uint32_t children_ = 0;
    bool isObject_ = false;
    int32_t status_ = OMNI_JSON_OK;
    uint32_t offset_ = 0;
};

}  // namespace

omni_json_result omni_json_walk(
    const uint8_t *bytes, size_t count, omni_json_limits limits, void *tape, size_t capacity) {
    const omni::Structurals marks = omni::structurals();
    if (marks.count == 0) { return {OMNI_JSON_INCOMPLETE, 0, count}; }
    const size_t base = omni::byteOrderMark(bytes, count);
    if (capacity > marks.count) { capacity = marks.count; }
    Walker walker(bytes + base, static_cast<uint32_t>(count - base), static_cast<uint32_t>(base), marks, limits,
                  static_cast<omni_json_node *>(tape), static_cast<uint32_t>(capacity));
    return walker.run();
}
