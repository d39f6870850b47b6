#pragma once
/* http-parser (Debian's libhttp-parser-dev): an incremental HTTP/1 parser without input or output of its own.
   The shims read bit fields, and hide the parser's pause flag behind the one use we make of it. */
#include <http_parser.h>

/* The parser's error, HPE_OK if there is none; HPE_PAUSED after omni_http_pause in a callback. */
static inline enum http_errno omni_http_error(const http_parser *_Nonnull parser) { return HTTP_PARSER_ERRNO(parser); }

/* The method's token; valid as soon as the target begins. */
static inline const char *_Nonnull omni_http_method(const http_parser *_Nonnull parser) {
    return http_method_str((enum http_method)parser->method);
}

/* Makes execute return after the present callback; the next execute goes on where it stopped. */
static inline void omni_http_pause(http_parser *_Nonnull parser) { http_parser_pause(parser, 1); }
static inline void omni_http_resume(http_parser *_Nonnull parser) { http_parser_pause(parser, 0); }

/* Bytes of the chunk that just began; valid in the chunk header callback. */
static inline uint64_t omni_http_chunk_size(const http_parser *_Nonnull parser) { return parser->content_length; }

/* The status of the response; valid once its head is complete. */
static inline int omni_http_status(const http_parser *_Nonnull parser) { return (int)parser->status_code; }

/* The announced length of the body, -1 if there is none; valid in the headers complete callback. */
static inline int64_t omni_http_content_length(const http_parser *_Nonnull parser) {
    if (!(parser->flags & F_CONTENTLENGTH) || parser->content_length > INT64_MAX) return -1;
    return (int64_t)parser->content_length;
}

/* Whether the body comes in chunks; valid in the headers complete callback. */
static inline int omni_http_is_chunked(const http_parser *_Nonnull parser) { return (parser->flags & F_CHUNKED) != 0; }

/* Takes control characters in values, and lengths beside transfer codings, which then decide (RFC 9112 section 6.3). */
static inline void omni_http_be_lenient(http_parser *_Nonnull parser) {
    parser->lenient_http_headers = 1;
    parser->allow_chunked_length = 1;
}
