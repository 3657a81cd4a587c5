// SPDX-License-Identifier: GPL-2.0-only
/* Members of a request, checked. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"

int fail(struct step *s, int error, const char *fmt, ...)
{
	va_list ap;

	s->error = error;
	va_start(ap, fmt);
	vsnprintf(s->message, sizeof(s->message), fmt, ap);
	va_end(ap);
	return -1;
}

static int number(json_t *value, uint64_t *to)
{
	const char *text;
	char *end;

	if (json_is_integer(value)) {
		if (json_integer_value(value) < 0)
			return -1;
		*to = json_integer_value(value);
		return 0;
	}
	text = json_string_value(value);
	if (!text || text[0] != '0' || text[1] != 'x' || !text[2] || strlen(text) > 18)
		return -1;
	if (strspn(text + 2, "0123456789abcdefABCDEF") != strlen(text + 2))
		return -1;
	*to = strtoull(text, &end, 16);
	return 0;
}

int arg_u64(struct step *s, json_t *from, const char *name, uint64_t def, uint64_t max,
	    uint64_t *to)
{
	json_t *value = json_object_get(from, name);

	if (!value) {
		if (def == REQUIRED)
			return fail(s, EINVAL, "\"%s\" is missing", name);
		*to = def;
		return 0;
	}
	if (number(value, to))
		return fail(s, EINVAL, "\"%s\": expected a number from 0, or \"0x...\"", name);
	if (*to > max)
		return fail(s, EINVAL, "\"%s\": at most %llu", name, (unsigned long long)max);
	return 0;
}

int arg_bool(struct step *s, const char *name, bool def, bool *to)
{
	json_t *value = json_object_get(s->req, name);

	*to = value ? json_is_true(value) : def;
	if (value && !json_is_boolean(value))
		return fail(s, EINVAL, "\"%s\": expected true or false", name);
	return 0;
}

int arg_how(struct step *s, const char *name, const char *def, uint32_t *to)
{
	json_t *value = json_object_get(s->req, name);
	const char *text = value ? json_string_value(value) : def;

	if (text && !strcmp(text, "none"))
		*to = ZDPLACE_HOW_NONE;
	else if (text && !strcmp(text, "page"))
		*to = ZDPLACE_HOW_PAGE;
	else if (text && !strcmp(text, "folio"))
		*to = ZDPLACE_HOW_FOLIO;
	else
		return fail(s, EINVAL, "\"%s\": expected \"none\", \"page\" or \"folio\"", name);
	return 0;
}

const char *arg_string(struct step *s, const char *name)
{
	json_t *value = json_object_get(s->req, name);
	const char *text = json_string_value(value);

	if (!value)
		fail(s, EINVAL, "\"%s\" is missing", name);
	else if (!text)
		fail(s, EINVAL, "\"%s\": expected a string", name);
	return text;
}

static bool listed(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *at;

	for (at = strstr(list, word); at; at = strstr(at + 1, word))
		if ((at == list || at[-1] == ' ') && at[n] == ' ')
			return true;
	return false;
}

/* A misspelt member must not be taken for an absent one. */
int args_known(struct step *s, const struct op *op)
{
	const char *key;
	json_t *value;

	json_object_foreach(s->req, key, value) {
		if (listed("id op deadline_ms asleep_ms ", key) || listed(op->fields, key))
			continue;
		if (op->on_memory && listed("in counters map ", key))
			continue;
		return fail(s, EINVAL, "unknown member \"%.64s\" for \"%s\" (it knows: %s)", key,
			    op->name, *op->fields ? op->fields : "none");
	}
	return 0;
}
