// SPDX-License-Identifier: GPL-2.0-or-later
// The schema of a file: which types it has, with which fields; and how they map to the table of this program.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/header.h"

enum { NAME_LEN_MAX = 23, WORD_LEN_MAX = 31, WORDS_MAX = 64 };

static const char kind_chars[] = "-abcdefghijklmnopqrstuvwxyz0123456789";
static const char field_chars[] = "_abcdefghijklmnopqrstuvwxyz0123456789";
static const char word_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

static void write_field(struct buf *out, const struct record_field *f)
{
	static const char *const suffix[] = {
		[RECORD_TYPE_INT] = "",    [RECORD_TYPE_U64] = ":u64", [RECORD_TYPE_HEX] = ":hex",
		[RECORD_TYPE_BOOL] = ":bool", [RECORD_TYPE_REF] = ":ref", [RECORD_TYPE_ENUM] = ":enum(",
	};

	buf_printf(out, " %s%s", f->name, suffix[f->type]);
	if (f->type == RECORD_TYPE_ENUM) {
		for (int i = 0; f->words[i]; i++)
			buf_printf(out, "%s%s", i ? "," : "", f->words[i]);
		buf_putc(out, ')');
	}
	if (f->steady)
		buf_putc(out, '^');
}

void schema_write(struct buf *out)
{
	for (int k = 1; k < RECORD_KINDS; k++) {
		const struct record_kind_info *info = record_kind_info((enum record_kind)k);

		buf_printf(out, "type %d %c %s", k, "-nsb"[info->shape], info->name);
		for (unsigned f = 0; f < info->nfields; f++)
			write_field(out, &info->fields[f]);
		buf_putc(out, '\n');
	}
}

/* s consists of 1..max characters of set. */
static bool is_made_of(const char *s, const char *set, size_t max)
{
	size_t n = strlen(s);

	return n && n <= max && strspn(s, set) == n;
}

static int field_find(const struct record_kind_info *info, const char *name)
{
	for (unsigned f = 0; info && f < info->nfields; f++)
		if (!strcmp(info->fields[f].name, name))
			return (int)f;
	return -1;
}

/* "a,b,c)": the file's words. Maps them to ours (NULL: none) and returns how many there are, or -EINVAL. */
static int parse_words(struct schema *s, char *list, const struct record_field *ours, bool *same)
{
	size_t len = strlen(list);
	char *save, *word;
	int n = 0;

	if (!len || list[len - 1] != ')')
		return -EINVAL;
	list[len - 1] = 0;
	for (word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save), n++) {
		int64_t value = ours ? record_word_find(ours, word) : -1;

		if (n == WORDS_MAX || !is_made_of(word, word_chars, WORD_LEN_MAX))
			return -EINVAL;
		array_grow(&s->words, &s->words_cap, s->nwords + 1, sizeof *s->words);
		s->words[s->nwords++] = (int16_t)value;
		*same = *same && value == n;
	}
	*same = *same && ours && !ours->words[n];
	return n ? n : -EINVAL;
}

static bool is_number(enum record_type type)
{
	return type == RECORD_TYPE_INT || type == RECORD_TYPE_U64 || type == RECORD_TYPE_HEX;
}

static void check_position(struct schema_type *ty, unsigned pos, int64_t limit)
{
	ty->checked |= 1u << pos;
	ty->limit[pos] = limit;
}

/* What stands behind the colon of a field: decides whether our field (NULL: none) can take it. */
static int parse_kind_of_value(struct schema *s, struct schema_type *ty, unsigned pos, char *kind,
			       const struct record_field *ours)
{
	enum record_type type = RECORD_TYPE_INT;

	if (kind && !strncmp(kind, "enum(", 5)) {
		bool same = true;
		int n;

		ty->words[pos] = (uint32_t)s->nwords;
		if (ours && ours->type != RECORD_TYPE_ENUM)
			ours = NULL;
		n = parse_words(s, kind + 5, ours, &same);
		if (n < 0)
			return n;
		check_position(ty, pos, n);
		ty->same = ty->same && same;
		if (!ours)
			ty->ours[pos] = -1;
		return 0;
	}
	if (kind && !strcmp(kind, "u64"))
		type = RECORD_TYPE_U64;
	else if (kind && !strcmp(kind, "hex"))
		type = RECORD_TYPE_HEX;
	else if (kind && !strcmp(kind, "bool"))
		type = RECORD_TYPE_BOOL;
	else if (kind && !strcmp(kind, "ref"))
		type = RECORD_TYPE_REF;
	else if (kind)
		ours = NULL; /* a kind of value that this program does not know */
	if (!ours || !(ours->type == type || (is_number(ours->type) && is_number(type))))
		ty->ours[pos] = -1;
	else if (ours->type == RECORD_TYPE_BOOL)
		check_position(ty, pos, 2);
	else if (ours->type == RECORD_TYPE_REF)
		check_position(ty, pos, RECORD_KEY_MAX + 1);
	else if (ours->type == RECORD_TYPE_HEX)
		check_position(ty, pos, INT64_C(1) << 32);
	return 0;
}

static int parse_field(struct schema *s, struct schema_type *ty, char *field,
		       const struct record_kind_info *info)
{
	unsigned pos = ty->npos ? ty->npos : 1;
	size_t len = strlen(field);
	char *colon;
	int ours, r;

	if (pos == POSITIONS)
		return -EINVAL;
	if (len && field[len - 1] == '^') {
		field[len - 1] = 0;
		ty->steady |= 1u << pos;
		ty->step[pos] = ty->nsteps++;
	}
	colon = strchr(field, ':');
	if (colon)
		*colon = 0;
	if (!is_made_of(field, field_chars, NAME_LEN_MAX))
		return -EINVAL;
	ours = field_find(info, field);
	ty->ours[pos] = (int8_t)ours;
	r = parse_kind_of_value(s, ty, pos, colon ? colon + 1 : NULL, ours < 0 ? NULL : &info->fields[ours]);
	if (r)
		return r;
	ty->same = ty->same && ty->ours[pos] == (int)pos - 1;
	ty->npos = (uint8_t)(pos + 1);
	return 0;
}

static bool parse_shape(const char *s, enum record_shape *ret)
{
	static const char letters[] = "-nsb";
	const char *p = s[0] && !s[1] ? strchr(letters, s[0]) : NULL;

	if (p)
		*ret = (enum record_shape)(p - letters);
	return p;
}

/* "ID SHAPE NAME FIELD..." */
int schema_parse_type(struct schema *s, char *line)
{
	const struct record_kind_info *info = NULL;
	struct schema_type ty = { .used = true, .same = true };
	char *save, *id_text = strtok_r(line, " ", &save);
	char *shape = strtok_r(NULL, " ", &save), *name = strtok_r(NULL, " ", &save), *field;
	int64_t id;
	int r;

	if (!name || !str_to_int(id_text, 1, TYPES - 1, &id) || s->type[id].used ||
	    !parse_shape(shape, &ty.shape))
		return -EINVAL;
	if (!is_made_of(name, kind_chars, NAME_LEN_MAX))
		return -EINVAL;
	ty.kind = record_kind_find(name);
	if (ty.kind && record_kind_info(ty.kind)->shape != ty.shape)
		ty.kind = RECORD_REMOVE;
	if (ty.kind)
		info = record_kind_info(ty.kind);
	while ((field = strtok_r(NULL, " ", &save))) {
		r = parse_field(s, &ty, field, info);
		if (r)
			return r;
	}
	ty.same = ty.same && info && ty.npos == (info->nfields ? info->nfields + 1 : 0);
	s->type[id] = ty;
	return 0;
}
