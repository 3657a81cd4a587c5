// SPDX-License-Identifier: GPL-2.0-only
/* CRC-32 with zlib's polynomial, eight bytes a step. */
#include "agent.h"

static uint32_t table[8][256];
/* What a block of bytes after it makes of each byte of a CRC. */
static uint32_t shift[4][256];

void crc32_setup(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
		table[0][i] = c;
	}
	for (int t = 1; t < 8; t++)
		for (uint32_t i = 0; i < 256; i++)
			table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
}

/* CRC-32 is linear: what a block of zeroes makes of each bit says all. */
void crc32_setup_join(size_t bytes)
{
	for (int bit = 0; bit < 32; bit++) {
		uint32_t *images = shift[bit / 8];
		uint32_t c = 1u << bit;
		uint32_t above = 1u << bit % 8;

		for (size_t n = 0; n < bytes; n += 8)
			c = table[7][c & 255] ^ table[6][c >> 8 & 255] ^ table[5][c >> 16 & 255] ^
			    table[4][c >> 24];
		for (uint32_t low = 0; low < above; low++)
			images[above | low] = images[low] ^ c;
	}
}

uint32_t crc32_join(uint32_t crc, uint32_t block)
{
	return shift[0][crc & 255] ^ shift[1][crc >> 8 & 255] ^ shift[2][crc >> 16 & 255] ^
	       shift[3][crc >> 24] ^ block;
}

uint32_t crc32_of(const void *p, size_t n)
{
	const uint64_t *word = p;
	const uint8_t *byte;
	uint32_t crc = ~0u;

	for (; n >= 8; n -= 8, word++) {
		uint64_t v = *word ^ crc;

		crc = table[7][v & 255] ^ table[6][v >> 8 & 255] ^ table[5][v >> 16 & 255] ^
		      table[4][v >> 24 & 255] ^ table[3][v >> 32 & 255] ^ table[2][v >> 40 & 255] ^
		      table[1][v >> 48 & 255] ^ table[0][v >> 56];
	}
	for (byte = (const uint8_t *)word; n; n--, byte++)
		crc = crc >> 8 ^ table[0][(crc ^ *byte) & 255];
	return ~crc;
}
