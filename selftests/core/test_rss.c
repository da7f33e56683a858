// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 5.6: receive side scaling. */
#include "svnic_core_bytes.h"
#include "test.h"

#define ADDRS	(SVNIC_RSS_SRC | SVNIC_RSS_DST)
#define PORTS	(SVNIC_RSS_SPORT | SVNIC_RSS_DPORT)
#define FOR_TCP(fields) ((uint32_t)(fields) << SVNIC_RSS_TCP_SHIFT)

static struct tcp_frame f;
static struct rxframe r;

static unsigned int hash_type(const struct rxframe *frame)
{
	return frame->info >> SVNIC_RXC_HASH_SHIFT & SVNIC_RXC_HASH_MASK;
}

static void receive(void)
{
	wire_rx(f.data, f.len);
	CHECK(rx_get(&q[0], &r));
	queue_post(&q[0], r.bufs);
	run();
}

static const uint8_t ms_key[40] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2,
	0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0,
	0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4,
	0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c,
	0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static void set_key(const uint8_t *key)
{
	unsigned int i;

	for (i = 0; i < 40; i += 4)
		wr(0, SVNIC_REG_RSS_KEY + i, key[i] | key[i + 1] << 8 |
		   key[i + 2] << 16 | (uint32_t)key[i + 3] << 24);
}

/* The verification suite that was published with the hash. */
static void microsoft(void)
{
	static const struct {
		uint8_t src[4], dst[4];
		uint16_t sport, dport;
		uint32_t addrs, ports;
	} v4[] = {
		{ { 66, 9, 149, 187 }, { 161, 142, 100, 80 }, 2794, 1766,
		  0x323e8fc2, 0x51ccc178 },
		{ { 199, 92, 111, 2 }, { 65, 69, 140, 83 }, 14230, 4739,
		  0xd718262a, 0xc626b0ea },
		{ { 24, 19, 198, 95 }, { 12, 22, 207, 184 }, 12898, 38024,
		  0xd2d0a5de, 0x5c2b394a },
		{ { 38, 27, 205, 30 }, { 209, 142, 163, 6 }, 48228, 2217,
		  0x82989176, 0xafc7327f },
		{ { 153, 39, 163, 191 }, { 202, 188, 127, 2 }, 44251, 1303,
		  0x5d1809c5, 0x10e828a2 },
	};
	static const struct {
		uint16_t src[8], dst[8], sport, dport;
		uint32_t addrs, ports;
	} v6[] = {
		{ { 0x3ffe, 0x2501, 0x200, 0x1fff, 0, 0, 0, 7 },
		  { 0x3ffe, 0x2501, 0x200, 3, 0, 0, 0, 1 }, 2794, 1766,
		  0x2cc18cd5, 0x40207d3d },
		{ { 0x3ffe, 0x501, 8, 0, 0x260, 0x97ff, 0xfe40, 0xefab },
		  { 0xff02, 0, 0, 0, 0, 0, 0, 1 }, 14230, 4739,
		  0x0f0c461c, 0xdde51bbf },
		{ { 0x3ffe, 0x1900, 0x4545, 3, 0x200, 0xf8ff, 0xfe21, 0x67cf },
		  { 0xfe80, 0, 0, 0, 0x200, 0xf8ff, 0xfe21, 0x67cf },
		  44251, 38024, 0x4b61e985, 0x02d1feef },
	};
	unsigned int i, j, ports;

	net_up(0, 0);
	wr(0, SVNIC_REG_RSS_CTRL, SVNIC_RSS_ENABLE);
	set_key(ms_key);
	EQ(rd(0, SVNIC_REG_RSS_KEY), 0xda565a6d);
	for (i = 0; i < 5; i++) {
		for (ports = 0; ports < 2; ports++) {
			wr(0, SVNIC_REG_RSS_FIELDS_IPV4, FOR_TCP(ports ?
			   ADDRS | PORTS : ADDRS));
			frame_l4(&f, &(struct tcp_args){ .payload = 4,
				 .dmac = MAC(0), .sport = v4[i].sport,
				 .dport = v4[i].dport }, false);
			memcpy(f.data + 26, v4[i].src, 4);
			memcpy(f.data + 30, v4[i].dst, 4);
			receive();
			EQ(r.first.hash, ports ? v4[i].ports : v4[i].addrs);
			EQ(hash_type(&r), ports ? SVNIC_PTYPE_TCPV4 :
			   SVNIC_PTYPE_IPV4);
		}
	}
	for (i = 0; i < 3; i++) {
		for (ports = 0; ports < 2; ports++) {
			wr(0, SVNIC_REG_RSS_FIELDS_IPV6, FOR_TCP(ports ?
			   ADDRS | PORTS : ADDRS));
			frame_l4(&f, &(struct tcp_args){ .payload = 4,
				 .dmac = MAC(0), .sport = v6[i].sport,
				 .dport = v6[i].dport, .v6 = true }, false);
			for (j = 0; j < 8; j++) {
				svnic_put_be16(f.data + 22 + 2 * j,
					       v6[i].src[j]);
				svnic_put_be16(f.data + 38 + 2 * j,
					       v6[i].dst[j]);
			}
			receive();
			EQ(r.first.hash, ports ? v6[i].ports : v6[i].addrs);
			EQ(hash_type(&r), ports ? SVNIC_PTYPE_TCPV6 :
			   SVNIC_PTYPE_IPV6);
		}
	}
}

/* Each type, and which octet of the field registers is for it. */
static const struct {
	struct tcp_args	args;
	unsigned int	type;
	unsigned int	shift;
} kinds[] = {
	{ { .payload = 100 }, SVNIC_PTYPE_IPV4, 0 },
	{ { .payload = 100 }, SVNIC_PTYPE_TCPV4, 8 },
	{ { .payload = 101, .udp = true }, SVNIC_PTYPE_UDPV4, 16 },
	{ { .payload = 0, .ip_opts = 8, .opts = 4 }, SVNIC_PTYPE_TCPV4, 8 },
	{ { .payload = 100, .v6 = true }, SVNIC_PTYPE_IPV6, 0 },
	{ { .payload = 100, .v6 = true }, SVNIC_PTYPE_TCPV6, 8 },
	{ { .payload = 1, .v6 = true, .udp = true }, SVNIC_PTYPE_UDPV6, 16 },
	{ { .payload = 1, .v6 = true, .ext = 16 }, SVNIC_PTYPE_TCPV6, 8 },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

/* A frame of a kind with random fields; @back: in the other direction. */
static void make(unsigned int k, uint64_t seed, bool back)
{
	struct tcp_args a = kinds[k].args;
	uint8_t *ip = f.data + 14, addr[16];
	unsigned int len = a.v6 ? 16 : 4, i;
	uint8_t *src = ip + (a.v6 ? 8 : 12);

	rnd_seed(seed);
	a.dmac = MAC(0);
	a.sport = rnd();
	a.dport = rnd();
	if (back) {
		uint16_t port = a.sport;

		a.sport = a.dport;
		a.dport = port;
	}
	frame_l4(&f, &a, false);
	for (i = 0; i < 2 * len; i++)
		src[i] = rnd();
	if (back) {
		memcpy(addr, src, len);
		memcpy(src, src + len, len);
		memcpy(src + len, addr, len);
	}
	if (a.v6) {
		for (i = 1; i < 4; i++)
			ip[i] = rnd();	/* also of the traffic class */
		if (!kinds[k].shift)
			ip[6] = 47;
	} else if (!kinds[k].shift) {
		ip[9] = 47;
	}
}

/* The input of the hash, bit by bit of what 5.6 says. */
static uint32_t ref_input(unsigned int k, uint32_t fields, uint32_t ctrl,
			  uint8_t *in)
{
	const bool v6 = kinds[k].args.v6, other = !kinds[k].shift;
	const uint8_t *ip = f.data + f.l3, *at, *peer;
	bool or = ctrl & SVNIC_RSS_SYM_OR_XOR, sym;
	unsigned int bit, len, n = 0, i;

	for (bit = 0; bit < 5; bit++) {
		if (!(fields & 1 << bit))
			continue;
		if (bit == 2) {
			if (!v6)
				continue;
			in[n++] = 0;
			in[n++] = ip[1] & 15;
			in[n++] = ip[2];
			in[n++] = ip[3];
			continue;
		}
		if (bit > 2 && other)
			continue;
		len = bit > 2 ? 2 : v6 ? 16 : 4;
		at = bit > 2 ? f.data + f.l4 : ip + (v6 ? 8 : 12);
		peer = at + len;
		sym = ctrl & SVNIC_RSS_SYM_XOR &&
		      (bit > 2 ? fields & 8 && fields & 16 :
				 fields & 1 && fields & 2);
		for (i = 0; i < len; i++) {
			if (sym)
				in[n++] = or && (bit == 0 || bit == 3) ?
					  at[i] | peer[i] : at[i] ^ peer[i];
			else
				in[n++] = bit == 0 || bit == 3 ? at[i] :
								 peer[i];
		}
	}
	return n;
}

/* All kinds of frames, all choices of fields, all values of RSS_CTRL. */
static void hashes(void)
{
	unsigned int ctrl, fields, k, want;
	uint8_t key[80], in[80];
	uint32_t hash, v4, v6;
	unsigned int i, len;

	net_up(0, 0);
	for (fields = 0; fields < 4 * 32; fields++) {
		rnd_seed(fields);
		for (i = 0; i < 40; i++)
			key[i] = rnd();
		/* The begin of the key follows its end. */
		memcpy(key + 40, key, 40);
		set_key(key);
		v4 = rnd();
		v6 = rnd();
		for (ctrl = 0; ctrl < 8; ctrl++) {
			wr(0, SVNIC_REG_RSS_CTRL, ctrl);
			for (k = 0; k < KINDS; k++) {
				uint32_t mask = 255U << kinds[k].shift;

				wr(0, SVNIC_REG_RSS_FIELDS_IPV4,
				   (v4 & ~mask) | fields << kinds[k].shift);
				wr(0, SVNIC_REG_RSS_FIELDS_IPV6,
				   (v6 & ~mask) | fields << kinds[k].shift);
				make(k, fields * 64 + ctrl * 8 + k, false);
				receive();
				len = ref_input(k, fields, ctrl, in);
				want = kinds[k].type;
				if (!kinds[k].shift || !(fields & 24))
					want = kinds[k].args.v6 ?
					       SVNIC_PTYPE_IPV6 :
					       SVNIC_PTYPE_IPV4;
				if (!(ctrl & SVNIC_RSS_ENABLE) || !len)
					want = SVNIC_PTYPE_NONE;
				hash = want == SVNIC_PTYPE_NONE ? 0 :
				       ref_toeplitz(key, in, len);
				EQ(hash_type(&r), want);
				EQ(r.first.hash, hash);
			}
		}
		/* Not IP: never. The shortest frames end with the EtherType. */
		for (i = 0; i < 3; i++) {
			f.len = frame_eth(f.data, MAC(0), mac_other, 0x88b5,
					  i ? 14 : 100);
			if (i == 2)
				f.len = frame_vlan(f.data, f.len, 0x8100, 9);
			receive();
			EQ(hash_type(&r), SVNIC_PTYPE_NONE);
			EQ(r.first.hash, 0);
		}
	}
}

/* With SYM_XOR, and only so, a flow has one hash in both directions. */
static void directions(void)
{
	unsigned int ctrl, k;
	uint32_t there;

	net_up(0, 0);
	set_key(ms_key);
	rss_start(0);
	for (ctrl = 0; ctrl < 4; ctrl++) {
		wr(0, SVNIC_REG_RSS_CTRL, SVNIC_RSS_ENABLE | ctrl << 1);
		for (k = 0; k < KINDS; k++) {
			make(k, k, false);
			receive();
			there = r.first.hash;
			make(k, k, true);
			receive();
			EQ(r.first.hash == there, ctrl & 1);
			/* Another flow has another one. */
			make(k, k + 100, false);
			receive();
			CHECK(r.first.hash != there);
		}
	}
}

/* The table selects the pair; frames for a wrong pair are lost. */
static void table(void)
{
	static struct queue p[4];
	unsigned int i, got[4] = { 0 }, want[4] = { 0 };
	uint32_t hash;

	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	for (i = 0; i < 4; i++) {
		queue_alloc(&p[i], 0, i);
		queue_start(&p[i]);
		queue_post(&p[i], 64);
	}
	run();
	set_key(ms_key);
	wr(0, SVNIC_REG_RSS_CTRL, SVNIC_RSS_ENABLE);
	wr(0, SVNIC_REG_RSS_FIELDS_IPV4, FOR_TCP(ADDRS | PORTS));
	for (i = 0; i < 128; i += 4)
		wr(0, SVNIC_REG_RSS_TABLE + i, 0x03020100);
	for (i = 0; i < 60; i++) {
		frame_l4(&f, &(struct tcp_args){ .payload = 4, .sport = i,
						 .dmac = MAC(0) }, false);
		hash = ref_toeplitz(ms_key, f.data + 26, 12);
		want[hash % 4]++;
		wire_rx(f.data, f.len);
	}
	for (i = 0; i < 4; i++) {
		got[i] = rx_drain(&p[i]);
		CHECK(got[i]);
		EQ(got[i], want[i]);
		queue_post(&p[i], got[i]);
	}
	/* Nothing to hash: entry 0. */
	wr(0, SVNIC_REG_RSS_TABLE, 0x03020102);
	frame_eth(f.data, MAC(0), mac_other, 0x88b5, 100);
	wire_rx(f.data, 100);
	EQ(rx_drain(&p[2]), 1);
	/* Off: pair 0. */
	wr(0, SVNIC_REG_RSS_CTRL, 0);
	wire_rx(f.data, 100);
	EQ(rx_drain(&p[0]), 1);
	/* A pair that does not exist, one that is not active. */
	wr(0, SVNIC_REG_RSS_CTRL, SVNIC_RSS_ENABLE);
	wr(0, SVNIC_REG_RSS_TABLE, 0x03020104);
	wire_rx(f.data, 100);
	wr(0, SVNIC_REG_RSS_TABLE, 0x030201ff);
	wire_rx(f.data, 100);
	EQ(STAT(0, rx_errors), 2);
	wr(0, SVNIC_REG_RSS_TABLE, 0x03020103);
	wr(0, SVNIC_QCFG(3, SVNIC_QCFG_CTRL), SVNIC_QCTRL_TX);
	wire_rx(f.data, 100);
	EQ(STAT(0, rx_errors), 3);
}

const struct test rss_tests[] = {
	TEST(microsoft),
	TEST(hashes),
	TEST(directions),
	TEST(table),
	{ 0 },
};
