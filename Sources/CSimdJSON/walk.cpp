// The second stage: checks the grammar token by token and writes one node per value and key. No number is converted and no
// text is copied, so key order, duplicate keys and every spelling survive.
//
// While a container is open its `next` holds the index of the container around it; closing it puts the real value there.
#include "structurals.hpp"

#include <cstring>

namespace {

using omni::isBlank;

constexpr uint32_t noContainer = UINT32_MAX;
constexpr uint32_t oneChild = 1u << 4;

bool isDigit(uint8_t byte) noexcept { return static_cast<uint8_t>(byte - '0') < 10; }

bool isHexadecimal(uint8_t byte) noexcept {
    return isDigit(byte) || static_cast<uint8_t>((byte | 0x20) - 'a') < 6;
}

class Walker {
public:
    Walker(const uint8_t *bytes, uint32_t length, uint32_t base, omni::Structurals marks, const omni_json_limits &limits,
           omni_json_node *tape, uint32_t capacity) noexcept
        : bytes_(bytes), length_(length), base_(base), marks_(marks.positions), markCount_(marks.count), limits_(limits),
          tape_(tape), capacity_(capacity), backslash_(findBackslash(0)) {}

    omni_json_result run() noexcept {
        bool healthy = value();
        while (healthy && open_ != noContainer) { healthy = step(); }
        if (healthy && mark_ != markCount_) { healthy = fail(OMNI_JSON_SYNTAX, marks_[mark_]); }
        return {status_, used_, size_t(offset_) + base_};
    }

private:
    /// One element or member of the open container, or its end.
    bool step() noexcept {
        omni_json_node &container = tape_[open_];
        const bool isObject = (container.info & OMNI_JSON_KIND_MASK) == OMNI_JSON_OBJECT;
        if (mark_ == markCount_) { return fail(OMNI_JSON_INCOMPLETE, length_); }
        const uint32_t at = marks_[mark_];
        if (bytes_[at] == (isObject ? '}' : ']')) {
            ++mark_;
            open_ = container.next;
            --depth_;
            container.end = base_ + at + 1;
            container.next = used_;
            return true;
        }
        if (container.info >= oneChild) {
            if (bytes_[at] != ',') { return fail(OMNI_JSON_SYNTAX, at); }
            ++mark_;
        }
        container.info += oneChild;
        return isObject ? key() && value() : value();
    }

    bool key() noexcept {
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

    bool value() noexcept {
        if (mark_ == markCount_) { return fail(OMNI_JSON_INCOMPLETE, length_); }
        const uint32_t at = marks_[mark_];
        if (++values_ > limits_.nodes) { return fail(OMNI_JSON_TOO_MANY_NODES, at); }
        switch (bytes_[at]) {
        case '"': return string();
        case '{': return container(OMNI_JSON_OBJECT);
        case '[': return container(OMNI_JSON_ARRAY);
        case 't': return literal("true", 4, OMNI_JSON_TRUE);
        case 'f': return literal("false", 5, OMNI_JSON_FALSE);
        case 'n': return literal("null", 4, OMNI_JSON_NULL);
        case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
            return number();
        default: return fail(OMNI_JSON_SYNTAX, at);
        }
    }

    bool container(uint32_t kind) noexcept {
        const uint32_t at = marks_[mark_++];
        if (++depth_ > limits_.depth) { return fail(OMNI_JSON_TOO_DEEP, at); }
        const uint32_t index = used_;
        if (!append(at, at + 1, kind)) { return false; }
        tape_[index].next = open_;
        open_ = index;
        return true;
    }

    /// The closing quote is the last byte before the next mark that is not blank: nothing else may stand between.
    bool string() noexcept {
        const uint32_t at = marks_[mark_++];
        uint32_t end = marks_[mark_];
        while (end > at + 1 && isBlank(bytes_[end - 1])) { --end; }
        if (end < at + 2 || bytes_[end - 1] != '"') { return fail(OMNI_JSON_SYNTAX, at); }
        uint32_t info = OMNI_JSON_STRING;
        if (backslash_ < end) {
            info |= OMNI_JSON_FLAG;
            if (!escapes(end - 1)) { return false; }
        }
        return append(at, end, info);
    }

    /// Checks the escapes up to a closing quote and finds the first one behind it.
    bool escapes(uint32_t quote) noexcept {
        while (backslash_ < quote) {
            const uint32_t at = backslash_;
            switch (bytes_[at + 1]) {
            case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
                backslash_ = at + 2;
                break;
            case 'u':
                if (quote - at < 6 || !isHexadecimal(bytes_[at + 2]) || !isHexadecimal(bytes_[at + 3])
                    || !isHexadecimal(bytes_[at + 4]) || !isHexadecimal(bytes_[at + 5])) {
                    return fail(OMNI_JSON_SYNTAX, at);
                }
                backslash_ = at + 6;
                break;
            default:
                return fail(OMNI_JSON_SYNTAX, at);
            }
            backslash_ = findBackslash(backslash_);
        }
        return true;
    }

    uint32_t findBackslash(uint32_t from) const noexcept {
        if (from >= length_) { return length_; }
        const void *found = std::memchr(bytes_ + from, '\\', length_ - from);
        return found == nullptr ? length_ : static_cast<uint32_t>(static_cast<const uint8_t *>(found) - bytes_);
    }

    bool literal(const char *text, uint32_t size, uint32_t kind) noexcept {
        const uint32_t at = marks_[mark_++];
        if (marks_[mark_] - at < size || std::memcmp(bytes_ + at, text, size) != 0) { return fail(OMNI_JSON_SYNTAX, at); }
        return endsScalar(at + size) && append(at, at + size, kind);
    }

    bool number() noexcept {
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
    bool digits(uint32_t &p, uint32_t limit) const noexcept {
        const uint32_t first = p;
        while (p < limit && isDigit(bytes_[p])) { ++p; }
        return p > first;
    }

    /// Behind a scalar comes the next mark or a blank: `truex` and `1"a"` carry no mark of their own.
    bool endsScalar(uint32_t end) noexcept {
        return end == marks_[mark_] || isBlank(bytes_[end]) || fail(OMNI_JSON_SYNTAX, end);
    }

    bool append(uint32_t start, uint32_t end, uint32_t info) noexcept {
        if (used_ == capacity_) { return fail(OMNI_JSON_TAPE_FULL, start); }
        tape_[used_] = {base_ + start, base_ + end, used_ + 1, info};
        ++used_;
        return true;
    }

    bool fail(int32_t status, uint32_t at) noexcept {
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
