// The first stage: simdjson validates UTF-8 and marks where each token begins, some gigabytes per second.
#include "structurals.hpp"

#include <cstring>
#include <memory>
#include <simdjson.h>

namespace {

using simdjson::internal::dom_parser_implementation;

/// Index memory is kept between texts up to this size of text, because a stream parses one small text per token.
constexpr size_t keptCapacity = size_t(1) << 20;
constexpr size_t smallestCapacity = size_t(1) << 12;

class Indexer {
public:
    dom_parser_implementation *prepared(size_t length) noexcept {
        if (length > capacity_ && !grow(length)) { return nullptr; }
        return parser_.get();
    }

    dom_parser_implementation *current() const noexcept { return parser_.get(); }

    void trim() noexcept {
        if (capacity_ > keptCapacity) {
            parser_.reset();
            capacity_ = 0;
        }
    }

private:
    bool grow(size_t length) noexcept {
        size_t capacity = smallestCapacity;
        while (capacity < length && capacity < keptCapacity) { capacity *= 2; }
        if (capacity < length) { capacity = length; }
        parser_.reset();
        capacity_ = 0;
        const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, parser_);
        if (error != simdjson::SUCCESS) { return false; }
        capacity_ = capacity;
        return true;
    }

    std::unique_ptr<dom_parser_implementation> parser_;
    size_t capacity_ = 0;
};

thread_local Indexer indexer;

/// Where the string that simdjson complains about goes wrong; only errors pay for this second look.
omni_json_result stringError(const uint8_t *bytes, size_t count) noexcept {
    bool inside = false;
    size_t opened = 0;
    for (size_t at = 0; at < count; ++at) {
        const uint8_t byte = bytes[at];
        if (inside && byte < 0x20) { return {OMNI_JSON_CONTROL, 0, at}; }
        if (byte == '\\') {
            ++at;
            if (inside && at < count && bytes[at] < 0x20) { return {OMNI_JSON_CONTROL, 0, at}; }
        } else if (byte == '"') {
            inside = !inside;
            opened = at;
        }
    }
    return {OMNI_JSON_INCOMPLETE, 0, inside ? opened : count};
}

/// The length of the longest valid prefix, by halving.
size_t validPrefix(const uint8_t *bytes, size_t count) noexcept {
    size_t valid = 0;
    size_t invalid = count;
    while (invalid - valid > 1) {
        const size_t middle = valid + (invalid - valid) / 2;
        // A cut inside a character is not an error of its own: look at whole characters only.
        size_t cut = middle;
        for (int back = 0; back < 3 && cut > valid && (bytes[cut] & 0xC0) == 0x80; ++back) { --cut; }
        if (cut == valid) { break; }
        if (simdjson::validate_utf8(reinterpret_cast<const char *>(bytes) + valid, cut - valid)) {
            valid = cut;
        } else {
            invalid = cut;
        }
    }
    return valid;
}

omni_json_result failure(simdjson::error_code error, const uint8_t *bytes, size_t count) noexcept {
    switch (error) {
    case simdjson::UTF8_ERROR:
        return {OMNI_JSON_ENCODING, 0, validPrefix(bytes, count)};
    case simdjson::UNCLOSED_STRING:
    case simdjson::UNESCAPED_CHARS:
        return stringError(bytes, count);
    case simdjson::EMPTY:
        return {OMNI_JSON_INCOMPLETE, 0, count};
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
        return {OMNI_JSON_TOO_LARGE, 0, 0};
    default:
        return {OMNI_JSON_SYNTAX, 0, 0};
    }
}

}  // namespace

omni::Structurals omni::structurals() noexcept {
    const auto *parser = indexer.current();
    if (parser == nullptr) { return {nullptr, 0}; }
    return {parser->structural_indexes.get(), parser->n_structural_indexes};
}

omni_json_result omni_json_index(const uint8_t *bytes, size_t count) {
    // Offsets are 32 bits wide, and simdjson counts rounded up to blocks of 64.
    if (count > simdjson::SIMDJSON_MAXSIZE_BYTES - 128) { return {OMNI_JSON_TOO_LARGE, 0, 0}; }
    const size_t mark = omni::byteOrderMark(bytes, count);
    bytes += mark;
    count -= mark;
    if (count == 0) { return {OMNI_JSON_INCOMPLETE, 0, mark}; }
    auto *parser = indexer.prepared(count);
    if (parser == nullptr) { return {OMNI_JSON_TOO_LARGE, 0, 0}; }
    // Stage 1 copies the last, partial block before it looks at it, so that nothing behind `count` is read.
    const auto error = parser->stage1(bytes, count, simdjson::stage1_mode::regular);
    if (error != simdjson::SUCCESS) {
        omni_json_result result = failure(error, bytes, count);
        result.offset += mark;
        return result;
    }
    return {OMNI_JSON_OK, parser->n_structural_indexes, 0};
}

void omni_json_trim(void) { indexer.trim(); }
