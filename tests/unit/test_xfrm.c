// SPDX-License-Identifier: GPL-2.0-or-later
// Messages about security associations: captured from a real kernel (its keys are zeros here), and made-up ones.
// tests/tools/xfrm_capture.c makes the files.
#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>

#include "tunwatch/decode.h"

enum { FILE_MAX = 1 << 14, SA_MAX = 32 };

static uint8_t *load(const char *name, size_t *ret_len)
{
	uint8_t *data = malloc(FILE_MAX);
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "tests/data/xfrm/%s", name);
	f = fopen(path, "rb");
	if (!f || !data)
		fail_msg("cannot read %s", path);
	*ret_len = fread(data, 1, FILE_MAX, f);
	fclose(f);
	assert_in_range(*ret_len, 1, FILE_MAX - 1);
	return data;
}

/* ---- captured ---- */

#define T SA_MODE_TRANSPORT
#define U SA_MODE_TUNNEL
#define B SA_MODE_BEET
#define HQ "198.51.100.2"
#define A6 "2001:db8::1"
#define B6 "2001:db8::2"
#define CBC "cbc(aes)"
#define GCM "rfc4106(gcm(aes))"
#define SHA1 "hmac(sha1)"

/* What the lab's kernel was told, and what `ip xfrm state` showed: the newest first. */
static const struct expected {
	uint32_t spi;
	const char *src, *dst;
	unsigned proto;
	enum sa_mode mode;
	uint32_t reqid, if_id, mark, mark_mask;
	unsigned encap;
	bool keyed;
	const char *enc, *auth;
	unsigned icv_bits;
	uint32_t soft_s, hard_s;
} dump[] = {
	{ 0x1000, HQ, "203.0.113.2", 50, U, 7, 0, 0, 0, 0, false, "", "", 0, 0, 30 },
	{ 0x604, HQ, "203.0.113.2", 50, U, 0, 0, 5, 0xff, 0, true, CBC, SHA1, 96, 3600, 4000 },
	{ 0x603, A6, B6, 50, B, 0, 0, 0, 0, 0, true, "ecb(cipher_null)", "hmac(md5)", 96, 0, 0 },
	{ 0x602, A6, B6, 108, U, 0, 0, 0, 0, 0, true, "", "", 0, 0, 0 },
	{ 0x1, A6, B6, 41, U, 0, 0, 0, 0, 0, false, "", "", 0, 0, 0 }, /* the kernel's own, for IPComp */
	{ 0x601, A6, B6, 51, T, 0, 0, 0, 0, 0, true, "", "hmac(sha256)", 128, 0, 0 },
	{ 0x600, A6, B6, 50, U, 6, 9, 0, 0, 0, true, GCM, "", 64, 0, 0 },
	{ 0xe0000011, "203.0.113.2", HQ, 50, U, 0xe0000010, 0, 0, 0, 4500, true, CBC, "hmac(sha256)", 128, 0, 0 },
	{ 0xe0000010, HQ, "203.0.113.2", 50, U, 0xe0000010, 0, 0, 0, 4500, true, CBC, "hmac(sha256)", 128, 0, 0 },
	{ 0xd0000011, "203.0.113.4", HQ, 50, T, 0xd0000010, 0, 0, 0, 0, true, CBC, SHA1, 96, 0, 0 },
	{ 0xd0000010, HQ, "203.0.113.4", 50, T, 0xd0000010, 0, 0, 0, 0, true, CBC, SHA1, 96, 0, 0 },
	{ 0xc00021, "203.0.113.3", HQ, 50, U, 0xc00020, 0, 2, UINT32_MAX, 0, true, GCM, "", 128, 0, 0 },
	{ 0xc00020, HQ, "203.0.113.3", 50, U, 0xc00020, 0, 2, UINT32_MAX, 0, true, GCM, "", 128, 0, 0 },
	{ 0xc00011, "203.0.113.2", HQ, 50, U, 0xc00010, 0, 1, UINT32_MAX, 0, true, CBC, SHA1, 96, 0, 0 },
	{ 0xc00010, HQ, "203.0.113.2", 50, U, 0xc00010, 0, 1, UINT32_MAX, 0, true, CBC, SHA1, 96, 0, 0 },
};

static void check_address(const struct addr *a, const char *want)
{
	char text[ADDR_TEXT_MAX];

	assert_string_equal(addr_format(a, text), want);
}

static void check_sa(const struct xfrm_sa *sa, const struct expected *e)
{
	assert_int_equal(sa->spi, e->spi);
	check_address(&sa->src, e->src);
	check_address(&sa->dst, e->dst);
	assert_int_equal(sa->proto, e->proto);
	assert_true(sa->has_mode);
	assert_int_equal(sa->mode, e->mode);
	assert_int_equal(sa->dir, DIRECTION_UNKNOWN);
	assert_int_equal(sa->reqid, e->reqid);
	assert_int_equal(sa->if_id, e->if_id);
	assert_int_equal(sa->mark, e->mark);
	assert_int_equal(sa->mark_mask, e->mark_mask);
	assert_int_equal(sa->encap, e->encap);
	assert_int_equal(sa->keyed, e->keyed);
	assert_string_equal(sa->enc, e->enc);
	assert_string_equal(sa->auth, e->auth);
	assert_int_equal(sa->icv_bits, e->icv_bits);
	assert_int_equal(sa->soft_s, e->soft_s);
	assert_int_equal(sa->hard_s, e->hard_s);
	assert_true(sa->made_s > 1700000000);
}

static void test_captured_dump(void **state)
{
	size_t len, n = 0;
	uint8_t *data = load("uml-dump", &len);
	const uint8_t *p = data;
	bool done = false;

	(void)state;
	for (struct xfrm_message m; xfrm_next(&p, &len, &m);) {
		assert_false(m.interrupted);
		if (m.what == XFRM_DONE) {
			assert_int_equal(m.error, 0);
			done = true;
			continue;
		}
		assert_int_equal(m.what, XFRM_SA_NEW);
		assert_true(n < ARRAY_LEN(dump));
		check_sa(&m.sa, &dump[n++]);
	}
	assert_true(done);
	assert_int_equal(n, ARRAY_LEN(dump));
	assert_int_equal(len, 0);
	free(data);
}

static void test_captured_events(void **state)
{
	static const struct {
		enum xfrm_what what;
		uint32_t spi;
		const char *dst;
		uint32_t mark, soft_s, hard_s;
	} want[] = {
		{ XFRM_SA_NEW, 0x700, B6, 0, 1, 3 },
		{ XFRM_SA_UPDATED, 0x1000, "203.0.113.2", 0, 0, 0 },
		{ XFRM_SA_UPDATED, 0x604, "203.0.113.2", 5, 100, 200 },
		{ XFRM_SA_GONE, 0x604, "203.0.113.2", 5, 0, 0 },
		{ XFRM_SA_GONE, 0x1000, "203.0.113.2", 0, 0, 0 },
		{ XFRM_SA_SOFT, 0x700, B6, 0, 1, 3 },
		{ XFRM_SA_HARD, 0x700, B6, 0, 1, 3 },
	};
	size_t len, n = 0;
	uint8_t *data = load("uml-events", &len);
	const uint8_t *p = data;
	struct xfrm_message m;

	(void)state;
	for (; n < ARRAY_LEN(want) && xfrm_next(&p, &len, &m); n++) {
		assert_int_equal(m.what, want[n].what);
		assert_int_equal(m.sa.spi, want[n].spi);
		assert_int_equal(m.sa.proto, 50);
		check_address(&m.sa.dst, want[n].dst);
		assert_int_equal(m.sa.mark, want[n].mark);
		assert_int_equal(m.sa.soft_s, want[n].soft_s);
		assert_int_equal(m.sa.hard_s, want[n].hard_s);
		assert_int_equal(m.sa.keyed, m.what == XFRM_SA_NEW || m.what == XFRM_SA_UPDATED);
	}
	assert_int_equal(n, ARRAY_LEN(want));
	assert_true(xfrm_next(&p, &len, &m));
	assert_int_equal(m.what, XFRM_SA_FLUSHED);
	assert_int_equal(m.sa.proto, 51);
	assert_true(xfrm_next(&p, &len, &m));
	assert_int_equal(m.what, XFRM_SA_FLUSHED);
	assert_int_equal(m.sa.proto, 0);
	assert_false(xfrm_next(&p, &len, &m));
	free(data);
}

/* ---- made up ---- */

struct made {
	_Alignas(8) uint8_t bytes[4096];
	struct nlmsghdr *h;
};

static void begin(struct made *b, uint16_t type)
{
	memset(b, 0, sizeof *b);
	b->h = mnl_nlmsg_put_header(b->bytes);
	b->h->nlmsg_type = type;
}

static struct xfrm_usersa_info *begin_sa(struct made *b)
{
	struct xfrm_usersa_info *i;

	begin(b, XFRM_MSG_NEWSA);
	i = mnl_nlmsg_put_extra_header(b->h, sizeof *i);
	i->family = AF_INET;
	i->id.proto = IPPROTO_ESP;
	i->id.spi = 0x12345678;
	i->id.daddr.a4 = 0x01020304;
	i->mode = XFRM_MODE_TUNNEL;
	return i;
}

/* Parsed from memory that ends where the message does. */
static struct xfrm_message parse(const struct made *b)
{
	size_t len = b->h->nlmsg_len;
	uint8_t *copy = malloc(len);
	const uint8_t *p = copy;
	struct xfrm_message m;

	assert_non_null(copy);
	memcpy(copy, b->bytes, len);
	assert_true(xfrm_next(&p, &len, &m));
	assert_int_equal(len, 0);
	free(copy);
	return m;
}

static const struct {
	unsigned type;
	size_t key; /* where it begins */
} algorithms[] = {
	{ XFRMA_ALG_AUTH, offsetof(struct xfrm_algo, alg_key) },
	{ XFRMA_ALG_CRYPT, offsetof(struct xfrm_algo, alg_key) },
	{ XFRMA_ALG_COMP, offsetof(struct xfrm_algo, alg_key) },
	{ XFRMA_ALG_AEAD, offsetof(struct xfrm_algo_aead, alg_key) },
	{ XFRMA_ALG_AUTH_TRUNC, offsetof(struct xfrm_algo_auth, alg_key) },
};

/* Every algorithm with a key of one byte over and over: none of it is in what the parser gives. */
static void test_no_keys(void **state)
{
	static const char name[64] = "cbc(aes)";
	struct xfrm_message m;
	struct made b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		uint8_t value[256];

		memset(value, 0xa5, sizeof value);
		memset(value, 0, algorithms[i].key);
		memcpy(value, name, sizeof name);
		value[64] = 128;
		begin_sa(&b);
		mnl_attr_put(b.h, (uint16_t)algorithms[i].type, sizeof value, value);
		m = parse(&b);
		assert_int_equal(m.what, XFRM_SA_NEW);
		assert_true(m.sa.keyed);
		assert_null(memmem(&m, sizeof m, "\xa5\xa5", 2));
	}
}

/* A name without an end does not lead into the key behind it. */
static void test_name_without_end(void **state)
{
	struct xfrm_message m;
	struct made b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		uint8_t value[256];

		memset(value, 'K', sizeof value);
		memset(value, 'n', 64);
		begin_sa(&b);
		mnl_attr_put(b.h, (uint16_t)algorithms[i].type, sizeof value, value);
		m = parse(&b);
		assert_null(memmem(&m, sizeof m, "K", 1));
		assert_true(strlen(m.sa.enc) < XFRM_NAME_MAX && strlen(m.sa.auth) < XFRM_NAME_MAX);
		assert_int_equal(m.sa.icv_bits, 0); /* as it cannot be so long */
	}
}

static void test_cleaned_names(void **state)
{
	char value[68] = "a\033[2J\x80";
	struct xfrm_message m;
	struct made b;

	(void)state;
	begin_sa(&b);
	mnl_attr_put(b.h, XFRMA_ALG_CRYPT, sizeof value, value);
	m = parse(&b);
	assert_string_equal(m.sa.enc, "a\\x1b[2J\\x80");
	memset(value, '\033', sizeof value);
	begin_sa(&b);
	mnl_attr_put(b.h, XFRMA_ALG_CRYPT, sizeof value, value);
	m = parse(&b);
	assert_int_equal(strlen(m.sa.enc), 60);
	assert_null(strchr(m.sa.enc, '\033'));
}

/* What comes first does not decide: ALG_AUTH_TRUNC says more than ALG_AUTH. */
static void test_auth_twice(void **state)
{
	char old[68] = "sha1", new[72] = "hmac(sha1)";
	struct xfrm_message m;
	struct made b;

	(void)state;
	new[68] = 96;
	for (int i = 0; i < 2; i++) {
		begin_sa(&b);
		if (i)
			mnl_attr_put(b.h, XFRMA_ALG_AUTH_TRUNC, sizeof new, new);
		mnl_attr_put(b.h, XFRMA_ALG_AUTH, sizeof old, old);
		if (!i)
			mnl_attr_put(b.h, XFRMA_ALG_AUTH_TRUNC, sizeof new, new);
		m = parse(&b);
		assert_string_equal(m.sa.auth, "hmac(sha1)");
		assert_int_equal(m.sa.icv_bits, 96);
	}
	begin_sa(&b);
	mnl_attr_put(b.h, XFRMA_ALG_AUTH, sizeof old, old);
	m = parse(&b);
	assert_string_equal(m.sa.auth, "sha1");
	assert_int_equal(m.sa.icv_bits, 0);
}

static void test_modes_and_directions(void **state)
{
	static const struct {
		unsigned mode;
		int want; /* -1: none */
	} modes[] = {
		{ 0, SA_MODE_TRANSPORT }, { 1, SA_MODE_TUNNEL }, { 2, -1 }, { 4, SA_MODE_BEET }, { 5, -1 }, { 255, -1 },
	};
	static const enum direction directions[] = {
		DIRECTION_UNKNOWN, DIRECTION_IN, DIRECTION_OUT, DIRECTION_UNKNOWN,
	};
	struct xfrm_message m;
	struct made b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		begin_sa(&b)->mode = (uint8_t)modes[i].mode;
		m = parse(&b);
		assert_int_equal(m.sa.has_mode, modes[i].want >= 0);
		if (modes[i].want >= 0)
			assert_int_equal(m.sa.mode, modes[i].want);
	}
	for (unsigned i = 0; i < ARRAY_LEN(directions); i++) {
		begin_sa(&b);
		mnl_attr_put_u8(b.h, 33, (uint8_t)i);
		m = parse(&b);
		assert_int_equal(m.sa.dir, directions[i]);
	}
}

static void test_lifetimes(void **state)
{
	struct xfrm_usersa_info *i;
	struct xfrm_message m;
	struct made b;

	(void)state;
	i = begin_sa(&b);
	i->lft.soft_add_expires_seconds = 100;
	i->lft.soft_use_expires_seconds = 50;
	i->lft.hard_use_expires_seconds = 60;
	m = parse(&b);
	assert_int_equal(m.sa.soft_s, 100);
	assert_int_equal(m.sa.hard_s, 60);
	i->lft.soft_add_expires_seconds = UINT64_MAX;
	i->lft.hard_add_expires_seconds = (uint64_t)UINT32_MAX + 1;
	m = parse(&b);
	assert_int_equal(m.sa.soft_s, 0);
	assert_int_equal(m.sa.hard_s, 0);
}

/* Families, types and lengths that no kernel sends. */
static void test_hostile(void **state)
{
	static const uint16_t types[] = { XFRM_MSG_NEWSA, XFRM_MSG_UPDSA, XFRM_MSG_DELSA, XFRM_MSG_EXPIRE,
					  XFRM_MSG_FLUSHSA };
	struct xfrm_message m;
	struct nlattr *at;
	struct made b;

	(void)state;
	begin_sa(&b)->family = AF_UNIX;
	assert_int_equal(parse(&b).what, XFRM_OTHER);
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		begin(&b, types[i]);
		assert_int_equal(parse(&b).what, XFRM_OTHER);
	}
	begin(&b, XFRM_MSG_NEWPOLICY);
	assert_int_equal(parse(&b).what, XFRM_OTHER);
	/* an attribute that claims more than there is, less than its header, or nothing */
	for (unsigned len = 0; len < 70000; len += len < 100 ? 1 : 977) {
		begin_sa(&b);
		at = mnl_nlmsg_get_payload_tail(b.h);
		mnl_attr_put_u32(b.h, XFRMA_IF_ID, 7);
		at->nla_len = (uint16_t)len;
		m = parse(&b);
		assert_int_equal(m.what, XFRM_SA_NEW);
		assert_int_equal(m.sa.if_id, (uint16_t)len == 8 ? 7 : 0);
	}
	/* every attribute with every length up to what it should have */
	for (uint16_t type = 0; type < 40; type++) {
		for (size_t len = 0; len < 80; len++) {
			uint8_t value[80];

			memset(value, 'x', sizeof value);
			begin_sa(&b);
			mnl_attr_put(b.h, type, len, value);
			m = parse(&b);
			assert_int_equal(m.what, XFRM_SA_NEW);
			if (len < 64)
				assert_false(m.sa.keyed && type != XFRMA_ALG_COMP);
		}
	}
}

static void test_errors(void **state)
{
	struct xfrm_message m;
	struct made b;

	(void)state;
	begin(&b, NLMSG_ERROR);
	((struct nlmsgerr *)mnl_nlmsg_put_extra_header(b.h, sizeof(struct nlmsgerr)))->error = -EPERM;
	b.h->nlmsg_seq = 77;
	b.h->nlmsg_flags = NLM_F_DUMP_INTR;
	m = parse(&b);
	assert_int_equal(m.what, XFRM_ERROR);
	assert_int_equal(m.error, EPERM);
	assert_int_equal(m.seq, 77);
	assert_true(m.interrupted);
	begin(&b, NLMSG_OVERRUN);
	assert_int_equal(parse(&b).what, XFRM_OVERRUN);
}

/* Of every length: nothing behind the end is read, and what is whole is right. */
static void test_cut_anywhere(void **state)
{
	static const char *const names[] = { "uml-dump", "uml-events" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t len;
		uint8_t *data = load(names[i], &len);

		for (size_t cut = 0; cut < len; cut++) {
			uint8_t *copy = malloc(cut ? cut : 1);
			const uint8_t *p = copy;
			size_t left = cut;

			assert_non_null(copy);
			memcpy(copy, data, cut);
			for (struct xfrm_message m; xfrm_next(&p, &left, &m);)
				assert_int_not_equal(m.what, XFRM_OTHER);
			free(copy);
		}
		free(data);
	}
}

/* A message whose own length is cut keeps its whole attributes. */
static void test_cut_message(void **state)
{
	size_t len;
	uint8_t *data = load("uml-dump", &len);
	uint32_t whole;

	(void)state;
	memcpy(&whole, data, sizeof whole);
	for (uint32_t cut = sizeof(struct nlmsghdr); cut <= whole; cut++) {
		uint8_t *copy = malloc(cut);
		const uint8_t *p = copy;
		size_t left = cut;
		struct xfrm_message m;

		assert_non_null(copy);
		memcpy(copy, data, cut);
		memcpy(copy, &cut, sizeof cut);
		assert_true(xfrm_next(&p, &left, &m));
		assert_int_equal(m.what, cut < sizeof(struct nlmsghdr) + sizeof(struct xfrm_usersa_info) ? XFRM_OTHER :
				 XFRM_SA_NEW);
		free(copy);
	}
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captured_dump),
		cmocka_unit_test(test_captured_events),
		cmocka_unit_test(test_no_keys),
		cmocka_unit_test(test_name_without_end),
		cmocka_unit_test(test_cleaned_names),
		cmocka_unit_test(test_auth_twice),
		cmocka_unit_test(test_modes_and_directions),
		cmocka_unit_test(test_lifetimes),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_cut_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
