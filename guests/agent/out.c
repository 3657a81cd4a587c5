// SPDX-License-Identifier: GPL-2.0-only
#include "out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct out *o, size_t more)
{
	size_t size = o->size;

	if (o->len + more <= size)
		return;
	while (size < o->len + more)
		size = size ? size * 2 : 4096;
	o->buf = realloc(o->buf, size);
	if (!o->buf) {
		fputs("zdagent: out of memory\n", stderr);
		exit(1);
	}
	o->size = size;
}

void out_init(struct out *o, size_t size)
{
	memset(o, 0, sizeof(*o));
	reserve(o, size);
	memset(o->buf, 0, o->size);
}

void out_clear(struct out *o)
{
	o->len = 0;
}

void out_bytes(struct out *o, const void *p, size_t n)
{
	reserve(o, n);
	memcpy(o->buf + o->len, p, n);
	o->len += n;
}

void out_text(struct out *o, const char *text)
{
	out_bytes(o, text, strlen(text));
}

void out_f(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	reserve(o, 256);
	va_start(ap, fmt);
	n = vsnprintf(o->buf + o->len, o->size - o->len, fmt, ap);
	va_end(ap);
	if ((size_t)n >= o->size - o->len) {
		reserve(o, n + 1);
		va_start(ap, fmt);
		vsnprintf(o->buf + o->len, o->size - o->len, fmt, ap);
		va_end(ap);
	}
	o->len += n;
}

void out_int(struct out *o, long long value)
{
	unsigned long long rest = value < 0 ? -(unsigned long long)value :
					      (unsigned long long)value;
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = '0' + rest % 10;
	while (rest /= 10);
	if (value < 0)
		digits[--at] = '-';
	out_bytes(o, digits + at, sizeof(digits) - at);
}

void out_string(struct out *o, const char *text, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	reserve(o, 6 * n + 2);
	o->buf[o->len++] = '"';
	for (size_t i = 0; i < n; i++) {
		unsigned char c = text[i];

		if (c == '"' || c == '\\') {
			o->buf[o->len++] = '\\';
			o->buf[o->len++] = c;
		} else if (c < 0x20 || c >= 0x7f) {
			memcpy(o->buf + o->len, "\\u00", 4);
			o->buf[o->len + 4] = hex[c >> 4];
			o->buf[o->len + 5] = hex[c & 15];
			o->len += 6;
		} else {
			o->buf[o->len++] = c;
		}
	}
	o->buf[o->len++] = '"';
}

void out_base64(struct out *o, const void *p, size_t n)
{
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = p;
	char *to;

	reserve(o, (n + 2) / 3 * 4);
	to = o->buf + o->len;
	for (; n >= 3; n -= 3, in += 3) {
		*to++ = set[in[0] >> 2];
		*to++ = set[(in[0] & 3) << 4 | in[1] >> 4];
		*to++ = set[(in[1] & 15) << 2 | in[2] >> 6];
		*to++ = set[in[2] & 63];
	}
	if (n) {
		*to++ = set[in[0] >> 2];
		*to++ = set[(in[0] & 3) << 4 | (n > 1 ? in[1] >> 4 : 0)];
		*to++ = n > 1 ? set[(in[1] & 15) << 2] : '=';
		*to++ = '=';
	}
	o->len = to - o->buf;
}
