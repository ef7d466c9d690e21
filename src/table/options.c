// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "tunwatch/options.h"

#define ROW(id, member, name, letter, type, arg, words, min, max, value, commands, key, what) \
	[OPTION_##id] = { name, letter, VALUE_##type, arg, words, min, max, value, commands, key, what },
static const struct option_row rows[OPTION_IDS] = { OPTION_TABLE(ROW) };

#define KEY(id, section, member, name, type, words, min, max, list, what) \
	[CONFIG_##id] = { section, name, VALUE_##type, words, min, max, list, what },
static const struct config_key keys[CONFIG_KEYS] = { CONFIG_KEY_TABLE(KEY) };

const struct option_row *option_row(enum option_id id)
{
	return &rows[id];
}

const struct config_key *config_key(enum config_key_id id)
{
	return &keys[id];
}

bool option_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	if (!strcmp(words, OPTION_ALL))
		return true;
	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == n && !memcmp(p, word, n))
			return true;
		p += len;
	}
	return false;
}
