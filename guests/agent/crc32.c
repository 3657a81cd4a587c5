// SPDX-License-Identifier: GPL-2.0-only
/* CRC-32 with zlib's polynomial, eight bytes a step. */
#include "agent.h"

static uint32_t table[8][256];

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
