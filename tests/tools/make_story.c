// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the story of tests/lib/story.h as a recording: make_story [-r|-m] FILE [UTC_OFFSET_S [SECONDS [MORE]]]
// -r: with what routers say, of tests/lib/story_routers.h; -m: with path MTUs, of tests/lib/story_mtu.h.
// MORE: then goes on at one second a second for so long, for tests of a recording that grows.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/record_file.h"
#include "lib/story_mtu.h"
#include "lib/story_routers.h"

int main(int argc, char **argv)
{
	struct recording_header header = { .session = "00112233445566778899aabbccddeeff", .version = "test",
					   .host = "jump1", .boot_id = "0", .zone = "UTC", .interval_us = US_PER_S };
	struct record_file to = { .sink = { record_file_put }, .wall_off_us = (STORY_END_WALL_S - STORY_SECONDS) * US_PER_S };
	bool routers = argc > 1 && !strcmp(argv[1], "-r"), mtus = argc > 1 && !strcmp(argv[1], "-m");
	int seconds, more;
	const uint8_t *bytes;
	struct story s;
	size_t n;

	argc -= routers || mtus;
	argv += routers || mtus;
	seconds = argc > 3 ? atoi(argv[3]) : STORY_SECONDS;
	more = argc > 4 ? atoi(argv[4]) : 0;
	header.start_us = (STORY_END_WALL_S - STORY_SECONDS) * US_PER_S;
	to.f = argc > 1 ? fopen(argv[1], "we") : NULL;
	if (!to.f) {
		fprintf(stderr, "usage: make_story [-r|-m] FILE [UTC_OFFSET_S [SECONDS [MORE]]]\n");
		return 2;
	}
	to.encoder = encoder_new(&header);
	story_start(&s, &to.sink, argc > 2 ? atoi(argv[2]) : 0);
	if (routers)
		story_routers_start(&s);
	if (mtus)
		story_mtu_start(&s);
	record_file_cut(&to, 0);
	for (int i = 0; i < seconds + more; i++) {
		if (i >= seconds)
			sleep(1);
		if (mtus)
			story_mtu_second(&s);
		else
			story_second(&s);
		if (routers)
			story_routers_poll(&s);
		record_file_cut(&to, s.t);
	}
	n = encoder_end(to.encoder, &bytes);
	fwrite(bytes, 1, n, to.f);
	story_end(&s);
	encoder_free(to.encoder);
	return fclose(to.f) != 0;
}
