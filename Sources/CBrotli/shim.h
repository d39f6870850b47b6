#pragma once
/* The decoder of Brotli (RFC 7932). */
#include <brotli/decode.h>
