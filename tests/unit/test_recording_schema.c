// SPDX-License-Identifier: GPL-2.0-or-later
// Files of other versions, and hostile ones: what is not understood is passed over, work and memory stay bounded.
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "recording.h"
#include "recording/header.h"

#if defined(__has_feature)
#define WITH_ASAN __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#else
#define WITH_ASAN 0
#endif

#define SESSION "00112233445566778899aabbccddeeff"
#define START "tunwatch-recording 1\nsession " SESSION "\n"

static void add(struct buf *out, char type, const void *payload, size_t len)
{
	uint8_t *bytes = xcalloc(1, FRAME_HEAD + len);

	if (len)
		memcpy(bytes + FRAME_HEAD, payload, len);
	frame_seal(bytes, type, (uint32_t)len);
	buf_add(out, bytes, FRAME_HEAD + len);
	free(bytes);
}

static void add_text(struct buf *out, const char *text)
{
	add(out, 'H', text, strlen(text));
}

static void add_keyframe(struct buf *out, const char *session, uint64_t t, uint8_t flags, const void *p, size_t len)
{
	struct buf payload = {0};
	uint8_t head[KEYFRAME_HEAD] = {0};

	put_u64(head, t);
	put_u32(head + 16, session_tag(session));
	head[20] = flags;
	buf_add(&payload, head, sizeof head);
	buf_add(&payload, p, len);
	add(out, 'K', payload.data, payload.len);
	buf_free(&payload);
}

static struct reader *reader_of_buf(const struct buf *b)
{
	return reader_of(b->data, b->len);
}

/* Fields in another order, one more, one less, words in another order, a kind that does not exist here. */
static void test_other_version(void **state)
{
	static const uint8_t data[] = {
		0,                                     /* t0 */
		5 | HEAD_SAME_TIME, 7, 0xff, 1,        /* link, key 7, eight positions changed */
		0xfe, 1,                               /* known 0x7f */
		0x98, 0x16,                            /* mtu 1420 */
		2,                                     /* up */
		9,                                     /* future -5 */
		4,                                     /* rx_bytes 2 */
		6,                                     /* type: word 3 "gre" */
		2,                                     /* gone: an int here, so not taken */
		10,                                    /* ifname 5 */
		9 | HEAD_SAME_TIME, 1, 1, 2,           /* futurekind */
		5 | HEAD_SAME_TIME, 7, 0x20, 5,        /* type: word 0 "brandnew" */
		5 | HEAD_SAME_TIME, 7, 0x80, 1, 0xff, 0xff, 0x7f, /* ifname out of range */
	};
	struct buf b = {0};
	struct reader *rd;
	struct record r;

	(void)state;
	add_text(&b, START "type 5 - link mtu up:bool future rx_bytes:u64 type:enum(brandnew,other,vti,gre) gone"
			   " ifname:ref\n"
			   "type 9 - futurekind a b^\n");
	add_keyframe(&b, SESSION, 0, 0, NULL, 0);
	add(&b, 'D', data, sizeof data);
	rd = reader_of_buf(&b);
	assert_int_equal(reader_next(rd, &r), READER_FRAME);
	assert_int_equal(reader_next(rd, &r), READER_RECORD);
	assert_int_equal(r.kind, RECORD_LINK);
	assert_int_equal(r.key, 7);
	assert_int_equal(r.known, 1u << LINK_MTU | 1u << LINK_UP | 1u << LINK_RX_BYTES | 1u << LINK_TYPE |
					  1u << LINK_IFNAME);
	assert_int_equal(r.v[LINK_MTU], 1420);
	assert_int_equal(r.v[LINK_UP], 1);
	assert_int_equal(r.v[LINK_RX_BYTES], 2);
	assert_int_equal(r.v[LINK_TYPE], TUNNEL_TYPE_GRE);
	assert_int_equal(r.v[LINK_IFNAME], 5);
	assert_int_equal(reader_next(rd, &r), READER_RECORD);
	assert_false(record_has(&r, LINK_TYPE));
	assert_int_equal(reader_next(rd, &r), READER_RECORD);
	assert_false(record_has(&r, LINK_IFNAME));
	assert_true(record_has(&r, LINK_MTU));
	assert_int_equal(reader_next(rd, &r), READER_FRAME);
	assert_int_equal(reader_next(rd, &r), READER_WAIT);
	reader_free(rd);
	buf_free(&b);
}

/* The frame that tunwatch-recording(5) takes apart. */
static void test_manual_example(void **state)
{
	static const uint8_t frame[] = {
		0xd7, 0x54, 0x57, 0x0a, 0x0a, 0, 0, 0x44, 0xdb, 0x29, 0xcd, 0x41,
		0x80, 0x89, 0x7a, 0x4a, 3, 7, 6, 0xc0, 0x0c, 2,
	};
	struct buf b = {0};
	struct reader *rd;
	struct record r;

	(void)state;
	add_text(&b, START "type 10 - link rx_bytes:u64 up:bool\n");
	add_keyframe(&b, SESSION, 0, 0, NULL, 0);
	buf_add(&b, frame, sizeof frame);
	rd = reader_of_buf(&b);
	assert_int_equal(reader_next(rd, &r), READER_FRAME);
	assert_int_equal(reader_next(rd, &r), READER_RECORD);
	assert_true(r.t == 2 * US_PER_S);
	assert_int_equal(r.key, 3);
	assert_int_equal(record_get(&r, LINK_RX_BYTES, 0), 800);
	assert_int_equal(record_get(&r, LINK_UP, 0), 1);
	reader_free(rd);
	buf_free(&b);
}

/* The records of a data frame after an empty keyframe: how many are read before it is found ill-formed. */
static int records_of(const void *data, size_t len)
{
	struct buf b = {0};
	const struct reader_damage *damage;
	enum reader_result result;
	struct reader *rd;
	struct record r;
	int n = 0;

	add_text(&b, START "type 1 n name\ntype 5 - link mtu up:bool\ntype 7 s mark letter\n");
	add_keyframe(&b, SESSION, 1000, 0, NULL, 0);
	add(&b, 'D', data, len);
	rd = reader_of_buf(&b);
	while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME)
		n += result == READER_RECORD;
	if (reader_damage(rd, &damage))
		n = -1 - n;
	reader_free(rd);
	buf_free(&b);
	return n;
}
#define RECORDS(...) records_of((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void test_ill_formed(void **state)
{
	(void)state;
	assert_int_equal(RECORDS(0xe8, 7, 0x45, 0, 1, 2), 1);
	assert_int_equal(RECORDS(0xe7, 7, 0x45, 0, 1, 2), -1);       /* time before the keyframe's */
	assert_int_equal(RECORDS(0xe8, 7, 0x45, 0, 8, 2), -1);       /* a position that link does not have */
	assert_int_equal(RECORDS(0xe8, 7, 0x46, 0, 1, 2), -1);       /* no such type */
	assert_int_equal(RECORDS(0xe8, 7, 0xc5, 1, 2), -1);          /* next key, but there is none before */
	assert_int_equal(RECORDS(0xe8, 7, 0x45, 0x80, 0x80, 4, 1, 2), -1); /* key 65536 */
	assert_int_equal(RECORDS(0xe8, 7, 0x45, 0xff, 0xff, 3, 1, 2, 0xc5, 0), -2); /* the key after 65535 */
	assert_int_equal(RECORDS(0xe8, 7, 0x45, 0, 1), -1);          /* cut off */
	assert_int_equal(RECORDS(0xe8, 7, 0x47, 0, 0, 2, 'a', 'b'), 1);
	assert_int_equal(RECORDS(0xe8, 7, 0x47, 0, 0, 3, 'a', 'b'), -1);
	assert_int_equal(RECORDS(0xe8, 7, 0x47, 0, 0, 0x81, 8), -1); /* text of 1025 bytes */
	assert_int_equal(RECORDS(0xe8, 7, 5, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0), -1); /* 2^54 us */
	assert_int_equal(RECORDS(0xe8, 7, 0x40, 0, 5), 1);           /* remove */
	assert_int_equal(RECORDS(0xe8, 7, 0x40, 0, 6), -1);
	assert_int_equal(RECORDS(0xe8, 7, 0x40, 0, 0), -1);
	assert_int_equal(RECORDS(0xe8, 7), 0);
	assert_int_equal(RECORDS(0xe8), -1);
}

static void test_not_a_recording(void **state)
{
	static const struct {
		const char *bytes, *says;
	} cases[] = {
		{ "\x1f\x8b\x08 compressed", "zcat" }, { "\x28\xb5\x2f\xfd zstd....", "zstdcat" },
		{ "{\"time\":1,\"kind\":2}", "JSON" }, { "plain text, long enough", "not a recording" },
		{ "short", "not a recording" },
	};
	struct reader *rd = reader_new();
	struct error err;
	int pipe_fd[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(reader_add(rd, file_of(cases[i].bytes, strlen(cases[i].bytes)), &err), -EINVAL);
		assert_non_null(strstr(err.text, cases[i].says));
	}
	assert_int_equal(reader_add(rd, file_of("", 0), &err), -ENODATA);
	assert_int_equal(reader_add(rd, file_of("\xd7T", 2), &err), -ENODATA);
	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(reader_add(rd, pipe_fd[0], &err), -ESPIPE);
	close(pipe_fd[1]);
	assert_null(reader_header(rd));
	reader_free(rd);
}

/* ---- files made to cost much: 16 MiB must be read in a second of CPU time and 64 MiB of memory ---- */

enum { HOSTILE_SIZE = 16 << 20 };

static void hostile_magics(struct buf *b)
{
	uint8_t head[FRAME_HEAD];

	add_text(b, START "type 5 - link mtu\n");
	memcpy(head, FRAME_MAGIC, 4);
	put_u32(head + 4, 'D' << 24 | FRAME_PAYLOAD_MAX);
	put_u32(head + 8, 0x12345678);
	while (b->len < HOSTILE_SIZE)
		buf_add(b, head, sizeof head);
}

/* As many cells as can be, then as many keyframes as can be. */
static void hostile_keyframes(struct buf *b, uint8_t flags)
{
	struct buf text = {0}, wide = {0};

	buf_puts(&text, START);
	for (int i = 1; i <= 30; i++) {
		buf_printf(&text, "type %d - kind-%d", i, i);
		for (int f = 0; f < 31; f++)
			buf_printf(&text, " f%d^", f);
		buf_putc(&text, '\n');
	}
	add_text(b, text.data);
	for (int type = 1; type <= 8; type++) {
		for (int key = 0; key < 8000; key++) {
			buf_putc(&wide, (char)(HEAD_SAME_TIME | type | (key ? HEAD_NEXT_KEY : 0)));
			if (!key)
				buf_putc(&wide, 0);
			buf_putc(&wide, 0);
		}
	}
	add_keyframe(b, SESSION, 0, 0, wide.data, wide.len);
	while (b->len < HOSTILE_SIZE)
		add_keyframe(b, SESSION, 0, flags, NULL, 0);
	buf_free(&text);
	buf_free(&wide);
}

static void hostile_empty_keyframes(struct buf *b)
{
	hostile_keyframes(b, 0);
}

static void hostile_breaks(struct buf *b)
{
	hostile_keyframes(b, KEYFRAME_BREAK);
}

/* Sessions without end, each with a key as far as can be. */
static void hostile_sessions(struct buf *b)
{
	for (unsigned i = 0; b->len < HOSTILE_SIZE; i++) {
		static const uint8_t far[] = { HEAD_SAME_TIME | 1, 0xff, 0xff, 3, 0 };
		char text[200], session[33];

		snprintf(session, sizeof session, "%032x", i);
		snprintf(text, sizeof text, "tunwatch-recording 1\nsession %s\ntype %u - link mtu\n", session,
			 1 + i % 63);
		add_text(b, text);
		add_keyframe(b, session, 0, 0, far, i % 63 ? 0 : sizeof far);
	}
}

/* Damage and recovery in turn: every entry of the list, every gap. */
static void hostile_damage(struct buf *b)
{
	add_text(b, START "type 5 - link mtu\n");
	for (uint64_t t = 1; b->len < HOSTILE_SIZE; t++) {
		add_keyframe(b, SESSION, t, 0, NULL, 0);
		buf_putc(b, 'x');
	}
}

/* Instrumented, everything takes longer and more. */
static bool is_measurable(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return !WITH_ASAN && !(preload && strstr(preload, "vgpreload"));
}

/* Reads, seeks and looks for the end in a child of its own, to see what that takes. */
static void check_bounded(void (*make)(struct buf *b))
{
	struct rusage usage;
	struct buf b = {0};
	int fd, status;
	long ms;
	pid_t pid;

	make(&b);
	fd = file_of(b.data, b.len);
	buf_free(&b);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct reader *rd = reader_new();
		enum reader_result result;
		struct record r;

		if (reader_add(rd, fd, NULL))
			_exit(0);
		while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME)
			;
		reader_seek(rd, 5);
		reader_last_time(rd);
		_exit(result == READER_ERROR);
	}
	close(fd);
	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	assert_int_equal(status, 0);
	ms = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
	     (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
	print_message("# %ld ms, %ld MiB\n", ms, usage.ru_maxrss >> 10);
	if (!is_measurable())
		return;
	assert_true(ms < 1000);
	assert_true(usage.ru_maxrss < 64 << 10);
}

static void test_hostile(void **state)
{
	(void)state;
	check_bounded(hostile_magics);
	check_bounded(hostile_empty_keyframes);
	check_bounded(hostile_breaks);
	check_bounded(hostile_sessions);
	check_bounded(hostile_damage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_version),
		cmocka_unit_test(test_manual_example),
		cmocka_unit_test(test_ill_formed),
		cmocka_unit_test(test_not_a_recording),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
