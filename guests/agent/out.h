/* SPDX-License-Identifier: GPL-2.0-only */
/* Growing text buffer with the few JSON forms the agent writes. */
#ifndef OUT_H
#define OUT_H

#include <stddef.h>

struct out {
	char *buf;
	size_t len;
	size_t size;
};

/* Allocates the buffer at once: while a step hangs, growing it could hang too. */
void out_init(struct out *o, size_t size);
void out_clear(struct out *o);
void out_bytes(struct out *o, const void *p, size_t n);
void out_text(struct out *o, const char *text);
void out_f(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void out_int(struct out *o, long long value);
/* A JSON string of n bytes; bytes that are not ASCII become \u00XX. */
void out_string(struct out *o, const char *text, size_t n);
void out_base64(struct out *o, const void *p, size_t n);

#endif
