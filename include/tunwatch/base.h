/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base: memory, buffers, text, addresses, time arithmetic. No I/O, no clocks. */
#ifndef TUNWATCH_BASE_H
#define TUNWATCH_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof *(a))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

#define US_PER_S INT64_C(1000000)
#define US_PER_MS INT64_C(1000)
#define NS_PER_US INT64_C(1000)
#define NS_PER_S INT64_C(1000000000)

/* Memory. Exhaustion ends the process: the x functions never return NULL. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size); /* n * size, overflow checked; new part not zeroed */
char *xstrdup(const char *s);
/* Grow *items (of *cap elements of size bytes) to hold need; new elements are zero. */
void array_grow(void *items, size_t *cap, size_t need, size_t size);
/* Overwrite a buffer a secret crossed; not optimised away. */
void wipe(void *p, size_t len);

/* An error told to a person: what, where, how to mend it. */
struct error {
	char text[512];
};
/* Fill err (may be NULL) and return code, so that `return error_set(err, -EINVAL, ...)` reads well. */
int error_set(struct error *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* A growing byte buffer; always NUL-terminated behind len. Zero-initialise; free with buf_free. */
struct buf {
	char *data;
	size_t len, cap;
};
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void buf_drop(struct buf *b, size_t n); /* remove n bytes from the front */
void buf_clear(struct buf *b);
void buf_free(struct buf *b);

/* Text. */
/* snprintf that appends at *pos (< size) and never overruns; *pos stays <= size - 1. */
void str_append(char *dst, size_t size, size_t *pos, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Copy with truncation; dst is always terminated. Returns true when all of src fitted. */
bool str_copy(char *dst, size_t size, const char *src);
/* Copy len bytes from outside as valid UTF-8 without C0, C1, bidi and other invisible controls: each
 * offending byte becomes \xNN. At most size - 1 bytes, never splitting a character. Returns the length. */
size_t str_clean(char *dst, size_t size, const void *src, size_t len);
/* Decode one UTF-8 character of s (len > 0 bytes). Returns its length 1..4, or 0 when ill-formed. */
size_t utf8_decode(const char *s, size_t len, uint32_t *ret);
size_t utf8_encode(uint32_t c, char out[4]); /* 1..4 */
/* Whole-string numbers: false unless all of s is a number in [min, max]. */
bool str_to_int(const char *s, int64_t min, int64_t max, int64_t *ret);
bool str_to_double(const char *s, double min, double max, double *ret);
/* Edit distance, for "did you mean"; both strings at most 64 bytes, else 64. */
unsigned str_distance(const char *a, const char *b);

/* An IPv4 or IPv6 address in network order; family 0 is "none" and all-zero. Comparable by memcmp. */
struct addr {
	uint8_t family; /* 0, AF_INET, AF_INET6 */
	uint8_t bytes[16];
};
#define ADDR_TEXT_MAX 48
struct addr addr_make(int family, const void *bytes); /* family 0 on any other family */
bool addr_parse(const char *s, struct addr *ret);     /* numeric only; no zone, no name */
const char *addr_format(const struct addr *a, char out[ADDR_TEXT_MAX]); /* "" for none; returns out */
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_is_set(const struct addr *a);         /* family set and not the any address */
bool addr_is_link_local(const struct addr *a);  /* 169.254/16 is *not* meant: fe80::/10 only */
bool addr_is_group(const struct addr *a);       /* multicast, or the limited broadcast address */
unsigned addr_bits(const struct addr *a);       /* 32, 128, 0 */
/* The other host of a two-host subnet: /30 and /31 (RFC 3021), /126 and /127 (RFC 6164). */
bool addr_other_host(const struct addr *a, unsigned prefix_len, struct addr *ret);
bool addr_in_prefix(const struct addr *a, const struct addr *net, unsigned prefix_len);

/* Hashing (tables and test fingerprints; not for security). */
uint64_t hash_bytes(uint64_t seed, const void *data, size_t len);

/* Time arithmetic; all times int64 microseconds, wall times since 1970 UTC. */
#define TIME_TEXT_MAX 40
/* RFC 3339 with microseconds, UTC: 2026-11-20T14:05:30.000000Z. Returns out. */
const char *time_rfc3339(int64_t wall_us, char out[TIME_TEXT_MAX]);
/* Civil time of wall_us shifted by offset_s: year, month 1.., day, hour, minute, second. */
struct time_parts {
	int year, month, day, hour, minute, second, usec;
};
struct time_parts time_split(int64_t wall_us, int offset_s);
int64_t time_join(const struct time_parts *p, int offset_s); /* inverse of time_split */
/* Parse RFC 3339 (fraction optional, Z or +hh:mm). False when ill-formed. */
bool time_parse_rfc3339(const char *s, int64_t *ret);
/* Short age for columns, at most 6 characters: 42s, 2m14, 1h42, 3d04, 134d. Returns out. */
const char *time_age(int64_t us, char out[16]);

#endif
