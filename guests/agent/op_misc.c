// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent.h"

/*
 * Guests restored from one saved state would otherwise all draw the same
 * random numbers and run in step: mixes the seed in and waits a little.
 */
int op_reseed(struct step *s)
{
	struct {
		int bits;
		int bytes;
		uint64_t seed[4];
	} pool = { .bits = 256, .bytes = 32 };
	uint64_t seed, until;
	int fd;

	if (arg_u64(s, s->req, "seed", REQUIRED, UINT64_MAX, &seed))
		return -1;
	for (int i = 0; i < 4; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		pool.seed[i] = seed;
	}
	fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &pool) || ioctl(fd, RNDRESEEDCRNG)) {
		fail(s, errno, "/dev/urandom: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	until = now_us() + (seed >> 33) % 2000;
	while (now_us() < until)
		;
	return 0;
}
