// Strings: comparing, unescaping, finding what needs an escape, and members by key.
#include "include/CSimdJSON.h"

#include <simdjson.h>

#include <cctype>
#include <cstring>

namespace {

uint32_t hexadecimal(const uint8_t *p) noexcept {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
        const uint8_t byte = p[i];
        value = value << 4 | ((byte <= '9' ? byte - '0' : (byte | 0x20) - 'a' + 10u) & 15);
    }
    return value;
}

size_t encode(uint32_t scalar, uint8_t *output) noexcept {
    if (scalar < 0x80) {
        output[0] = static_cast<uint8_t>(scalar);
        return 1;
    }
    if (scalar < 0x800) {
        output[0] = static_cast<uint8_t>(0xC0 | scalar >> 6);
        output[1] = static_cast<uint8_t>(0x80 | (scalar & 0x3F));
        return 2;
    }
    if (scalar < 0x10000) {
        output[0] = static_cast<uint8_t>(0xE0 | scalar >> 12);
        output[1] = static_cast<uint8_t>(0x80 | (scalar >> 6 & 0x3F));
        output[2] = static_cast<uint8_t>(0x80 | (scalar & 0x3F));
        return 3;
    }
    output[0] = static_cast<uint8_t>(0xF0 | scalar >> 18);
    output[1] = static_cast<uint8_t>(0x80 | (scalar >> 12 & 0x3F));
    output[2] = static_cast<uint8_t>(0x80 | (scalar >> 6 & 0x3F));
    output[3] = static_cast<uint8_t>(0x80 | (scalar & 0x3F));
    return 4;
}

/// Reads one escape at a backslash. The content was checked by the walker; cut-off escapes are still not read past.
const uint8_t *readEscape(const uint8_t *p, const uint8_t *end, uint8_t *output, size_t *written) noexcept {
    *written = 1;
    if (end - p < 2) {
        *output = '\\';
        return end;
    }
    switch (p[1]) {
    case 'b': *output = '\b'; return p + 2;
    case 'f': *output = '\f'; return p + 2;
    case 'n': *output = '\n'; return p + 2;
    case 'r': *output = '\r'; return p + 2;
    case 't': *output = '\t'; return p + 2;
    case 'u': break;
    default: *output = p[1]; return p + 2;
    }
    if (end - p < 6) {
        *output = '?';
        return end;
    }
    uint32_t scalar = hexadecimal(p + 2);
    p += 6;
    if (scalar >= 0xD800 && scalar < 0xE000) {
        const bool isHigh = scalar < 0xDC00;
        const uint32_t low = isHigh && end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hexadecimal(p + 2) : 0;
        if (low >= 0xDC00 && low < 0xE000) {
            scalar = 0x10000 + ((scalar - 0xD800) << 10) + (low - 0xDC00);
            p += 6;
        } else {
            scalar = 0xFFFD;
        }
    }
    *written = encode(scalar, output);
    return p;
}

bool isPlain(uint8_t byte) noexcept {
    return byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0xE2;
}

/// The letter behind the backslash for bytes that have a short escape, else 0.
uint8_t shortEscape(uint8_t byte) noexcept {
    switch (byte) {
    case '"': case '\\': return byte;
    case '\b': return 'b';
    case '\t': return 't';
    case '\n': return 'n';
    case '\f': return 'f';
    case '\r': return 'r';
    default: return 0;
    }
}

/// Whether U+2028 or U+2029 begins here: JavaScript once took them for line ends.
bool isLineSeparator(const uint8_t *bytes, size_t left) noexcept {
    return left >= 3 && bytes[0] == 0xE2 && bytes[1] == 0x80 && (bytes[2] | 1) == 0xA9;
}

}  // namespace

bool omni_json_equals(const uint8_t *raw, size_t raw_length, const uint8_t *text, size_t text_length) {
    const uint8_t *const end = raw + raw_length;
    const uint8_t *const textEnd = text + text_length;
    while (raw < end && text < textEnd) {
        if (*raw != '\\') {
            if (*raw++ != *text++) { return false; }
            continue;
        }
        uint8_t unescaped[4];
        size_t size = 0;
        raw = readEscape(raw, end, unescaped, &size);
        if (static_cast<size_t>(textEnd - text) < size || std::memcmp(text, unescaped, size) != 0) { return false; }
        text += size;
    }
    return raw == end && text == textEnd;
}

bool omni_json_is_content(const uint8_t *bytes, size_t length) {
    uint8_t seen = 0;
    for (size_t at = 0; at < length; ++at) {
        const uint8_t byte = bytes[at];
        seen |= byte;
        if (byte < 0x20 || byte == '"') { return false; }
        if (byte != '\\') { continue; }
        if (++at == length) { return false; }
        switch (bytes[at]) {
        case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': continue;
        case 'u': break;
        default: return false;
        }
        if (length - at < 5) { return false; }
        for (int digit = 0; digit < 4; ++digit) {
            if (!std::isxdigit(bytes[++at])) { return false; }
        }
    }
    return seen < 0x80 || simdjson::validate_utf8(reinterpret_cast<const char *>(bytes), length);
}

uint32_t omni_json_find(const void *tape, uint32_t object, const uint8_t *bytes, const uint8_t *key, size_t length) {
    const auto *nodes = static_cast<const omni_json_node *>(tape);
    uint32_t found = 0;
    uint32_t at = object + 1;
    for (uint32_t left = nodes[object].info >> 4; left > 0; --left) {
        const omni_json_node &name = nodes[at];
        const size_t rawLength = name.end - name.start - 2;
        const uint8_t *raw = bytes + name.start + 1;
        if (name.info & OMNI_JSON_FLAG) {
            if (rawLength > length && omni_json_equals(raw, rawLength, key, length)) { found = at + 1; }
        } else if (rawLength == length && (length == 0 || (*raw == *key && std::memcmp(raw, key, length) == 0))) {
            found = at + 1;
        }
        at = nodes[at + 1].next;
    }
    return found;
}

uint64_t omni_json_keys(const void *tape, uint32_t object, const uint8_t *bytes) {
    const auto *nodes = static_cast<const omni_json_node *>(tape);
    uint64_t bits = 0;
    uint32_t at = object + 1;
    for (uint32_t left = nodes[object].info >> 4; left > 0 && ~bits != 0; --left) {
        const omni_json_node &name = nodes[at];
        if (name.info & OMNI_JSON_FLAG) { return UINT64_MAX; }
        bits |= omni_json_key_bit(bytes + name.start + 1, name.end - name.start - 2);
        at = nodes[at + 1].next;
    }
    return bits;
}

uint32_t omni_json_duplicate(const void *tape, uint32_t object, const uint8_t *bytes) {
    const auto *nodes = static_cast<const omni_json_node *>(tape);
    constexpr uint32_t few = 32;
    const uint32_t count = nodes[object].info >> 4;
    if (count > few) { return OMNI_JSON_UNSURE; }
    uint32_t names[few];
    uint32_t at = object + 1;
    for (uint32_t member = 0; member < count; ++member) {
        const omni_json_node &name = nodes[at];
        if (name.info & OMNI_JSON_FLAG) { return OMNI_JSON_UNSURE; }
        const size_t length = name.end - name.start;
        for (uint32_t earlier = 0; earlier < member; ++earlier) {
            const omni_json_node &other = nodes[names[earlier]];
            if (other.end - other.start == length && std::memcmp(bytes + other.start, bytes + name.start, length) == 0) {
                return at;
            }
        }
        names[member] = at;
        at = nodes[at + 1].next;
    }
    return 0;
}

size_t omni_json_unescape(const uint8_t *raw, size_t length, uint8_t *output) {
    const uint8_t *const end = raw + length;
    uint8_t *const start = output;
    while (raw < end) {
        const void *found = std::memchr(raw, '\\', static_cast<size_t>(end - raw));
        const uint8_t *backslash = found == nullptr ? end : static_cast<const uint8_t *>(found);
        const auto run = static_cast<size_t>(backslash - raw);
        std::memcpy(output, raw, run);
        output += run;
        raw = backslash;
        while (raw < end && *raw == '\\') {
            size_t size = 0;
            uint8_t unescaped[4];
            raw = readEscape(raw, end, unescaped, &size);
            std::memcpy(output, unescaped, size);
            output += size;
        }
    }
    return static_cast<size_t>(output - start);
}

size_t omni_json_plain_prefix(const uint8_t *bytes, size_t length) {
    size_t at = 0;
    for (; length - at >= 32; at += 32) {
        uint8_t special = 0;
        for (size_t i = 0; i < 32; ++i) {  // no early exit: the compiler makes vector code of it
            const uint8_t byte = bytes[at + i];
            special |= static_cast<uint8_t>((byte < 0x20) | (byte == '"') | (byte == '\\') | (byte == 0xE2));
        }
        if (special) { break; }
    }
    while (at < length && isPlain(bytes[at])) { ++at; }
    return at;
}

size_t omni_json_escape(const uint8_t *bytes, size_t length, uint8_t *output, size_t room, size_t *consumed) {
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    size_t written = 0;
    while (at < length && room - written >= 6) {
        const uint8_t byte = bytes[at];
        if (isPlain(byte)) {
            output[written++] = byte;
            ++at;
        } else if (const uint8_t letter = shortEscape(byte)) {
            output[written++] = '\\';
            output[written++] = letter;
            ++at;
        } else if (byte < 0x20) {
            const uint8_t escape[6] = {'\\', 'u', '0', '0', uint8_t(digits[byte >> 4]), uint8_t(digits[byte & 15])};
            std::memcpy(output + written, escape, 6);
            written += 6;
            ++at;
        } else if (isLineSeparator(bytes + at, length - at)) {
            std::memcpy(output + written, bytes[at + 2] == 0xA8 ? "\\u2028" : "\\u2029", 6);
            written += 6;
            at += 3;
        } else {
            output[written++] = byte;
            ++at;
        }
    }
    *consumed = at;
    return written;
}
