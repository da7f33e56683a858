// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything that parses behind tags (sections 5.2 to 5.7): with no tag, one
 * and two of either kind, also behind a port VLAN's tag.
 */
#include "svnic_core_priv.h"
#include "test.h"

#define PORT_VLAN	200

static const struct {
	unsigned int	tags;
	uint16_t	proto[2];	/* the outer one first */
	bool		port;		/* 802.1ad may lie before it */
} stacks[] = {
	{ 0, { 0 }, true },
	{ 1, { 0x8100 }, true },
	{ 1, { 0x88a8 }, false },
	{ 2, { 0x8100, 0x8100 }, true },
	{ 2, { 0x8100, 0x88a8 }, true },
	{ 2, { 0x88a8, 0x8100 }, false },
	{ 2, { 0x88a8, 0x88a8 }, false },
};

#define STACKS	(sizeof(stacks) / sizeof(stacks[0]))

static struct tcp_frame f;
static uint8_t seg[SVNIC_FRAME_BUF], want[2000];
static struct rxframe r;

/* From VF 0 to VF 1, which gets all tags; @port: with a port VLAN. */
static void setup(bool port, uint64_t without)
{
	unsigned int fn;

	host_new(NULL);
	net_up(2, without);
	for (fn = 1; fn <= 2; fn++) {
		wr(fn, SVNIC_REG_RX_CTRL, SVNIC_RX_CTRL_COALESCE);
		if (port)
			EQ(vport_vlan(fn, PORT_VLAN, 0x88a8), 0);
	}
}

static void push(struct tcp_frame *frame, uint16_t proto, uint16_t tci)
{
	frame->len = frame_vlan(frame->data, frame->len, proto, tci);
	frame->l3 += 4;
	frame->l4 += 4;
	frame->hdr_len += 4;
}

/* A frame with the tags of a stack of VLANs. */
static void make(unsigned int stack, struct tcp_args a, const uint8_t *to,
		 bool partial)
{
	unsigned int i;

	a.dmac = to;
	a.src = 1;
	a.dst = 2;
	frame_l4(&f, &a, partial);
	for (i = stacks[stack].tags; i--; )
		push(&f, stacks[stack].proto[i], 0x2005 + i);
}

static void tx(uint16_t flags, uint16_t mss, uint32_t csum_offset)
{
	struct svnic_tx_tso ctx = {
		.mss = mss, .hdr_len = f.hdr_len,
		.flags = SVNIC_TXD_CTX, .l3_start = f.l3,
	};
	struct svnic_tx_desc d = {
		.addr = tx_room(&q[1], f.data, f.len), .len = f.len,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | flags,
		.csum_start = f.l4, .csum_offset = csum_offset,
	};

	if (mss) {
		d.flags |= SVNIC_TXD_TSO;
		tx_put(&q[1], &ctx);
	}
	tx_put(&q[1], &d);
	tx_ring(&q[1]);
	run();
	EQ(queue_status(&q[1]), 3);
}

/* The next frame at VF 1 has everything behind the tags of the sent frame. */
static void got(enum svnic_ptype type)
{
	CHECK(rx_get(&q[2], &r));
	queue_post(&q[2], r.bufs);
	run();
	EQ(r.info >> SVNIC_RXC_TYPE_SHIFT & SVNIC_RXC_TYPE_MASK, type);
	EQ(r.info & (SVNIC_RXC_CSUM_OK | SVNIC_RXC_CSUM_BAD),
	   SVNIC_RXC_CSUM_OK);
	CHECK(!memcmp(r.data, f.data, f.l4));
}

static const struct {
	struct tcp_args		args;
	enum svnic_ptype	type;
} kinds[] = {
	{ { .payload = 1000 }, SVNIC_PTYPE_TCPV4 },
	{ { .payload = 1001, .udp = true }, SVNIC_PTYPE_UDPV4 },
	{ { .payload = 1002, .v6 = true }, SVNIC_PTYPE_TCPV6 },
	{ { .payload = 1003, .v6 = true, .udp = true }, SVNIC_PTYPE_UDPV6 },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

/* Type, verdict and hash of a flow do not depend on tags. */
static void hash_and_type(void)
{
	uint32_t hash[KINDS] = { 0 };
	unsigned int port, s, k;

	for (port = 0; port < 2; port++) {
		setup(port, 0);
		rss_start(2);
		wr(2, SVNIC_REG_RSS_KEY, 0x12345678);
		wr(2, SVNIC_REG_RSS_KEY + 4, 0x9abcdef0);
		for (s = 0; s < STACKS; s++) {
			if (port && !stacks[s].port)
				continue;
			for (k = 0; k < KINDS; k++) {
				make(s, kinds[k].args, MAC(2), false);
				tx(0, 0, 0);
				got(kinds[k].type);
				EQ(r.info >> SVNIC_RXC_HASH_SHIFT &
				   SVNIC_RXC_HASH_MASK, kinds[k].type);
				if (!port && !s)
					hash[k] = r.first.hash;
				CHECK(r.first.hash);
				EQ(r.first.hash, hash[k]);
			}
		}
	}
}

/* The device computes the checksum: for a neighbour, for the wire. */
static void checksum(void)
{
	unsigned int port, s, k, at;

	for (port = 0; port < 2; port++) {
		setup(port, 0);
		for (s = 0; s < STACKS; s++) {
			if (port && !stacks[s].port)
				continue;
			for (k = 0; k < KINDS; k++) {
				bool udp = kinds[k].args.udp;

				make(s, kinds[k].args, MAC(2), true);
				tx(SVNIC_TXD_CSUM, 0, udp ? 6 : 16);
				got(kinds[k].type);
				CHECK(ref_l4_ok(r.data, f.l3, f.l4, r.len,
						udp ? 17 : 6));

				memcpy(f.data, mac_other, 6);
				tx(SVNIC_TXD_CSUM, 0, udp ? 6 : 16);
				EQ(h->wire_n, 1);
				at = port ? 4 : 0;
				EQ(h->wire[0].f.len, f.len + at);
				CHECK(ref_l4_ok(h->wire[0].data, f.l3 + at,
						f.l4 + at, f.len + at,
						udp ? 17 : 6));
				wire_clear();
			}
		}
	}
}

/* A large frame is split for the wire, and is unsplit for a neighbour. */
static void segments(void)
{
	struct tcp_args a = { .payload = 5000, .opts = 12 };
	unsigned int port, s, i, n = 5;
	struct tcp_frame *wire = &f;
	uint32_t len;

	for (port = 0; port < 2; port++) {
		setup(port, 0);
		for (s = 0; s < STACKS * 2; s++) {
			if (port && !stacks[s / 2].port)
				continue;
			a.v6 = s & 1;
			make(s / 2, a, MAC(2), true);
			tx(SVNIC_TXD_CSUM, 1000, 16);
			got(a.v6 ? SVNIC_PTYPE_TCPV6 : SVNIC_PTYPE_TCPV4);
			CHECK(r.info & SVNIC_RXC_COALESCED);
			EQ(r.len, f.len);
			EQ(r.first.gso_size, 1000);
			EQ(r.first.hdr_len, f.hdr_len);

			make(s / 2, a, mac_other, true);
			tx(SVNIC_TXD_CSUM, 1000, 16);
			if (port)
				push(wire, 0x88a8, PORT_VLAN);
			EQ(h->wire_n, n);
			for (i = 0; i < n; i++) {
				len = ref_segment(wire, 1000, i, seg);
				EQ(h->wire[i].f.len, len);
				CHECK(!memcmp(h->wire[i].data, seg, len));
			}
			wire_clear();
		}
	}
}

/* The same for a neighbour that does not take large frames. */
static void segments_of_neighbour(void)
{
	struct tcp_args a = { .payload = 5000, .opts = 12 };
	unsigned int port, s, i;
	uint32_t len;

	for (port = 0; port < 2; port++) {
		setup(port, SVNIC_F_RX_COALESCE);
		for (s = 0; s < STACKS * 2; s++) {
			if (port && !stacks[s / 2].port)
				continue;
			a.v6 = s & 1;
			make(s / 2, a, MAC(2), true);
			tx(SVNIC_TXD_CSUM, 1000, 16);
			for (i = 0; i < 5; i++) {
				CHECK(rx_get(&q[2], &r));
				queue_post(&q[2], r.bufs);
				run();
				len = ref_segment(&f, 1000, i, seg);
				EQ(r.len, len);
				CHECK(!memcmp(r.data, seg, len));
				CHECK(r.info & SVNIC_RXC_CSUM_OK);
				EQ(r.info >> SVNIC_RXC_TYPE_SHIFT &
				   SVNIC_RXC_TYPE_MASK, a.v6 ?
				   SVNIC_PTYPE_TCPV6 : SVNIC_PTYPE_TCPV4);
			}
		}
	}
}

/* frame_max does not include two tags of either kind, but a third one. */
static void length(void)
{
	unsigned int port, s, i, extra;
	uint32_t len;

	for (port = 0; port < 2; port++) {
		setup(port, 0);
		EQ(vport_frame_max(2, 1514), 0);
		for (s = 0; s < STACKS; s++) {
			if (port && !stacks[s].port)
				continue;
			for (extra = 0; extra < 2; extra++) {
				len = 1514 + extra;
				frame_eth(f.data, MAC(2), MAC(1), 0x88b5, len);
				for (i = stacks[s].tags; i--; )
					len = frame_vlan(f.data, len,
							 stacks[s].proto[i],
							 5);
				tx_frame(&q[1], f.data, len, 0);
				run();
				EQ(rx_get(&q[2], &r), !extra);
				if (extra)
					continue;
				EQ(r.len, len);
				queue_post(&q[2], r.bufs);
				run();
			}
		}
		len = frame_eth(f.data, MAC(2), MAC(1), 0x88b5, 1514);
		for (i = 0; i < 3; i++)
			len = frame_vlan(f.data, len, 0x8100, 5);
		tx_frame(&q[1], f.data, len, 0);
		run();
		EQ(rx_drain(&q[2]), 0);
		EQ(STAT(2, rx_errors), port ? 5 : 8);
	}
}

/* The length of the segments is checked. */
static void length_of_segments(void)
{
	struct tcp_args a = { .payload = 5000 };
	unsigned int s;

	setup(false, 0);
	EQ(vport_frame_max(2, 1054), 0);
	for (s = 0; s < STACKS; s++) {
		make(s, a, MAC(2), true);
		tx(SVNIC_TXD_CSUM, 1000, 16);
		EQ(rx_drain(&q[2]), 1);
		tx(SVNIC_TXD_CSUM, 1001, 16);
		EQ(rx_drain(&q[2]), 0);
		EQ(STAT(2, rx_errors), 5 * (s + 1));
	}
}

/* Section 10.5: the same rules for the tag behind a priority tag. */
static void behind_priority(void)
{
	static const struct {
		uint16_t	port, outer, inner;
		bool		passes;
	} cases[] = {
		{ 0x8100, 0x8100, 0x88b5, true },
		{ 0x8100, 0x88a8, 0x88b5, true },
		{ 0x8100, 0x8100, 0x8100, false },
		{ 0x8100, 0x8100, 0x88a8, false },
		{ 0x8100, 0x88a8, 0x8100, false },
		{ 0x8100, 0x88a8, 0x88a8, false },
		{ 0x88a8, 0x88a8, 0x88b5, true },
		{ 0x88a8, 0x88a8, 0x8100, true },
		{ 0x88a8, 0x88a8, 0x88a8, false },
	};
	unsigned int i, byte, drops = 0;
	uint32_t len;

	net_up(1, 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EQ(vport_vlan(1, PORT_VLAN, cases[i].port), 0);
		len = frame_eth(f.data, mac_other, MAC(1), cases[i].inner, 100);
		for (byte = 14; byte < 18; byte++)
			f.data[byte] = byte;
		memcpy(want, f.data, len);
		len = frame_vlan(f.data, len, cases[i].outer, 0xe000);
		tx_frame(&q[1], f.data, len, 0);
		run();
		EQ(h->wire_n, cases[i].passes);
		EQ(STAT(1, tx_spoof_vlan), drops += !cases[i].passes);
		if (!cases[i].passes)
			continue;
		frame_vlan(want, 100, cases[i].port, PORT_VLAN);
		EQ(h->wire[0].f.len, 104);
		CHECK(!memcmp(h->wire[0].data, want, 104));
		wire_clear();
	}
	/* The same with a priority tag inserted by the device. */
	EQ(vport_vlan(1, PORT_VLAN, 0x8100), 0);
	len = frame_eth(f.data, mac_other, MAC(1), 0x88b5, 100);
	len = frame_vlan(f.data, len, 0x8100, 5);
	f.len = len;
	tx(SVNIC_TXD_VLAN, 0, 0);
	EQ(h->wire_n, 0);
	EQ(STAT(1, tx_spoof_vlan), drops + 1);
}

const struct test tags_tests[] = {
	TEST(hash_and_type),
	TEST(checksum),
	TEST(segments),
	TEST(segments_of_neighbour),
	TEST(length),
	TEST(length_of_segments),
	TEST(behind_priority),
	{ 0 },
};
