// SPDX-License-Identifier: GPL-2.0-or-later
// record_man: prints the part of tunwatch-recording(5) that lists kinds, fields and words, from the table itself.
//   build/.../tests/tools/record_man          print it
//   build/.../tests/tools/record_man FILE     print FILE with that part replaced (to bring the page up to date)
#include <stdio.h>
#include <string.h>

#include "tunwatch/record.h"

#define BEGIN ".\\\" BEGIN of the record table: made by tests/tools/record_man\n"
#define END ".\\\" END of the record table\n"

static const char *type_name(enum record_type type)
{
	switch (type) {
	case RECORD_TYPE_INT: return "number";
	case RECORD_TYPE_U64: return "u64";
	case RECORD_TYPE_HEX: return "hex";
	case RECORD_TYPE_BOOL: return "bool";
	case RECORD_TYPE_REF: return "ref";
	case RECORD_TYPE_ENUM: return "one of";
	}
	return "?";
}

static const char *shape_name(enum record_shape shape)
{
	switch (shape) {
	case RECORD_SHAPE_STATE: return "State.";
	case RECORD_SHAPE_NAMED: return "State with a text.";
	case RECORD_SHAPE_EVENT: return "Event with a text.";
	case RECORD_SHAPE_BYTES: return "Event with bytes.";
	}
	return "?";
}

/* A sentence begins with a capital; a line must not begin with a control character or end an abbreviation. */
static void print_sentence(const char *text)
{
	char first = text[0];

	if (first >= 'a' && first <= 'z')
		first = (char)(first - 'a' + 'A');
	printf("%c%s.\n", first, text + 1);
}

static void print_field(const struct record_field *f)
{
	printf(".It Va %s Pq %s", f->name, type_name(f->type));
	if (f->steady)
		printf(", steady");
	printf("\n");
	print_sentence(f->what);
	if (f->type != RECORD_TYPE_ENUM)
		return;
	printf("Words:\n");
	for (int i = 0; f->words[i]; i++)
		printf(".Cm %s%s\n", f->words[i], f->words[i + 1] ? " ," : " .");
}

static void print_table(void)
{
	for (int k = 1; k < RECORD_KINDS; k++) {
		const struct record_kind_info *info = record_kind_info((enum record_kind)k);

		printf(".Ss %s\n", info->name);
		print_sentence(info->what);
		printf("%s\n", shape_name(info->shape));
		if (!info->nfields) {
			printf("It has no fields.\n");
			continue;
		}
		printf(".Bl -tag -width 4n -compact -offset indent\n");
		for (unsigned f = 0; f < info->nfields; f++)
			print_field(&info->fields[f]);
		printf(".El\n");
	}
}

int main(int argc, char **argv)
{
	char line[1024];
	int inside = 0;
	FILE *file;

	if (argc < 2) {
		print_table();
		return 0;
	}
	file = fopen(argv[1], "r");
	if (!file)
		return 66;
	while (fgets(line, sizeof line, file)) {
		if (!strcmp(line, END))
			inside = 0;
		if (!inside)
			fputs(line, stdout);
		if (!strcmp(line, BEGIN)) {
			print_table();
			inside = 1;
		}
	}
	return fclose(file) ? 74 : 0;
}
