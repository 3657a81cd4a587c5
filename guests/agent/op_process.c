// SPDX-License-Identifier: GPL-2.0-only
/* Operations on the processes that hold mappings. */
#include "agent.h"

int op_fork(struct step *s)
{
	const char *name = arg_string(s, "child");

	return name ? process_fork(s, name) : -1;
}

int op_exit(struct step *s)
{
	const char *name = arg_string(s, "child");

	return name ? process_exit(s, name) : -1;
}
