// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/config.h"
#include "tunwatch/options.h"

static int read_text(struct options *o, const char *text, struct buf *notices, struct error *err)
{
	*o = (struct options){0};
	err->text[0] = 0;
	return config_parse(o, "FILE", text, strlen(text), notices, err);
}

/* The text is refused at this line, with a message that holds what and, behind it, how to mend it. */
static void expect_error(const char *text, int line, const char *what, const char *how)
{
	struct options o;
	struct error err;
	char lead[32];
	const char *at;

	if (read_text(&o, text, NULL, &err) == 0)
		fail_msg("accepted: %s", text);
	snprintf(lead, sizeof lead, "FILE:%d: ", line);
	if (strncmp(err.text, lead, strlen(lead)))
		fail_msg("'%s' does not begin with '%s'", err.text, lead);
	at = strstr(err.text, what);
	if (!at || !strstr(at, how))
		fail_msg("'%s' does not hold '%s' and then '%s'", err.text, what, how);
	if (strstr(err.text, "sesame") || strstr(err.text, "secret") || strstr(err.text, "se=cret"))
		fail_msg("'%s' quotes a password", err.text);
	options_free(&o);
}

static const char example[] =
	"interval = 2.0            # seconds\n"
	"linger   = 3600\n"
	"mtu-period = 5m\n"
	"interfaces = { \"vti*\", gre1 }\n"
	"tunnel aws-1 {\n"
	"  ifname = \"vti1\"                 # or none\n"
	"  peer   = \"169.254.252.1\"\n"
	"  outer  = \"27.0.1.16\"\n"
	"  bgp    = \"169.254.252.1\"\n"
	"  router = \"rtx\"\n"
	"  remote-name = \"TUNNEL[1]\"\n"
	"  group  = \"aws\"\n"
	"  expect = on-demand\n"
	"  framing = l2tpv3-udp\n"
	"  mtu    = 1390\n"
	"  mss    = 1350\n"
	"  mark   = 0x64\n"
	"}\n"
	"line uplink { target = \"203.0.113.1\" }\n"
	"line gw { target = gateway }\n"
	"router rtx { profile = \"yamaha-rtx\"  transport = telnet  host = \"192.168.100.1\"  "
	"password-file = \"/etc/tunwatch/rtx.pass\"  poll = 10 }\n"
	"router frr { profile = \"vtysh\"  args = { \"-N\", \"hq\" } }\n"
	"router hop { profile = cisco-ios  run = { ssh, \"-tt\", \"me@192.0.2.9\" }  password-command = { pass, hop } "
	"poll = 0.5  zone = \"-03:30\"  charset = EUC-JP  user = me }\n"
	"log rtx { router = rtx  profile = yamaha-rtx  listen = \"192.0.2.1:5514\"  from = 192.168.100.1 "
	"zone = '+09:00' }\n"
	"log old { profile = yamaha-rtx  file = \"/var/log/rtx.log\"  charset = CP932 }\n"
	"capture { interfaces = { \"auto\" }  samples = true }\n"
	"hook { on = { \"down\", \"up\" }  after = 3.0  run = { \"/usr/local/bin/page\", \"--now\" } }\n";

static void test_example(void **state)
{
	struct buf notices = {0};
	struct options o;
	struct error err;
	const struct tunnel_config *t;

	(void)state;
	if (read_text(&o, example, &notices, &err))
		fail_msg("%s", err.text);
	assert_true(o.interval == 2.0);
	assert_int_equal(o.linger_s, 3600);
	assert_int_equal(o.mtu_period_s, 300);
	assert_int_equal(o.nglobs, 2);
	assert_int_equal(o.ntunnels, 3);
	t = &o.tunnels[0];
	assert_string_equal(t->name, "aws-1");
	assert_string_equal(t->ifname, "vti1");
	assert_string_equal(t->peer, "169.254.252.1");
	assert_string_equal(t->outer, "27.0.1.16");
	assert_string_equal(t->bgp, "169.254.252.1");
	assert_string_equal(t->router, "rtx");
	assert_string_equal(t->remote_name, "TUNNEL[1]");
	assert_string_equal(t->group, "aws");
	assert_int_equal(t->expect, EXPECT_ON_DEMAND);
	assert_int_equal(t->framing, FRAMING_L2TPV3_UDP);
	assert_int_equal(t->mtu, 1390);
	assert_int_equal(t->mss, 1350);
	assert_int_equal(t->mark, 100);
	assert_false(t->is_line);
	assert_true(o.tunnels[1].is_line);
	assert_string_equal(o.tunnels[1].peer, "203.0.113.1");
	assert_string_equal(o.tunnels[2].peer, "gateway");
	assert_int_equal(o.tunnels[2].expect, EXPECT_ALWAYS);
	assert_int_equal(o.tunnels[2].framing, FRAMING_UNKNOWN);
	assert_null(strstr(notices.data, "router"));
	assert_non_null(strstr(notices.data, "hook sections"));
	buf_free(&notices);
	options_free(&o);
}

static void test_routers(void **state)
{
	struct options o;
	struct error err;
	const struct router_config *r;
	const struct log_config *l;
	struct watch_config w;

	(void)state;
	if (read_text(&o, example, NULL, &err))
		fail_msg("%s", err.text);
	w = options_watch(&o);
	assert_int_equal(w.nrouters, 3);
	assert_int_equal(w.nlogs, 2);
	r = &w.routers[0];
	assert_string_equal(r->name, "rtx");
	assert_int_equal(r->transport, ROUTER_TELNET);
	assert_string_equal(r->host, "192.168.100.1");
	assert_int_equal(r->poll_us, 10 * US_PER_S);
	assert_int_equal(r->password_fd, -1);
	assert_null(r->run);
	assert_false(r->has_zone);
	r = &w.routers[1];
	assert_int_equal(r->transport, ROUTER_VTYSH);
	assert_int_equal(r->poll_us, US_PER_S);
	assert_int_equal(r->nrun, 2);
	assert_string_equal(r->run[0], "-N");
	assert_string_equal(r->run[1], "hq");
	assert_null(r->run[2]);
	r = &w.routers[2];
	assert_int_equal(r->transport, ROUTER_EXEC);
	assert_int_equal(r->nrun, 3);
	assert_int_equal(r->npassword_run, 2);
	assert_string_equal(r->password_run[1], "hop");
	assert_null(r->password_run[2]);
	assert_int_equal(r->poll_us, US_PER_S / 2);
	assert_true(r->has_zone);
	assert_int_equal(r->zone_s, -(3 * 60 + 30) * 60);
	assert_string_equal(r->charset, "EUC-JP");
	assert_string_equal(r->user, "me");
	l = &w.logs[0];
	assert_string_equal(l->router, "rtx");
	assert_string_equal(l->listen, "192.0.2.1:5514");
	assert_int_equal(l->from.family, 2);
	assert_int_equal(l->zone_s, 9 * 3600);
	assert_int_equal(l->fd, -1);
	l = &w.logs[1];
	assert_null(l->router);
	assert_string_equal(l->file, "/var/log/rtx.log");
	assert_false(addr_is_set(&l->from));
	options_free(&o);
}

static void test_bad_routers(void **state)
{
	(void)state;
	expect_error("router r {\n host = h\n}\n", 3, "router r has no profile", "add profile");
	expect_error("router r { profile = frr-vty\n}\n", 2, "router r has no host", "add host");
	expect_error("router r { profile = frr-vty\n transport = exec\n}\n", 3, "nothing to run", "add run");
	expect_error("router r { profile = frr-vty\n host = h\n transport = ssh\n}\n", 3, "must be one of",
		     "telnet, exec, vtysh");
	expect_error("router r { profile = frr-vty host = h\n port = 0\n}\n", 2, "port must be", "from 1");
	expect_error("router r { profile = frr-vty host = h\n run = { x }\n transport = telnet }\n", 2,
		     "run has no use with telnet", "remove it");
	expect_error("router r { profile = frr-vty\n host = h\n run = { x } }\n", 2, "host has no use", "in run");
	expect_error("router r { profile = frr-vty host = h\n args = { x } }\n", 2, "args has no use", "remove");
	expect_error("router r { profile = vtysh\n host = h\n}\n", 2, "host has no use with vtysh", "remove it");
	expect_error("router r { profile = vtysh\n password-env = X\n}\n", 2, "password-env has no use", "remove");
	expect_error("router r { transport = vtysh\n profile = frr-vty\n}\n", 2, "no other profile", "remove one");
	expect_error("router r { profile = vtysh\n transport = telnet\n}\n", 2, "goes with transport vtysh", "remove");
	expect_error("router r { profile = frr-vty host = h\n password-file = /a\n password-env = B\n}\n", 3,
		     "has password-file and password-env", "keep one");
	expect_error("router r { profile = frr-vty host = h\n password-command = { p }\n password-env = B\n}\n", 3,
		     "has password-env and password-command", "keep one");
	expect_error("router r { profile = frr-vty host = h\n password = secret\n}\n", 2, "no key 'password'",
		     "password-file");
	expect_error("router r { profile = frr-vty host = h\n password-file = secret\n}\n", 2,
		     "password-file must be a path from /", "");
	expect_error("router r { profile = frr-vty host = h\n password-env = 'se=cret'\n}\n", 2,
		     "password-env must be the name", "");
	/* what stands in the wrong place may be the password */
	expect_error("router r { profile = frr-vty host = h user = me\n sesame\n}\n", 2, "no such key in router",
		     "password-file");
	expect_error("router r { profile = frr-vty host = h\n password-env = PATH\n}\n", 2,
		     "password-env must be the name", "TUNWATCH_RTX");
	expect_error("router r { profile = frr-vty host = h\n charset = KLINGON }\n", 2, "charset must be", "CP932");
	expect_error("router r { profile = frr-vty host = h\n zone = Tokyo }\n", 2, "zone must be an offset", "'+09:00'");
	expect_error("router r { profile = frr-vty host = h\n zone = '+15:00' }\n", 2, "zone must be", "+15:00");
	expect_error("router r { profile = vtysh }\nrouter r { profile = vtysh }\n", 2, "duplicate title", "own name");
	expect_error("router \"\" { profile = vtysh }\n", 1, "name of a router", "1 to 63");
	expect_error("log l { file = /x\n}\n", 2, "log l has no profile", "add profile");
	expect_error("log l { profile = p\n}\n", 2, "neither file nor listen", "add");
	expect_error("log l { profile = p\n file = /x\n listen = 192.0.2.1\n}\n", 4, "has file and listen", "two");
	expect_error("log l { profile = p\n file = x\n}\n", 2, "file must be a path from /", "");
	expect_error("log l { profile = p\n file = /x\n from = 192.0.2.1\n}\n", 3, "from goes with listen", "remove");
	expect_error("log l { profile = p\n listen = host:1\n}\n", 2, "listen must be ADDRESS:PORT", "192.0.2.1:514");
	expect_error("log l { profile = vtysh\n file = /x\n}\n", 1, "no profile of a log", "frr-vty");
	expect_error("log l { profile = p file = /x\n router = r\n}\n", 2, "log l names the router 'r'", "router r {");
}

static void test_a_log_is_a_router(void **state)
{
	static const char text[] = "tunnel a { peer = 192.0.2.1 router = old }\nlog old { profile = p file = /x }\n";
	struct options o;
	struct error err;

	(void)state;
	if (read_text(&o, text, NULL, &err))
		fail_msg("%s", err.text);
	options_free(&o);
}

static void test_bad_lines(void **state)
{
	(void)state;
	expect_error("interval = 0\n", 1, "interval must be", "from 0.1 to 60");
	expect_error("\n\ninterval = soon\n", 3, "interval must be a time", "0.5s");
	expect_error("intervall = 1\n", 1, "no such key 'intervall'", "did you mean interval");
	expect_error("linger = 1\ninterval = 1\nlinger = 2\n", 3, "linger is given twice", "remove one");
	expect_error("interfaces = { a }\ninterfaces = { b }\n", 2, "interfaces is given twice", "remove one");
	expect_error("mtu-period = 500ms\n", 1, "mtu-period must be a time in whole seconds", "not '500ms'");
	expect_error("mtu-period = 1.5\n", 1, "mtu-period must be", "whole seconds");
	expect_error("ascii = maybe\n", 1, "ascii must be true or false", "not 'maybe'");
	expect_error("interval 1\n", 1, "missing equal sign", "key = value");
	expect_error("tunnel {\n}\n", 1, "missing title", "tunnel NAME");
	expect_error("tunnel a {\n ifname = vti1\n", 3, "section tunnel a is not closed", "add }");
	expect_error("tunnel a { ifname = vti1 }\ntunnel a { ifname = vti2 }\n", 2, "duplicate title", "own name");
	expect_error("tunnel a { ifname = vti1 }\nline a { target = gw }\n", 2, "used twice", "names of their own");
	expect_error("tunnel a {\n mtu = 1400\n}\n", 3, "neither ifname nor peer", "add");
	expect_error("line a {\n}\n", 2, "has no target", "add target =");
	expect_error("tunnel a {\n ifname = a-name-far-too-long\n}\n", 2, "ifname must be", "1 to 15");
	expect_error("tunnel a {\n peer = 10.0.0.300\n}\n", 2, "peer must be", "address or a host name");
	expect_error("tunnel a {\n peer = 10.0.0.1\n mtu = 67\n}\n", 3, "mtu must be", "from 68 to 65535");
	expect_error("tunnel a {\n peer = 10.0.0.1\n mtu = 65536\n}\n", 3, "mtu must be", "from 68 to 65535");
	expect_error("tunnel a {\n peer = 10.0.0.1\n expect = sometimes\n}\n", 3, "must be one of", "always, on-demand");
	expect_error("tunnel a {\n peer = 10.0.0.1\n framing = gre\n}\n", 3, "framing must be one of l2tpv2, l2tpv2-length, "
		     "l2tpv3, l2tpv3-sublayer, l2tpv3-udp, l2tpv3-udp-sublayer, pppoe, openvpn, wireguard", "not 'gre'");
	expect_error("tunnel a {\n peer = 10.0.0.1\n framing = unknown\n}\n", 3, "framing must be one of", "");
	expect_error("line a {\n target = gw\n framing = pppoe\n}\n", 3, "no such key 'framing' in line", "");
	expect_error("tunnel a {\n peer = 10.0.0.1\n peer = 10.0.0.2\n}\n", 3, "peer is given twice", "remove one");
	expect_error("tunnel a {\n per = 10.0.0.1\n}\n", 2, "no such key 'per' in tunnel", "did you mean peer");
	expect_error("tunnel a {\n source = host\n}\n", 2, "source must be", "numeric");
	expect_error("tunnel a { peer = p\n router = rtx\n}\n", 3, "names the router 'rtx'", "router rtx {");
	expect_error("tunnel \"\" { ifname = a }\n", 1, "name of a tunnel", "1 to 63");
	expect_error("tunnel \"a\\x1b[2J\" { ifname = a }\n", 1, "name of a tunnel", "control characters");
	expect_error("\"tunnel|peer\" = 1\n", 1, "", "");
	expect_error("}\n", 1, "closing brace", "remove the }");
	expect_error("interval = \"1\n", 3, "", "");
	expect_error("\n/* interval\n= 1\n", 2, "comment", "add */");
	expect_error("# one\n// two\n/* three\nfour */ interval = 0 # five\n", 4, "interval", "from");
	expect_error("write = '#' interval = \"//\"\n", 1, "section 'write'", "there are: interfaces");
	expect_error("tunnel a { ifname = vti1 } router r { poll = 0 }\n", 1, "poll must be", "from 0.1");
	expect_error("hook { on = { sideways } }\n", 1, "on must be one of", "down, up");
	expect_error("capture { samples = 7 }\n", 1, "samples must be true or false", "");
	expect_error("interval += 3\n", 1, "append", "use =");
}

/* Each word of the tunnel record is one of the key, but for that of a key that is not given. */
static void test_framings(void **state)
{
	const struct record_field *field = &record_kind_info(RECORD_TUNNEL)->fields[TUNNEL_FRAMING];
	struct buf text = {0};
	struct options o;
	struct error err;

	(void)state;
	for (int f = FRAMING_UNKNOWN + 1; f < FRAMING_COUNT; f++)
		buf_printf(&text, "tunnel t%d { ifname = tun%d  framing = %s }\n", f, f, record_word(field, f));
	if (read_text(&o, text.data, NULL, &err))
		fail_msg("%s", err.text);
	assert_int_equal(o.ntunnels, FRAMING_COUNT - 1);
	for (size_t i = 0; i < o.ntunnels; i++)
		assert_int_equal(o.tunnels[i].framing, i + 1);
	buf_free(&text);
	options_free(&o);
}

static void test_nul_and_empty(void **state)
{
	struct options o = {0};
	struct error err = { "" };

	(void)state;
	assert_int_equal(config_parse(&o, "FILE", "a\0b", 3, NULL, &err), -22);
	assert_non_null(strstr(err.text, "NUL"));
	assert_int_equal(config_parse(&o, "FILE", "", 0, NULL, &err), 0);
	assert_int_equal(config_parse(&o, "FILE", "# only a remark", 15, NULL, &err), 0);
	options_free(&o);
}

static void test_command_line_wins(void **state)
{
	struct options o = { .interval = 5, .given = UINT64_C(1) << OPTION_INTERVAL };
	struct error err;

	(void)state;
	assert_int_equal(config_parse(&o, "FILE", "interval = 2\nlinger = 7\n", 24, NULL, &err), 0);
	assert_true(o.interval == 5);
	assert_int_equal(o.linger_s, 7);
	options_free(&o);
}

static void test_many_sections(void **state)
{
	struct buf text = {0};

	(void)state;
	for (int i = 0; i < 1100; i++)
		buf_printf(&text, "line l%d { target = gw }\n", i);
	expect_error(text.data, 1025, "more than 1024", "tunnels");
	buf_free(&text);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int load(const char *path, struct error *err)
{
	struct options o = { .config_file = path ? xstrdup(path) : NULL };
	int r = config_load(&o, err);

	options_free(&o);
	return r;
}

static void test_files(void **state)
{
	char dir[] = "/tmp/test_config.XXXXXX", path[64];
	struct error err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/tunwatch.conf", dir);
	assert_int_equal(load(path, &err), EXIT_NOINPUT);
	assert_non_null(strstr(err.text, "tunwatch.conf: cannot open it"));
	put(path, "interval = 3\n");
	assert_int_equal(load(path, &err), 0);
	put(path, "interval = 300\n");
	assert_int_equal(load(path, &err), EXIT_CONFIG);
	setenv("XDG_CONFIG_HOME", dir, 1);
	assert_int_equal(load(NULL, &err), EXIT_CONFIG);
	assert_int_equal(load(dir, &err), EXIT_NOINPUT);
	assert_int_equal(load("/dev/null", &err), EXIT_NOINPUT);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(load(path, &err), EXIT_NOINPUT);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_routers),
		cmocka_unit_test(test_bad_routers),
		cmocka_unit_test(test_a_log_is_a_router),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_framings),
		cmocka_unit_test(test_nul_and_empty),
		cmocka_unit_test(test_command_line_wins),
		cmocka_unit_test(test_many_sections),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
