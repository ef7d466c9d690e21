// SPDX-License-Identifier: GPL-2.0-or-later
// What tunnels add to a packet: every row of a table that was checked against the kernel's formulas and real packets,
// AWS's published one, and what must hold of any size.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "tunwatch/model.h"

#define CBC_SHA1 .enc = "cbc(aes)", .auth = "hmac(sha1)"
#define CBC_SHA256 .enc = "cbc(aes)", .auth = "hmac(sha256)"
#define CBC_SHA384 .enc = "cbc(aes)", .auth = "hmac(sha384)"
#define CBC_SHA512 .enc = "cbc(aes)", .auth = "hmac(sha512)"
#define GCM .enc = "rfc4106(gcm(aes))"
#define CHACHA .enc = "rfc7539esp(chacha20,poly1305)"
#define DES3 .enc = "cbc(des3_ede)", .auth = "hmac(sha1)"
#define UNDER(how) .esp = true, .mode = SA_MODE_##how
#define V4(kind) .type = TUNNEL_TYPE_##kind, .outer_family = AF_INET
#define V6(kind) .type = TUNNEL_TYPE_##kind, .outer_family = AF_INET6
#define ESP4 V4(VTI), UNDER(TUNNEL)
#define ESP6 V6(VTI6), UNDER(TUNNEL)
#define TRANS4 V4(IPSEC), UNDER(TRANSPORT)

enum { OUTERS = 10 };
static const int outers[OUTERS] = { 1500, 1492, 1480, 1460, 1454, 1452, 1438, 1420, 1400, 1280 };

static const struct row {
	struct overhead o;
	int inner[OUTERS];
} rows[] = {
	/* IPv4 outer, tunnel */
	{ { ESP4, CBC_SHA1 }, { 1438, 1422, 1422, 1390, 1390, 1390, 1374, 1358, 1342, 1214 } },
	{ { ESP4, CBC_SHA256 }, { 1438, 1422, 1406, 1390, 1390, 1390, 1374, 1358, 1326, 1214 } },
	{ { ESP4, CBC_SHA384 }, { 1422, 1422, 1406, 1390, 1374, 1374, 1358, 1342, 1326, 1198 } },
	{ { ESP4, CBC_SHA512 }, { 1422, 1406, 1390, 1374, 1374, 1374, 1358, 1342, 1310, 1198 } },
	{ { ESP4, GCM }, { 1446, 1438, 1426, 1406, 1398, 1398, 1382, 1366, 1346, 1226 } },
	{ { ESP4, CHACHA }, { 1446, 1438, 1426, 1406, 1398, 1398, 1382, 1366, 1346, 1226 } },
	{ { ESP4, DES3 }, { 1446, 1438, 1430, 1406, 1398, 1398, 1382, 1366, 1350, 1230 } },
	/* IPv4 outer, tunnel, NAT-T */
	{ { ESP4, .natt = true, CBC_SHA1 }, { 1422, 1422, 1406, 1390, 1374, 1374, 1358, 1342, 1326, 1214 } },
	{ { ESP4, .natt = true, CBC_SHA256 }, { 1422, 1422, 1406, 1390, 1374, 1374, 1358, 1342, 1326, 1198 } },
	{ { ESP4, .natt = true, CBC_SHA384 }, { 1422, 1406, 1390, 1374, 1374, 1374, 1358, 1342, 1310, 1198 } },
	{ { ESP4, .natt = true, CBC_SHA512 }, { 1406, 1406, 1390, 1374, 1358, 1358, 1342, 1326, 1310, 1182 } },
	{ { ESP4, .natt = true, GCM }, { 1438, 1430, 1418, 1398, 1390, 1390, 1374, 1358, 1338, 1218 } },
	{ { ESP4, .natt = true, CHACHA }, { 1438, 1430, 1418, 1398, 1390, 1390, 1374, 1358, 1338, 1218 } },
	{ { ESP4, .natt = true, DES3 }, { 1438, 1430, 1422, 1398, 1390, 1390, 1374, 1358, 1342, 1222 } },
	/* IPv6 outer, tunnel */
	{ { ESP6, CBC_SHA1 }, { 1422, 1406, 1390, 1374, 1374, 1374, 1358, 1342, 1310, 1198 } },
	{ { ESP6, CBC_SHA256 }, { 1406, 1406, 1390, 1374, 1358, 1358, 1342, 1326, 1310, 1198 } },
	{ { ESP6, CBC_SHA384 }, { 1406, 1390, 1390, 1358, 1358, 1358, 1342, 1326, 1310, 1182 } },
	{ { ESP6, CBC_SHA512 }, { 1390, 1390, 1374, 1358, 1342, 1342, 1326, 1310, 1294, 1182 } },
	{ { ESP6, GCM }, { 1426, 1418, 1406, 1386, 1378, 1378, 1362, 1346, 1326, 1206 } },
	{ { ESP6, CHACHA }, { 1426, 1418, 1406, 1386, 1378, 1378, 1362, 1346, 1326, 1206 } },
	{ { ESP6, DES3 }, { 1430, 1422, 1406, 1390, 1382, 1382, 1366, 1350, 1326, 1206 } },
	/* IPv6 outer, tunnel, NAT-T */
	{ { ESP6, .natt = true, CBC_SHA1 }, { 1406, 1406, 1390, 1374, 1358, 1358, 1342, 1326, 1310, 1182 } },
	{ { ESP6, .natt = true, CBC_SHA256 }, { 1406, 1390, 1390, 1358, 1358, 1358, 1342, 1326, 1310, 1182 } },
	{ { ESP6, .natt = true, CBC_SHA384 }, { 1390, 1390, 1374, 1358, 1342, 1342, 1326, 1310, 1294, 1182 } },
	{ { ESP6, .natt = true, CBC_SHA512 }, { 1390, 1374, 1374, 1342, 1342, 1342, 1326, 1310, 1294, 1166 } },
	{ { ESP6, .natt = true, GCM }, { 1418, 1410, 1398, 1378, 1370, 1370, 1354, 1338, 1318, 1198 } },
	{ { ESP6, .natt = true, CHACHA }, { 1418, 1410, 1398, 1378, 1370, 1370, 1354, 1338, 1318, 1198 } },
	{ { ESP6, .natt = true, DES3 }, { 1422, 1414, 1398, 1382, 1374, 1374, 1358, 1342, 1318, 1198 } },
	/* IPv4, transport (inner = whole IP packet) */
	{ { TRANS4, CBC_SHA1 }, { 1458, 1442, 1442, 1410, 1410, 1410, 1394, 1378, 1362, 1234 } },
	{ { TRANS4, CBC_SHA256 }, { 1458, 1442, 1426, 1410, 1410, 1410, 1394, 1378, 1346, 1234 } },
	{ { TRANS4, CBC_SHA384 }, { 1442, 1442, 1426, 1410, 1394, 1394, 1378, 1362, 1346, 1218 } },
	{ { TRANS4, CBC_SHA512 }, { 1442, 1426, 1410, 1394, 1394, 1394, 1378, 1362, 1330, 1218 } },
	{ { TRANS4, GCM }, { 1466, 1458, 1446, 1426, 1418, 1418, 1402, 1386, 1366, 1246 } },
	{ { TRANS4, CHACHA }, { 1466, 1458, 1446, 1426, 1418, 1418, 1402, 1386, 1366, 1246 } },
	{ { TRANS4, DES3 }, { 1466, 1458, 1450, 1426, 1418, 1418, 1402, 1386, 1370, 1250 } },
	/* IPv4, transport, NAT-T */
	{ { TRANS4, .natt = true, CBC_SHA1 }, { 1442, 1442, 1426, 1410, 1394, 1394, 1378, 1362, 1346, 1234 } },
	{ { TRANS4, .natt = true, CBC_SHA256 },
	  { 1442, 1442, 1426, 1410, 1394, 1394, 1378, 1362, 1346, 1218 } },
	{ { TRANS4, .natt = true, CBC_SHA384 },
	  { 1442, 1426, 1410, 1394, 1394, 1394, 1378, 1362, 1330, 1218 } },
	{ { TRANS4, .natt = true, CBC_SHA512 },
	  { 1426, 1426, 1410, 1394, 1378, 1378, 1362, 1346, 1330, 1202 } },
	{ { TRANS4, .natt = true, GCM }, { 1458, 1450, 1438, 1418, 1410, 1410, 1394, 1378, 1358, 1238 } },
	{ { TRANS4, .natt = true, CHACHA }, { 1458, 1450, 1438, 1418, 1410, 1410, 1394, 1378, 1358, 1238 } },
	{ { TRANS4, .natt = true, DES3 }, { 1458, 1450, 1442, 1418, 1410, 1410, 1394, 1378, 1362, 1242 } },
	/* fixed overheads */
	{ { V4(GRE) }, { 1476, 1468, 1456, 1436, 1430, 1428, 1414, 1396, 1376, 1256 } },
	{ { V4(GRE), .has_key = true }, { 1472, 1464, 1452, 1432, 1426, 1424, 1410, 1392, 1372, 1252 } },
	{ { V4(GRE), .has_key = true, .has_sequence = true },
	  { 1468, 1460, 1448, 1428, 1422, 1420, 1406, 1388, 1368, 1248 } },
	{ { V6(IP6GRE) }, { 1456, 1448, 1436, 1416, 1410, 1408, 1394, 1376, 1356, 1236 } },
	{ { V4(IPIP) }, { 1480, 1472, 1460, 1440, 1434, 1432, 1418, 1400, 1380, 1260 } },
	{ { V4(SIT) }, { 1480, 1472, 1460, 1440, 1434, 1432, 1418, 1400, 1380, 1260 } },
	{ { V6(IP6TNL) }, { 1460, 1452, 1440, 1420, 1414, 1412, 1398, 1380, 1360, 1240 } },
	{ { V6(IP6TNL), .encap_limit = true }, { 1452, 1444, 1432, 1412, 1406, 1404, 1390, 1372, 1352, 1232 } },
	{ { V4(WIREGUARD) }, { 1440, 1432, 1420, 1400, 1394, 1392, 1378, 1360, 1340, 1220 } },
	{ { V6(WIREGUARD) }, { 1420, 1412, 1400, 1380, 1374, 1372, 1358, 1340, 1320, 1200 } },
	{ { V4(VXLAN) }, { 1450, 1442, 1430, 1410, 1404, 1402, 1388, 1370, 1350, 1230 } },
	{ { V6(VXLAN) }, { 1430, 1422, 1410, 1390, 1384, 1382, 1368, 1350, 1330, 1210 } },
	{ { V4(GENEVE) }, { 1450, 1442, 1430, 1410, 1404, 1402, 1388, 1370, 1350, 1230 } },
	{ { V4(L2TP), .framing = FRAMING_L2TPV3 },
	  { 1462, 1454, 1442, 1422, 1416, 1414, 1400, 1382, 1362, 1242 } },
	{ { V4(L2TP), .framing = FRAMING_L2TPV3_SUBLAYER },
	  { 1458, 1450, 1438, 1418, 1412, 1410, 1396, 1378, 1358, 1238 } },
	{ { V4(L2TP), .framing = FRAMING_L2TPV3_UDP },
	  { 1450, 1442, 1430, 1410, 1404, 1402, 1388, 1370, 1350, 1230 } },
	{ { V4(L2TP), .framing = FRAMING_L2TPV3_UDP_SUBLAYER },
	  { 1446, 1438, 1426, 1406, 1400, 1398, 1384, 1366, 1346, 1226 } },
	{ { V4(PPP), .framing = FRAMING_L2TPV2 },
	  { 1462, 1454, 1442, 1422, 1416, 1414, 1400, 1382, 1362, 1242 } },
	{ { V4(PPP), .framing = FRAMING_L2TPV2_LENGTH },
	  { 1460, 1452, 1440, 1420, 1414, 1412, 1398, 1380, 1360, 1240 } },
	{ { .type = TUNNEL_TYPE_PPP, .framing = FRAMING_PPPOE },
	  { 1492, 1484, 1472, 1452, 1446, 1444, 1430, 1412, 1392, 1272 } },
	{ { V4(PPP), .framing = FRAMING_PPPOE },
	  { 1492, 1484, 1472, 1452, 1446, 1444, 1430, 1412, 1392, 1272 } },
	{ { V6(TUN), .framing = FRAMING_OPENVPN },
	  { 1428, 1420, 1408, 1388, 1382, 1380, 1366, 1348, 1328, 1208 } },
	{ { V4(OTHER), .framing = FRAMING_OPENVPN },
	  { 1448, 1440, 1428, 1408, 1402, 1400, 1386, 1368, 1348, 1228 } },
	{ { V4(TUN), .framing = FRAMING_OPENVPN },
	  { 1448, 1440, 1428, 1408, 1402, 1400, 1386, 1368, 1348, 1228 } },
	/* stacks */
	{ { V4(GRE), UNDER(TRANSPORT), CBC_SHA1 },
	  { 1434, 1418, 1418, 1386, 1386, 1386, 1370, 1354, 1338, 1210 } },
	{ { V4(GRE), UNDER(TRANSPORT), GCM }, { 1442, 1434, 1422, 1402, 1394, 1394, 1378, 1362, 1342, 1222 } },
	{ { V4(GRE), UNDER(TUNNEL), CBC_SHA256 },
	  { 1414, 1398, 1382, 1366, 1366, 1366, 1350, 1334, 1302, 1190 } },
	{ { V4(PPP), UNDER(TRANSPORT), CBC_SHA1, .natt = true, .framing = FRAMING_L2TPV2 },
	  { 1404, 1404, 1388, 1372, 1356, 1356, 1340, 1324, 1308, 1196 } },
	{ { V4(L2TP), UNDER(TRANSPORT), CBC_SHA1, .framing = FRAMING_L2TPV3 },
	  { 1420, 1404, 1404, 1372, 1372, 1372, 1356, 1340, 1324, 1196 } },
};

static void test_table(void **state)
{
	char name[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (unsigned k = 0; k < OUTERS; k++)
			if (overhead_inner(&rows[i].o, outers[k]) != rows[i].inner[k])
				fail_msg("%s in %d: %d instead of %d", overhead_name(&rows[i].o, name, sizeof name),
					 outers[k], overhead_inner(&rows[i].o, outers[k]), rows[i].inner[k]);
}

/* An IPsec tunnel over DS-Lite is two tunnels, one in the other. */
static void test_one_in_another(void **state)
{
	static const int inner[OUTERS] = { 1390, 1390, 1374, 1358, 1342, 1342, 1326, 1310, 1294, 1182 };
	static const int mss[OUTERS] = { 1398, 1382, 1382, 1350, 1350, 1350, 1334, 1318, 1302, 1174 };
	const struct overhead dslite = { V6(IP6TNL) }, esp = { ESP4, CBC_SHA1 };

	(void)state;
	for (unsigned k = 0; k < OUTERS; k++) {
		assert_int_equal(overhead_inner(&esp, overhead_inner(&dslite, outers[k])), inner[k]);
		assert_int_equal(overhead_inner(&esp, outers[k]) - 40, mss[k]);
	}
}

/* What AWS publishes for its VPN: an outer path MTU of 1500. */
static void test_published(void **state)
{
	static const struct {
		struct overhead o;
		int inner;
	} published[] = {
		{ { ESP4, GCM }, 1446 }, { { ESP4, GCM, .natt = true }, 1438 },
		{ { ESP4, CBC_SHA1 }, 1438 }, { { ESP4, CBC_SHA256 }, 1438 },
		{ { ESP4, CBC_SHA1, .natt = true }, 1422 }, { { ESP4, CBC_SHA256, .natt = true }, 1422 },
		{ { ESP4, CBC_SHA384 }, 1422 }, { { ESP4, CBC_SHA384, .natt = true }, 1422 },
		{ { ESP4, CBC_SHA512 }, 1422 }, { { ESP4, CBC_SHA512, .natt = true }, 1406 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(published); i++)
		assert_int_equal(overhead_inner(&published[i].o, 1500), published[i].inner);
}

static void check_exact(const struct overhead *o, int outer)
{
	int inner = overhead_inner(o, outer);
	char name[128];

	if (overhead_outer(o, inner) > outer || overhead_outer(o, inner + 1) <= outer)
		fail_msg("%s in %d: %d becomes %d, one more %d", overhead_name(o, name, sizeof name), outer, inner,
			 overhead_outer(o, inner), overhead_outer(o, inner + 1));
}

/* What fits fits, and one byte more does not; and that is so of whatever else is set, too. */
static void test_exact(void **state)
{
	static const int icv_bits[] = { 0, 64, 96, 128, 256 };
	static const enum sa_mode modes[] = { SA_MODE_TRANSPORT, SA_MODE_TUNNEL, SA_MODE_BEET };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (int outer = 300; outer <= 1600; outer++)
			check_exact(&rows[i].o, outer);
		check_exact(&rows[i].o, 9000);
		check_exact(&rows[i].o, 65535);
		for (unsigned k = 0; k < 3 * ARRAY_LEN(icv_bits) && rows[i].o.esp; k++) {
			struct overhead o = rows[i].o;

			o.mode = modes[k % 3];
			o.icv_bits = icv_bits[k / 3];
			o.inner_family = k & 1 ? AF_INET6 : AF_INET;
			for (int outer = 576; outer <= 1500; outer += 3)
				check_exact(&o, outer);
		}
	}
}

/* Up to 16 bytes, but not beyond the device's MTU. */
static void test_wireguard(void **state)
{
	struct overhead o = { V4(WIREGUARD), .device_mtu = 1420 };

	(void)state;
	assert_int_equal(overhead_outer(&o, 1420), 1480);
	assert_int_equal(overhead_outer(&o, 1413), 1480);
	assert_int_equal(overhead_outer(&o, 1400), 1468);
	assert_int_equal(overhead_inner(&o, 1450), 1376);
	assert_int_equal(overhead_inner(&o, 1480), 1420);
	assert_int_equal(overhead_inner(&o, 1500), 1440);
	for (int mtu = 1280; mtu <= 1500; mtu += 7) {
		o.device_mtu = mtu;
		for (int outer = 400; outer <= 1600; outer++)
			check_exact(&o, outer);
	}
}

/* Ethernet inside, options, and truncated integrity values. */
static void test_others(void **state)
{
	const struct overhead tap = { V4(GRETAP) }, tap6 = { V6(IP6GRETAP), .encap_limit = true };
	const struct overhead sums = { V4(GRE), .has_checksum = true, .has_sequence = true };
	const struct overhead gcm8 = { ESP4, GCM, .icv_bits = 64 }, null = { ESP4, .enc = "ecb(cipher_null)",
		.auth = "hmac(sha1)" };
	const struct overhead old = { ESP4, .enc = "cbc(aes)", .auth = "hmac(sha256)", .icv_bits = 96 };
	const struct overhead ctr = { ESP4, .enc = "rfc3686(ctr(aes))", .auth = "hmac(sha1)" };

	(void)state;
	assert_int_equal(overhead_inner(&tap, 1500), 1462);
	assert_int_equal(overhead_inner(&tap6, 1500), 1434);
	assert_int_equal(overhead_inner(&sums, 1500), 1468);
	assert_int_equal(overhead_inner(&gcm8, 1500), 1454);
	assert_int_equal(overhead_inner(&null, 1500), 1458);
	assert_int_equal(overhead_inner(&old, 1480), 1422);
	assert_int_equal(overhead_inner(&ctr, 1500), 1450);
}

/* Nothing is made up where something is not known, and any numbers may come. */
static void test_unknown(void **state)
{
	static const struct overhead unknown[] = {
		{ V4(LINE) }, { V4(REMOTE) }, { V4(OTHER) }, { V4(TUN) }, { V4(PPP) }, { V4(L2TP) }, { V4(VTI) },
		{ V6(XFRM) }, { .type = TUNNEL_TYPE_GRE }, { ESP4 }, { ESP4, .enc = "cbc(rot13)" },
		{ ESP4, .enc = "cbc(aes)", .auth = "hmac(crc)" }, { ESP4, CBC_SHA1, .icv_bits = 100000 },
		{ .type = TUNNEL_TYPE_GRE, UNDER(TRANSPORT), CBC_SHA1 }, { V4(PPP), .framing = FRAMING_COUNT },
		{ V4(TUN), .framing = (enum framing)(1 << 30) }, { .type = TUNNEL_TYPE_COUNT, .outer_family = AF_INET },
		{ V4(VTI), .esp = true, .mode = SA_MODE_COUNT, CBC_SHA1 },
	};
	static const int sizes[] = { INT32_MIN, -1, 0, 1, 20, 21, 60, 65575, 65576, INT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		assert_int_equal(overhead_inner(&unknown[i], 1500), 0);
		assert_int_equal(overhead_outer(&unknown[i], 1400), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
			int inner = overhead_inner(&rows[i].o, sizes[k]), outer = overhead_outer(&rows[i].o, sizes[k]);

			assert_true(inner >= 0 && (inner < sizes[k] || !inner) && outer >= 0 && outer < 1 << 17);
		}
	assert_int_equal(overhead_inner(&rows[0].o, 20), 0);
	assert_int_equal(overhead_inner(&rows[0].o, 1 << 30), 0);
	assert_int_equal(overhead_outer(&rows[0].o, 1 << 30), 0);
}

static void check_name(const struct overhead *o, const char *want)
{
	char text[96], small[8];

	assert_string_equal(overhead_name(o, text, sizeof text), want);
	assert_true(strlen(overhead_name(o, small, sizeof small)) < sizeof small);
}

static void test_names(void **state)
{
	(void)state;
	check_name(&(struct overhead){ ESP4, CBC_SHA1 }, "ESP tunnel cbc(aes) hmac(sha1)");
	check_name(&(struct overhead){ ESP4, GCM, .natt = true }, "ESP tunnel rfc4106(gcm(aes)) NAT-T");
	check_name(&(struct overhead){ V4(GRE), .has_key = true }, "GRE with key");
	check_name(&(struct overhead){ V4(VXLAN), .has_key = true, .has_checksum = true }, "VXLAN");
	check_name(&(struct overhead){ V4(GRE), .has_key = true, .has_sequence = true }, "GRE with key and sequence");
	check_name(&(struct overhead){ V4(GRE), UNDER(TRANSPORT), CBC_SHA1 },
		   "GRE in ESP transport cbc(aes) hmac(sha1)");
	check_name(&(struct overhead){ V6(IP6TNL), .encap_limit = true }, "ip6tnl with encapsulation limit");
	check_name(&(struct overhead){ V4(VTI) }, "");
	check_name(&(struct overhead){ V4(TUN), .framing = FRAMING_OPENVPN }, "OpenVPN");
	check_name(&(struct overhead){ V4(PPP), UNDER(TRANSPORT), CBC_SHA1, .framing = FRAMING_L2TPV2 },
		   "L2TPv2 in ESP transport cbc(aes) hmac(sha1)");
	check_name(&(struct overhead){ V4(PPP) }, "");
	check_name(&(struct overhead){ V4(WIREGUARD) }, "WireGuard");
	check_name(&(struct overhead){ ESP4 }, "ESP tunnel ?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_one_in_another),
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_wireguard),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
