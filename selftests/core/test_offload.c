// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections 5.2 and 5.5: checksums, types. */
#include "svnic_core_packet.h"
#include "svnic_core_priv.h"
#include "test.h"

static struct tcp_frame f;
static struct rxframe r;

static unsigned int type(const struct rxframe *frame)
{
	return frame->info >> SVNIC_RXC_TYPE_SHIFT & SVNIC_RXC_TYPE_MASK;
}

static unsigned int verdict(const struct rxframe *frame)
{
	return frame->info & (SVNIC_RXC_CSUM_OK | SVNIC_RXC_CSUM_BAD);
}

static void sums(void)
{
	static uint8_t buf[70000];
	uint32_t i, len, at, seed;
	uint16_t got, want;

	for (i = 0; i < sizeof(buf); i++)
		buf[i] = rnd();
	for (i = 0; i < 20000; i++) {
		len = i < 200 ? i : rnd() % (i % 50 ? 2000 : 66000);
		at = rnd() % 64;
		seed = rnd() & 0xffff;
		want = ref_csum(buf + at, len, seed);
		got = ~svnic_csum_fold(svnic_csum_add(svnic_be16(seed),
						      buf + at, len));
		got = svnic_be16(got);
		/* 0 and 0xffff are the same sum. */
		EQ(got % 0xffff, want % 0xffff);
	}
	memset(buf, 0xff, sizeof(buf));
	EQ(svnic_csum_fold(svnic_csum_add(0xffffffff, buf, 65536)), 0xffff);
	memset(buf, 0, sizeof(buf));
	EQ(svnic_csum_fold(svnic_csum_add(0, buf, 65536)), 0);
}

/* CSUM at any place, to the wire and to a neighbour. */
static void insert(void)
{
	struct svnic_tx_desc d;
	uint32_t start, offset, len;
	uint8_t frame[600], want[600];
	uint16_t csum;
	unsigned int i;

	net_up(1, 0);
	for (i = 0; i < 2000; i++) {
		start = 14 + rnd() % 242;
		offset = rnd() % 256;
		len = start + offset + 2 + rnd() % 80;
		frame_eth(frame, i & 1 ? mac_other : MAC(0), MAC(1), 0x88b5,
			  len);
		/* A sum of zero, and one whose complement is zero. */
		if (i % 7 < 2)
			memset(frame + start, 0, len - start);
		if (i % 7 == 1 && offset % 2 == 0)
			memset(frame + start + offset, 0xff, 2);
		d = (struct svnic_tx_desc){
			.addr = tx_room(&q[1], frame, len), .len = len,
			.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP |
				 SVNIC_TXD_CSUM,
			.csum_start = start, .csum_offset = offset,
		};
		tx_put(&q[1], &d);
		tx_ring(&q[1]);
		run();
		memcpy(want, frame, len);
		csum = ref_csum(frame + start, len - start, 0);
		svnic_put_be16(want + start + offset, csum ? csum : 0xffff);
		if (i & 1) {
			EQ(h->wire_n, 1);
			CHECK(!memcmp(h->wire[0].data, want, len));
			wire_clear();
		} else {
			CHECK(rx_get(&q[0], &r));
			EQ(r.len, len);
			CHECK(!memcmp(r.data, want, len));
			queue_post(&q[0], r.bufs);
		}
	}
	EQ(queue_status(&q[1]), 3);
}

static const struct {
	struct tcp_args	args;
	unsigned int	type;
} kinds[] = {
	{ { .payload = 100 }, SVNIC_PTYPE_TCPV4 },
	{ { .payload = 101, .udp = true }, SVNIC_PTYPE_UDPV4 },
	{ { .payload = 100, .v6 = true }, SVNIC_PTYPE_TCPV6 },
	{ { .payload = 101, .v6 = true, .udp = true }, SVNIC_PTYPE_UDPV6 },
	{ { .payload = 0, .ip_opts = 8, .opts = 4 }, SVNIC_PTYPE_TCPV4 },
	{ { .payload = 1, .v6 = true, .ext = 16 }, SVNIC_PTYPE_TCPV6 },
	{ { .payload = 1400, .udp = true, .ip_opts = 40 }, SVNIC_PTYPE_UDPV4 },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static void receive(void)
{
	wire_rx(f.data, f.len);
	CHECK(rx_get(&q[0], &r));
	queue_post(&q[0], r.bufs);
	run();
}

/* Complete checksums from the wire: right, wrong, with padding, with tags. */
static void verify(void)
{
	unsigned int k, tags;

	net_up(0, 0);
	for (k = 0; k < KINDS; k++) {
		for (tags = 0; tags < 3; tags++) {
			struct tcp_args a = kinds[k].args;

			a.dmac = MAC(0);
			frame_l4(&f, &a, false);
			if (tags)
				f.len = frame_vlan(f.data, f.len, 0x8100, 9);
			if (tags > 1)
				f.len = frame_vlan(f.data, f.len, 0x88a8, 9);
			receive();
			EQ(type(&r), kinds[k].type);
			EQ(verdict(&r), SVNIC_RXC_CSUM_OK);
			/* Padding is not part of any checksum. */
			memset(f.data + f.len, 0x77, 9);
			f.len += 9;
			receive();
			EQ(type(&r), kinds[k].type);
			EQ(verdict(&r), SVNIC_RXC_CSUM_OK);
			f.len -= 9;
			f.data[f.len - 1] ^= 1;
			receive();
			EQ(type(&r), kinds[k].type);
			EQ(verdict(&r), SVNIC_RXC_CSUM_BAD);
			f.data[f.len - 1] ^= 1;
			if (a.v6)
				continue;
			f.data[14 + 4 * tags + 8]--;	/* TTL */
			receive();
			EQ(type(&r), kinds[k].type);
			EQ(verdict(&r), SVNIC_RXC_CSUM_BAD);
		}
	}
}

/* Ethernet's padding is removed (5.5); a trailer is not. */
static void padding(void)
{
	struct tcp_args a = { .dmac = MAC(0) };
	uint32_t tags, len, end;
	uint64_t bytes;

	net_up(0, 0);
	for (a.payload = 0; a.payload < 8; a.payload++) {
		for (tags = 0; tags < 3; tags++) {
			frame_l4(&f, &a, false);
			if (tags)
				f.len = frame_vlan(f.data, f.len, 0x8100, 9);
			if (tags > 1)
				f.len = frame_vlan(f.data, f.len, 0x88a8, 9);
			len = f.len;
			for (end = len; end < 70 + 4 * tags; end++) {
				memset(f.data + len, 0, end - len);
				f.len = end;
				bytes = STAT(0, rx_bytes);
				receive();
				if (r.info & SVNIC_RXC_VLAN)
					r.len += 4;
				EQ(r.len, end <= 60 + 4 * tags ? len : end);
				EQ(STAT(0, rx_bytes), bytes + r.len);
				EQ(verdict(&r), SVNIC_RXC_CSUM_OK);
			}
		}
	}
	/* The end of a packet of another protocol is not known. */
	f.len = frame_eth(f.data, MAC(0), mac_other, 0x0806, 60);
	receive();
	EQ(r.len, 60);
}

static void ip_csum(uint8_t *ip)
{
	memset(ip + 10, 0, 2);
	svnic_put_be16(ip + 10, ref_csum(ip, (ip[0] & 0xf) * 4, 0));
}

/* Headers that the parser must understand, and others that it must not. */
static void types(void)
{
	const struct tcp_args tcp4 = { .payload = 100, .dmac = MAC(0) };
	const struct tcp_args tcp6 = { .payload = 100, .dmac = MAC(0),
				       .v6 = true };
	const struct tcp_args udp4 = { .payload = 100, .dmac = MAC(0),
				       .udp = true };
	uint8_t *ip = f.data + 14;

	net_up(0, 0);
#define KIND(args, want_type, want_verdict, what) do {			\
	frame_l4(&f, &(args), false);					\
	what;								\
	if (!(args).v6)							\
		ip_csum(ip);						\
	receive();							\
	EQ(type(&r), want_type);					\
	EQ(verdict(&r), want_verdict);					\
} while (0)
	/* Fragments: first, middle; DF is none. */
	KIND(tcp4, SVNIC_PTYPE_IPV4, 0, ip[6] = 0x20);
	KIND(tcp4, SVNIC_PTYPE_IPV4, 0, ip[7] = 1);
	KIND(tcp4, SVNIC_PTYPE_TCPV4, SVNIC_RXC_CSUM_OK, ip[6] = 0x40);
	KIND(tcp6, SVNIC_PTYPE_IPV6, 0, ip[6] = 44);
	/* Other protocols. */
	KIND(tcp4, SVNIC_PTYPE_IPV4, 0, ip[9] = 1);
	KIND(tcp6, SVNIC_PTYPE_IPV6, 0, ip[6] = 58);
	KIND(tcp6, SVNIC_PTYPE_IPV6, 0, ip[6] = 59);
	/* Versions and lengths that do not fit: not parsed. */
	KIND(tcp4, SVNIC_PTYPE_NONE, 0, ip[0] = 0x65);
	KIND(tcp6, SVNIC_PTYPE_NONE, 0, ip[0] = 0x45);
	KIND(tcp4, SVNIC_PTYPE_NONE, 0, ip[0] = 0x44);
	KIND(tcp4, SVNIC_PTYPE_NONE, 0, ip[2] = 1);
	KIND(tcp4, SVNIC_PTYPE_NONE, 0, svnic_put_be16(ip + 2, 19));
	KIND(tcp6, SVNIC_PTYPE_NONE, 0, ip[4] = 1);
	KIND(tcp4, SVNIC_PTYPE_NONE, 0, f.len = 33);
	KIND(tcp6, SVNIC_PTYPE_NONE, 0, f.len = 53);
	KIND(tcp4, SVNIC_PTYPE_NONE, 0, f.data[12] = 0x09);
	/* L4 headers with wrong lengths: plain IP. */
	KIND(tcp4, SVNIC_PTYPE_IPV4, 0, svnic_put_be16(ip + 2, 39));
	KIND(tcp4, SVNIC_PTYPE_IPV4, 0, f.data[34 + 12] = 0x40);
	KIND(tcp4, SVNIC_PTYPE_IPV4, 0, svnic_put_be16(ip + 2, 40);
	     f.data[34 + 12] = 0x60);
	KIND(udp4, SVNIC_PTYPE_IPV4, 0, svnic_put_be16(f.data + 38, 7));
	KIND(udp4, SVNIC_PTYPE_IPV4, 0, svnic_put_be16(f.data + 38, 109));
	KIND(udp4, SVNIC_PTYPE_IPV4, 0, svnic_put_be16(ip + 2, 27));
	/* UDP without a checksum: no verdict. */
	KIND(udp4, SVNIC_PTYPE_UDPV4, 0, svnic_put_be16(f.data + 40, 0));
	/* Four tags are too many. */
	frame_l4(&f, &tcp4, false);
	f.len = frame_vlan(f.data, f.len, 0x88a8, 1);
	f.len = frame_vlan(f.data, f.len, 0x88a8, 1);
	f.len = frame_vlan(f.data, f.len, 0x88a8, 1);
	receive();
	EQ(type(&r), SVNIC_PTYPE_TCPV4);
	EQ(verdict(&r), SVNIC_RXC_CSUM_OK);
	f.len = frame_vlan(f.data, f.len, 0x88a8, 1);
	receive();
	EQ(type(&r), SVNIC_PTYPE_NONE);
	/* A tag and nothing behind it. */
	f.len = 14;
	receive();
	EQ(type(&r), SVNIC_PTYPE_NONE);
	f.len = 17;
	receive();
	f.len = 18;
	receive();
	EQ(type(&r), SVNIC_PTYPE_NONE);
}

/* Extension headers: chains, cut at every length. */
static void extensions(void)
{
	uint32_t len;

	net_up(0, 0);
	frame_l4(&f, &(struct tcp_args){ .payload = 10, .v6 = true, .ext = 24,
					 .dmac = MAC(0) }, false);
	/* Three headers of 8: hop by hop, routing (done), destination. */
	f.data[14 + 6] = 0;
	f.data[54] = 43;
	f.data[55] = 0;
	f.data[62] = 60;
	f.data[63] = 0;
	f.data[65] = 0;
	f.data[70] = 6;
	f.data[71] = 0;
	receive();
	EQ(type(&r), SVNIC_PTYPE_TCPV6);
	EQ(verdict(&r), SVNIC_RXC_CSUM_OK);
	/* Segments left: the checksum is over another address. */
	f.data[65] = 1;
	receive();
	EQ(type(&r), SVNIC_PTYPE_IPV6);
	EQ(verdict(&r), 0);
	f.data[65] = 0;
	for (len = 0; len <= 54; len++) {
		svnic_put_be16(f.data + 18, len);
		f.len = 54 + len;
		receive();
		EQ(type(&r), len < 44 ? SVNIC_PTYPE_IPV6 : SVNIC_PTYPE_TCPV6);
	}
	/* Too long a chain. */
	frame_l4(&f, &(struct tcp_args){ .payload = 10, .v6 = true, .ext = 80,
					 .dmac = MAC(0) }, false);
	for (len = 0; len < 80; len += 8) {
		f.data[54 + len] = len == 72 ? 6 : 60;
		f.data[55 + len] = 0;
	}
	receive();
	EQ(type(&r), SVNIC_PTYPE_IPV6);
}

/* From a neighbour that left the checksum to the device, right or wrong. */
static void local(void)
{
	struct svnic_tx_desc d;
	unsigned int k, lie;

	net_up(1, 0);
	for (k = 0; k < KINDS; k++) {
		for (lie = 0; lie < 2; lie++) {
			struct tcp_args a = kinds[k].args;
			uint32_t offset = a.udp ? 6 : 16;

			a.dmac = MAC(0);
			frame_l4(&f, &a, true);
			if (lie)
				f.data[f.l4 + offset] ^= 0x40;
			d = (struct svnic_tx_desc){
				.addr = tx_room(&q[1], f.data, f.len),
				.len = f.len,
				.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP |
					 SVNIC_TXD_CSUM,
				.csum_start = f.l4, .csum_offset = offset,
			};
			tx_put(&q[1], &d);
			tx_ring(&q[1]);
			run();
			CHECK(rx_get(&q[0], &r));
			queue_post(&q[0], r.bufs);
			EQ(type(&r), kinds[k].type);
			EQ(verdict(&r), lie ? SVNIC_RXC_CSUM_BAD :
			   SVNIC_RXC_CSUM_OK);
			EQ(ref_l4_ok(r.data, f.l3, f.l4, r.len,
				     a.udp ? 17 : 6), !lie);
		}
	}
}

/* The checksum covers more than the packet: never a good verdict. */
static void padded(void)
{
	struct svnic_tx_desc d;

	net_up(1, 0);
	frame_l4(&f, &(struct tcp_args){ .payload = 20, .udp = true,
					 .dmac = MAC(0) }, true);
	memset(f.data + f.len, 0x34, 10);
	d = (struct svnic_tx_desc){
		.addr = tx_room(&q[1], f.data, f.len + 10), .len = f.len + 10,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_CSUM,
		.csum_start = f.l4, .csum_offset = 6,
	};
	tx_put(&q[1], &d);
	tx_ring(&q[1]);
	run();
	CHECK(rx_get(&q[0], &r));
	EQ(type(&r), SVNIC_PTYPE_UDPV4);
	EQ(verdict(&r), SVNIC_RXC_CSUM_BAD);
}

/* Without RX_CSUM there is neither type nor verdict. */
static void not_accepted(void)
{
	struct tcp_args a = kinds[0].args;

	host_new(NULL);
	fn_up(0, SVNIC_F_EVENT_IDX);
	queue_alloc(&q[0], 0, 0);
	queue_start(&q[0]);
	queue_post(&q[0], 64);
	run();
	a.dmac = MAC(0);
	frame_l4(&f, &a, false);
	receive();
	EQ(r.info & ~SVNIC_RXC_PHASE, SVNIC_RXC_SOP | SVNIC_RXC_EOP);
	/* RSS registers and RX_CTRL have no effect either. */
	rss_start(0);
	wr(0, SVNIC_REG_RSS_TABLE, 0x01010101);
	f.len = frame_vlan(f.data, f.len, 0x8100, 77);
	receive();
	EQ(r.info & ~SVNIC_RXC_PHASE, SVNIC_RXC_SOP | SVNIC_RXC_EOP);
	EQ(r.len, f.len);
	EQ(r.first.hash, 0);
}

/* The checksum of a frame with csum_partial from the wire is completed. */
static void partial_from_wire(void)
{
	unsigned int k;

	net_up(0, 0);
	for (k = 0; k < KINDS; k++) {
		struct tcp_args a = kinds[k].args;
		struct svnic_frame w;

		a.dmac = MAC(0);
		frame_l4(&f, &a, true);
		w = (struct svnic_frame){
			.data = f.data, .len = f.len, .csum_partial = true,
			.csum_start = f.l4, .csum_offset = a.udp ? 6 : 16,
		};
		CHECK(svnic_core_wire_rx(h->core, &w));
		run();
		CHECK(rx_get(&q[0], &r));
		EQ(verdict(&r), SVNIC_RXC_CSUM_OK);
		CHECK(ref_l4_ok(r.data, f.l3, f.l4, r.len, a.udp ? 17 : 6));
	}
}

const struct test offload_tests[] = {
	TEST(sums),
	TEST(insert),
	TEST(verify),
	TEST(padding),
	TEST(types),
	TEST(extensions),
	TEST(local),
	TEST(padded),
	TEST(not_accepted),
	TEST(partial_from_wire),
	{ 0 },
};
