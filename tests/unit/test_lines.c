// SPDX-License-Identifier: GPL-2.0-or-later
// The line assembler: every vendor's way to erase its pager, every charset, cut anywhere.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/transcript.h"
#include "tunwatch/decode.h"

// Everything, in pieces of at most `piece` bytes; what is pending stands behind "|".
static struct buf assemble(const char *charset, const char *in, size_t len, size_t piece)
{
	struct lines *ls = lines_new(charset);
	struct buf out = {0};
	const char *pending;
	size_t n;

	assert_non_null(ls);
	for (size_t at = 0; at < len; at += n) {
		char *exact;

		n = len - at < piece ? len - at : piece;
		exact = malloc(n);
		memcpy(exact, in + at, n);
		lines_input(ls, exact, n, &out);
		free(exact);
	}
	pending = lines_pending(ls, &n);
	buf_putc(&out, '|');
	buf_add(&out, pending, n);
	lines_free(ls);
	return out;
}

static void assert_lines(const char *charset, const char *in, size_t len, const char *want)
{
	for (size_t piece = 1; piece <= len; piece = piece < 8 || piece == len ? piece + 1 : len) {
		struct buf got = assemble(charset, in, len, piece);

		if (strcmp(got.data, want) != 0)
			fail_msg("in pieces of %zu: '%s', not '%s'", piece, got.data, want);
		buf_free(&got);
	}
}

#define LINES(charset, in, want) assert_lines(charset, in, sizeof(in) - 1, want)

static void a_line_has_a_cursor(void **state)
{
	(void)state;
	LINES("UTF-8", "", "|");
	LINES("UTF-8", "one\r\ntwo  \r\n\r\nthree ", "one\ntwo\n\n|three ");
	LINES("UTF-8", "12345\rab\r\n", "ab345\n|");
	LINES("UTF-8", "abc\b\bX\n", "aXc\n|");
	LINES("UTF-8", "\b\b\bab\b\b\b\bX\n", "Xb\n|");
	LINES("UTF-8", "a\0b\r\0\r\n", "ab\n|");
	LINES("UTF-8", "a\tb\t\n12345678\tx\n", "a       b\n12345678        x\n|");
	LINES("UTF-8", "12345678\r\tx", "|12345678x");
	LINES("UTF-8", "a\x07\x0e\x0f\x7f" "b", "|ab");
	// wider characters over narrower ones, and back
	LINES("UTF-8", "日本語\rab\n", "ab語\n|");
	LINES("UTF-8", "abc\r日\b本x\n", "本xc\n|");
	LINES("UTF-8", "日本\b語", "|日語");
}

static void terminal_sequences_are_dropped(void **state)
{
	(void)state;
	LINES("UTF-8", "\x1b[?2004hvm# \x1b[K\x1b[01;32mok\x1b[0m\n", "vm# ok\n|");
	LINES("UTF-8", "12345\r\x1b[Kab\n", "ab\n|");
	LINES("UTF-8", "a\x1b(Bb\x1b=c\n", "abc\n|");
	LINES("UTF-8", "a\x1b[12\rb\n", "b\n|");
	// one without an end does not eat the rest
	LINES("UTF-8", "\x1b[1111111111111111111111111111111111111111x\n", "111111111x\n|");
}

static void what_fools_a_reader_is_replaced(void **state)
{
	(void)state;
	LINES("UTF-8", "a\xe2\x80\xae" "b\xc2\x9b" "c\xef\xbb\xbf" "d\n", "a�b�c�d\n|");
}

static void charsets(void **state)
{
	(void)state;
	LINES("CP932", "---\x82\xc2\x82\xc3\x82\xad---", "|---つづく---");
	LINES("CP932", "\x83g\x83\x93\x83l\x83\x8b \\ ~ \xb1\r\n", "トンネル \\ ~ ｱ\n|");
	LINES("EUC-JP", "\xc0\xe2\xcc\xc0: x\r\n", "説明: x\n|");
	LINES("UTF-8", "\xe8\xaa\xac\xe6\x98\x8e\r\n", "説明\n|");
	LINES("ASCII", "plain\r\n", "plain\n|");
	assert_null(lines_new("no-such-charset"));
}

static void bad_bytes_cost_themselves_only(void **state)
{
	(void)state;
	LINES("ASCII", "a\xe9\xff" "b\n", "a��b\n|");
	LINES("UTF-8", "a\xe8\xaa" "b\n", "a��b\n|");
	LINES("UTF-8", "\xff\xfe\xed\xa0\x80\n", "�����\n|");
	// a line end behind half a character is a line end
	LINES("CP932", "a\x83\r\nb\n", "a�\nb\n|");
	LINES("EUC-JP", "a\xc0\nb\n", "a�\nb\n|");
}

static void assert_pending(struct lines *ls, const char *want)
{
	size_t n;
	const char *pending = lines_pending(ls, &n);

	assert_int_equal(strlen(want), n);
	assert_memory_equal(pending, want, n);
}

static void feed_cut(struct lines *ls, const char *in, size_t len, size_t cut, struct buf *out)
{
	if (cut > len)
		cut = len;
	lines_input(ls, in, cut, out);
	lines_input(ls, in + cut, len - cut, out);
}

#define S8 "        "
#define S10 "          "
#define S12 "            "
#define S40 S10 S10 S10 S10
#define B9 "\b\b\b\b\b\b\b\b\b"
#define B10 B9 "\b"
#define B12 B10 "\b\b"
#define CP932_PAGER "---\x82\xc2\x82\xc3\x82\xad---"

// The line behind the pager begins with blanks of its own, which stay.
static void every_pager_is_erased(void **state)
{
	static const struct { const char *charset, *pager, *sent, *erase; unsigned blanks; size_t nerase; } cases[] = {
		{ "UTF-8", " --More-- ", " --More-- ", "\0" B10 S10 B10, 0, 31 },              // FRR, captured
		{ "UTF-8", " --More--", " --More-- ", B9 S8 B9, 0, 26 },                       // Cisco
		{ "UTF-8", " --More-- ", " --More-- ", B10 S10 B10, 0, 30 },                   // Cisco
		{ "UTF-8", "---(more)---", "---(more)---", "\r\0" S40 "\r\0", 0, 44 },         // JunOS
		{ "UTF-8", "---(more 40%)---", "---(more 40%)---", "\r\0" S40 "\r\0", 0, 44 },
		{ "CP932", "---つづく---", CP932_PAGER, "\r" S12 "\r", 12, 14 },               // Yamaha
		{ "CP932", "---つづく---", CP932_PAGER, S12, 12, 12 },                         // with no CR to be seen
		{ "CP932", "---つづく---", CP932_PAGER, S12 "\r", 12, 13 },
		{ "CP932", "---つづく---", CP932_PAGER, "\r" S12 "\r\0", 12, 15 },
		{ "CP932", "---つづく---", CP932_PAGER, B12 S12 B12, 12, 36 },
		{ "CP932", "---more---", "---more---", "\r" S12 "\r", 12, 14 },
		{ "CP932", "---more---", "---more---", "", 0, 0 },
		{ "UTF-8", "--More--", "--More--", B9 S8 B9, 0, 26 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases) * 60; i++) {
		size_t k = i / 60, cut = i % 60;
		struct lines *ls = lines_new(cases[k].charset);
		struct buf out = {0}, behind = {0};

		buf_add(&behind, cases[k].erase, cases[k].nerase);
		buf_puts(&behind, "  BGP state = Active\r\n");
		feed_cut(ls, "BGP neighbor is 192.0.2.1\r\n", 27, cut, &out);
		feed_cut(ls, cases[k].sent, strlen(cases[k].pager) == 9 ? 9 : strlen(cases[k].sent), cut, &out);
		assert_pending(ls, cases[k].pager);
		lines_drop_pending(ls, cases[k].blanks);
		if (strlen(cases[k].pager) == 9) // answered before its last blank came
			lines_input(ls, " ", 1, &out);
		feed_cut(ls, behind.data, behind.len, cut, &out);
		if (strcmp(out.data, "BGP neighbor is 192.0.2.1\n  BGP state = Active\n") != 0)
			fail_msg("case %zu cut at %zu: '%s'", k, cut, out.data);
		lines_free(ls);
		buf_free(&out);
		buf_free(&behind);
	}
}

static void not_more_blanks_are_swallowed(void **state)
{
	struct lines *ls = lines_new("UTF-8");
	struct buf out = {0};

	(void)state;
	lines_input(ls, "---more---", 10, &out);
	lines_drop_pending(ls, 12);
	lines_input(ls, S10 S10 "x\n", 22, &out);
	lines_drop_pending(ls, 12);
	lines_input(ls, "  a   b\n c\n", 11, &out);
	assert_string_equal(out.data, S8 "x\na   b\n c\n");
	buf_free(&out);
	lines_free(ls);
}

// One capture, byte by byte, with its pagers dropped, and the same without pagers and what erased them.
static void a_captured_pager(void **state)
{
	static const char erased[] = B10 S10 B10;
	struct buf raw = transcript_server("frr84-telnet2605-pager"), bare = {0}, got = {0}, reply = {0}, want;
	struct lines *ls = lines_new("UTF-8");
	struct telnet t;
	int pages = 0;

	(void)state;
	telnet_init(&t, 80, 24);
	raw.len = telnet_input(&t, raw.data, raw.len, raw.data, &reply);
	for (size_t i = 0; i < raw.len; i++) {
		size_t n;
		const char *pending;

		lines_input(ls, raw.data + i, 1, &got);
		pending = lines_pending(ls, &n);
		if (n == 10 && !memcmp(pending, " --More-- ", 10)) {
			lines_drop_pending(ls, 0);
			pages++;
		}
		buf_putc(&bare, raw.data[i]);
		if (bare.len >= 10 && !memcmp(bare.data + bare.len - 10, " --More-- ", 10))
			bare.len -= 10;
		if (bare.len >= 30 && !memcmp(bare.data + bare.len - 30, erased, 30))
			bare.len -= 30;
	}
	want = assemble("UTF-8", bare.data, bare.len, bare.len);
	*strrchr(want.data, '|') = 0;
	assert_string_equal(got.data, want.data);
	assert_true(pages >= 2);
	assert_non_null(strstr(got.data, "\n    Graceful Restart Capability: advertised and received\n"));
	lines_free(ls);
	buf_free(&raw);
	buf_free(&bare);
	buf_free(&got);
	buf_free(&reply);
	buf_free(&want);
}

static void cut_anywhere_it_is_the_same(void **state)
{
	static const char in[] = "\x83g\x83\x93\x83l\x83\x8b\r\n" CP932_PAGER "\r" S12
				 "\r a\tb\b\x1b[0Kc\x82\r\n\xff\x81";
	struct buf whole = assemble("CP932", in, sizeof in - 1, sizeof in);

	(void)state;
	for (size_t cut = 0; cut < sizeof in - 1; cut++) {
		struct lines *ls = lines_new("CP932");
		struct buf out = {0};
		const char *pending;
		size_t n;

		lines_input(ls, in, cut, &out);
		pending = lines_pending(ls, &n);
		assert_int_equal(strlen(pending), n);
		lines_input(ls, in + cut, sizeof in - 1 - cut, &out);
		pending = lines_pending(ls, &n);
		buf_putc(&out, '|');
		buf_add(&out, pending, n);
		assert_string_equal(out.data, whole.data);
		buf_free(&out);
		lines_free(ls);
	}
	buf_free(&whole);
}

static void long_lines_are_cut(void **state)
{
	struct lines *ls = lines_new("UTF-8");
	struct buf out = {0}, in = {0};
	size_t n;

	(void)state;
	for (int i = 0; i < 50000; i++)
		buf_puts(&in, "語");
	lines_input(ls, in.data, in.len, &out);
	assert_int_equal(out.len, 0);
	assert_non_null(lines_pending(ls, &n));
	assert_int_equal(n, 65536 / 3 * 3);
	lines_input(ls, "\rab\nnext\n", 9, &out);
	assert_true(out.len <= 65536 + 6);
	assert_string_equal(out.data + out.len - 6, "\nnext\n");
	buf_free(&out);
	buf_free(&in);
	lines_free(ls);
}

static void reset_forgets_all(void **state)
{
	struct lines *ls = lines_new("CP932");
	struct buf out = {0};
	size_t n;

	(void)state;
	lines_input(ls, "abc\x1b[\x82", 6, &out);
	lines_reset(ls);
	lines_pending(ls, &n);
	assert_int_equal(n, 0);
	lines_input(ls, "\xc2x\n", 3, &out);
	assert_string_equal(out.data, "ﾂx\n");
	buf_free(&out);
	lines_free(ls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_a_cursor), cmocka_unit_test(terminal_sequences_are_dropped),
		cmocka_unit_test(what_fools_a_reader_is_replaced), cmocka_unit_test(charsets),
		cmocka_unit_test(bad_bytes_cost_themselves_only), cmocka_unit_test(every_pager_is_erased),
		cmocka_unit_test(not_more_blanks_are_swallowed), cmocka_unit_test(a_captured_pager),
		cmocka_unit_test(cut_anywhere_it_is_the_same), cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(reset_forgets_all),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
