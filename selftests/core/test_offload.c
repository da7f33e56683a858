// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections 5.2, 5.5 and 5.6: checksums, types, hashes. */
#include "svnic_core_packet.h"
#include "svnic_core_priv.h"
#include "test.h"

static struct tcp_frame f;
static struct rxframe r;

static unsigned int type(const struct rxframe *frame)
{
	return frame->info >> SVNIC_RXC_TYPE_SHIFT & SVNIC_RXC_TYPE_MASK;
}

static unsigned int hash_type(const struct rxframe *frame)
{
	return frame->info >> SVNIC_RXC_HASH_SHIFT & SVNIC_RXC_HASH_MASK;
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
	wr(0, SVNIC_REG_RSS_CTRL, 0x7f);
	wr(0, SVNIC_REG_RSS_TABLE, 0x01010101);
	f.len = frame_vlan(f.data, f.len, 0x8100, 77);
	receive();
	EQ(r.info & ~SVNIC_RXC_PHASE, SVNIC_RXC_SOP | SVNIC_RXC_EOP);
	EQ(r.len, f.len);
	EQ(r.first.hash, 0);
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
	set_key(ms_key);
	EQ(rd(0, SVNIC_REG_RSS_KEY), 0xda565a6d);
	for (i = 0; i < 5; i++) {
		for (ports = 0; ports < 2; ports++) {
			wr(0, SVNIC_REG_RSS_CTRL, SVNIC_RSS_ENABLE |
			   SVNIC_RSS_IPV4 | (ports ? SVNIC_RSS_TCPV4 : 0));
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
			wr(0, SVNIC_REG_RSS_CTRL, SVNIC_RSS_ENABLE |
			   SVNIC_RSS_IPV6 | (ports ? SVNIC_RSS_TCPV6 : 0));
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

/* All kinds of frames, all values of RSS_CTRL, random keys. */
static void hashes(void)
{
	unsigned int ctrl, k, want_type, port_bit, addr_bit;
	uint32_t want, len;
	uint8_t key[40];
	unsigned int i;

	net_up(0, 0);
	for (ctrl = 0; ctrl < 128; ctrl++) {
		for (i = 0; i < 40; i++)
			key[i] = rnd();
		set_key(key);
		wr(0, SVNIC_REG_RSS_CTRL, ctrl);
		for (k = 0; k < KINDS; k++) {
			struct tcp_args a = kinds[k].args;

			a.dmac = MAC(0);
			a.sport = rnd();
			a.dport = rnd();
			a.src = rnd();
			a.dst = rnd();
			frame_l4(&f, &a, false);
			receive();
			port_bit = a.v6 ? (a.udp ? 6 : 5) : a.udp ? 3 : 2;
			addr_bit = a.v6 ? 4 : 1;
			want_type = SVNIC_PTYPE_NONE;
			len = 0;
			if (!(ctrl & SVNIC_RSS_ENABLE)) {
				;
			} else if (ctrl & 1 << port_bit) {
				want_type = kinds[k].type;
				len = a.v6 ? 36 : 12;
			} else if (ctrl & 1 << addr_bit) {
				want_type = a.v6 ? SVNIC_PTYPE_IPV6 :
						   SVNIC_PTYPE_IPV4;
				len = a.v6 ? 32 : 8;
			}
			/* Ports follow the addresses only without options. */
			if (a.ext || a.ip_opts)
				memmove(f.data + (a.v6 ? 54 : 34),
					f.data + f.l4, 4);
			want = ref_toeplitz(key, f.data + (a.v6 ? 22 : 26),
					    len);
			EQ(hash_type(&r), want_type);
			EQ(r.first.hash, want);
		}
		/* Not IP: never. */
		frame_eth(f.data, MAC(0), mac_other, 0x88b5, 100);
		f.len = 100;
		receive();
		EQ(hash_type(&r), SVNIC_PTYPE_NONE);
		EQ(r.first.hash, 0);
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
	wr(0, SVNIC_REG_RSS_CTRL, SVNIC_RSS_ENABLE | SVNIC_RSS_TCPV4);
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
	wr(0, SVNIC_REG_RSS_CTRL, SVNIC_RSS_TCPV4);
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
	TEST(microsoft),
	TEST(hashes),
	TEST(table),
	TEST(partial_from_wire),
	{ 0 },
};
