// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections 5.3 and 5.7: large frames, split and unsplit. */
#include "svnic_core_priv.h"
#include "test.h"

static struct tcp_frame f;
static uint8_t seg[SVNIC_FRAME_BUF];
static struct rxframe r;
static struct queue *t;

/* Posts @frame as a TSO frame in pieces of at most @piece bytes. */
static void tso_put(const struct tcp_frame *frame, uint32_t mss,
		    uint32_t piece, uint16_t flags, uint16_t tci)
{
	struct svnic_tx_tso ctx = {
		.mss = mss, .hdr_len = frame->hdr_len,
		.flags = SVNIC_TXD_CTX, .l3_start = frame->l3,
	};
	struct svnic_tx_desc d;
	uint32_t at, len;

	tx_put(t, &ctx);
	for (at = 0; at < frame->len; at += len) {
		len = frame->len - at < piece ? frame->len - at : piece;
		d = (struct svnic_tx_desc){
			.addr = tx_room(t, frame->data + at, len),
			.len = len,
		};
		if (!at) {
			d.flags = SVNIC_TXD_SOP | SVNIC_TXD_TSO |
				  SVNIC_TXD_CSUM | flags;
			d.csum_start = frame->l4;
			d.csum_offset = 16;
			d.vlan_tci = tci;
		}
		if (at + len == frame->len)
			d.flags |= SVNIC_TXD_EOP;
		tx_put(t, &d);
	}
	tx_ring(t);
	run();
}

/* The wire has exactly the segments of the reference implementation. */
static void segments_on_wire(const struct tcp_frame *frame, uint32_t mss)
{
	uint32_t n = (frame->len - frame->hdr_len + mss - 1) / mss, i, len;

	EQ(h->wire_n, n);
	for (i = 0; i < n; i++) {
		len = ref_segment(frame, mss, i, seg);
		EQ(h->wire[i].f.len, len < 60 ? 60 : len);
		CHECK(!memcmp(h->wire[i].data, seg, len));
		CHECK(!h->wire[i].f.csum_partial && !h->wire[i].f.gso_size);
	}
	wire_clear();
}

static const struct tcp_args shapes[] = {
	{ .payload = 5000 },
	{ .payload = 1 },
	{ .payload = 1460 },
	{ .payload = 1461 },
	{ .payload = 64000 },
	{ .payload = 5000, .opts = 12 },
	{ .payload = 5000, .opts = 40, .ip_opts = 40 },
	{ .payload = 5001, .flags = 0x19 },		/* FIN PSH ACK */
	{ .payload = 5001, .flags = 0xd8 },		/* CWR ECE ACK PSH */
	{ .payload = 5001, .flags = 0xff },
	{ .payload = 30000, .id = 0xfffc, .seq = 0xfffff000 },
	{ .payload = 5000, .v6 = true },
	{ .payload = 64000, .v6 = true, .opts = 12 },
	{ .payload = 5000, .v6 = true, .opts = 20, .flags = 0x19 },
	{ .payload = 5000, .v6 = true, .ext = 8 },
	{ .payload = 5000, .v6 = true, .ext = 64, .opts = 40 },
};

#define SHAPES	(sizeof(shapes) / sizeof(shapes[0]))

static void reference(void)
{
	static const uint32_t msses[] = { 64, 65, 536, 1448, 1460, 8948 };
	unsigned int s, m;

	net_up(1, 0);
	t = &q[1];
	for (s = 0; s < SHAPES; s++) {
		for (m = 0; m < sizeof(msses) / sizeof(msses[0]); m++) {
			frame_l4(&f, &shapes[s], true);
			tso_put(&f, msses[m], 1 + rnd() % 8000 + 3000, 0, 0);
			EQ(queue_status(t), 3);
			segments_on_wire(&f, msses[m]);
		}
	}
	EQ(STAT(1, tx_tso), SHAPES * 6);
}

/* The example of A.4, byte by byte. */
static void spec_example(void)
{
	static const uint8_t hdr[54] = {
		0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00,
		0x00, 0x01, 0x08, 0x00, 0x45, 0x00, 0x0b, 0xe0, 0x12, 0x34,
		0x40, 0x00, 0x40, 0x06, 0x08, 0xe2, 0x0a, 0x00, 0x00, 0x01,
		0x0a, 0x00, 0x00, 0x02, 0x30, 0x39, 0x00, 0x50, 0x00, 0x00,
		0x10, 0x00, 0x00, 0x00, 0x20, 0x00, 0x50, 0x18, 0x02, 0x00,
		0x1f, 0xd5, 0x00, 0x00,
	};
	static const struct {
		uint32_t len, total, id, ip_csum, seq, flags, csum;
	} want[] = {
		{ 1514, 1500, 0x1234, 0x0ee6, 0x1000, 0x10, 0x0893 },
		{ 1514, 1500, 0x1235, 0x0ee5, 0x15b4, 0x10, 0xaf8b },
		{ 134, 120, 0x1236, 0x1448, 0x1b68, 0x18, 0xbef2 },
	};
	const uint8_t *p;
	unsigned int i;

	net_up(1, 0);
	t = &q[1];
	memcpy(f.data, hdr, 54);
	for (i = 0; i < 3000; i++)
		f.data[54 + i] = i;
	f.len = 3054;
	f.l3 = 14;
	f.l4 = 34;
	f.hdr_len = 54;
	tso_put(&f, 1460, 3000, 0, 0);
	EQ(h->wire_n, 3);
	for (i = 0; i < 3; i++) {
		p = h->wire[i].data;
		EQ(h->wire[i].f.len, want[i].len);
		EQ(svnic_get_be16(p + 16), want[i].total);
		EQ(svnic_get_be16(p + 18), want[i].id);
		EQ(svnic_get_be16(p + 24), want[i].ip_csum);
		EQ(svnic_get_be32(p + 38), want[i].seq);
		EQ(p[47], want[i].flags);
		EQ(svnic_get_be16(p + 50), want[i].csum);
	}
	EQ(STAT(1, tx_packets), 3);
	EQ(STAT(1, tx_bytes), 3162);
	EQ(STAT(1, tx_tso), 1);
}

/* Lengths and header checksum that the driver left are ignored. */
static void lengths_do_not_matter(void)
{
	static struct tcp_frame bad;
	unsigned int s;

	net_up(1, 0);
	t = &q[1];
	for (s = 0; s < SHAPES; s++) {
		frame_l4(&f, &shapes[s], true);
		bad = f;
		if (shapes[s].v6) {
			memset(bad.data + bad.l3 + 4, 0, 2);
		} else {
			memset(bad.data + bad.l3 + 2, 0, 2);
			memset(bad.data + bad.l3 + 10, 0xff, 2);
		}
		tso_put(&bad, 1000, 10000, 0, 0);
		EQ(queue_status(t), 3);
		segments_on_wire(&f, 1000);
		/* In an unsplit frame for a neighbour they are corrected. */
		memcpy(f.data, MAC(0), 6);
		memcpy(bad.data, MAC(0), 6);
		tso_put(&bad, 1000, 10000, 0, 0);
		CHECK(rx_get(&q[0], &r));
		CHECK(!memcmp(r.data, f.data, f.l4));
		queue_post(&q[0], r.bufs);
	}
}

static void with_tags(void)
{
	unsigned int s, tags;

	net_up(1, 0);
	t = &q[1];
	for (s = 0; s < SHAPES; s++) {
		for (tags = 0; tags < 3; tags++) {
			frame_l4(&f, &shapes[s], true);
			if (tags)
				f.len = frame_vlan(f.data, f.len, 0x8100, 10);
			if (tags == 2)
				f.len = frame_vlan(f.data, f.len, 0x88a8, 11);
			f.l3 += 4 * tags;
			f.l4 += 4 * tags;
			f.hdr_len += 4 * tags;
			if (f.len > SVNIC_TSO_MAX)
				continue;
			tso_put(&f, 1000, 10000, 0, 0);
			EQ(queue_status(t), 3);
			segments_on_wire(&f, 1000);
			/* And one inserted by the device, before these. */
			tso_put(&f, 1000, 10000, SVNIC_TXD_VLAN, 0x2123);
			f.len = frame_vlan(f.data, f.len, 0x8100, 0x2123);
			f.l3 += 4;
			f.l4 += 4;
			f.hdr_len += 4;
			segments_on_wire(&f, 1000);
		}
	}
}

/* The first frame of a ring */
static void put_first(const struct svnic_tx_tso *ctx,
		      const struct svnic_tx_desc *d)
{
	queue_start(t);
	tx_put(t, ctx);
	tx_put(t, d);
	tx_ring(t);
	run();
}

/* Rules of format, S1, S2, S7 and S8: the ring stops. */
static void malformed(struct svnic_tx_tso ctx, struct svnic_tx_desc d)
{
	put_first(&ctx, &d);
	EQ(queue_error(t, false), SVNIC_ERR_DESC);
	EQ(tx_cons(t), 0);
	EQ(h->wire_n, 0);
}

/* Rules of content, S3 to S6 and S9: the frame is dropped, the next is sent. */
static void dropped(struct svnic_tx_tso ctx, struct svnic_tx_desc d)
{
	uint64_t errors = STAT(1, tx_errors), tso = STAT(1, tx_tso);

	put_first(&ctx, &d);
	EQ(queue_status(t), 3);
	EQ(tx_cons(t), 2);
	EQ(STAT(1, tx_errors), errors + 1);
	EQ(h->wire_n, 0);
	EQ(STAT(1, tx_tso), tso);
	tso_put(&f, 1000, 10000, 0, 0);
	segments_on_wire(&f, 1000);
}

static void bad(void)
{
	struct svnic_tx_tso ctx, good_ctx;
	struct svnic_tx_desc d, good;
	uint8_t *p;
	int v6;

	net_up(1, 0);
	t = &q[1];
	for (v6 = 0; v6 < 2; v6++) {
		frame_l4(&f, &(struct tcp_args){ .payload = 3000, .v6 = v6 },
			 true);
		good_ctx = (struct svnic_tx_tso){
			.mss = 1000, .hdr_len = f.hdr_len,
			.flags = SVNIC_TXD_CTX, .l3_start = 14,
		};
		good = (struct svnic_tx_desc){
			.addr = tx_room(t, f.data, f.len), .len = f.len,
			.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP |
				 SVNIC_TXD_CSUM | SVNIC_TXD_TSO,
			.csum_start = f.l4, .csum_offset = 16,
		};
		p = mem_at(good.addr);

#define BAD(how, what) do {						\
		ctx = good_ctx;						\
		d = good;						\
		what;							\
		how(ctx, d);						\
		memcpy(p, f.data, f.len);				\
} while (0)
		BAD(malformed, d.csum_offset = 6);
		BAD(malformed, ctx.mss = 63);
		BAD(malformed, ctx.mss = 0);
		BAD(malformed, ctx.mss = 65535);
		BAD(malformed, ctx.mss = SVNIC_FRAME_MAX - f.hdr_len + 1);
		BAD(dropped, ctx.l3_start = 13);
		BAD(dropped, ctx.l3_start = 0);
		BAD(dropped, ctx.l3_start = 255);
		BAD(dropped, ctx.l3_start = f.l4 - 19);
		BAD(dropped, p[14] = 0x55);
		BAD(dropped, p[14] = 0x05);
		BAD(dropped, d.csum_start = f.l4 - 1);
		BAD(dropped, d.csum_start = 14 + (v6 ? 39 : 19));
		BAD(dropped, d.csum_start = 255);
		BAD(dropped, ctx.hdr_len = 0);
		BAD(dropped, ctx.hdr_len = f.l4 + 19);
		BAD(dropped, ctx.hdr_len = f.hdr_len + 4);
		BAD(dropped, ctx.hdr_len = f.len);
		BAD(malformed, ctx.hdr_len = 65535);
		BAD(dropped, d.len = f.hdr_len);
		BAD(dropped, d.len = f.hdr_len - 1);
		BAD(dropped, p[f.l4 + 12] = 0x40);
		BAD(dropped, p[f.l4 + 12] = 0xf0);
		if (!v6) {
			BAD(dropped, p[14] = 0x44);
			BAD(dropped, p[14] = 0x4f);
			BAD(dropped, p[23] = 17);
		}
	}
}

/* S7 and S9: the maximum length, and more. */
static void longest(void)
{
	struct svnic_tx_tso ctx;
	struct svnic_tx_desc d[2];
	int v6;

	net_up(1, 0);
	t = &q[1];
	for (v6 = 0; v6 < 2; v6++) {
		frame_l4(&f, &(struct tcp_args){ .payload = 60000, .v6 = v6 },
			 true);
		ctx = (struct svnic_tx_tso){
			.mss = 9000, .hdr_len = f.hdr_len,
			.flags = SVNIC_TXD_CTX, .l3_start = 14,
		};
		d[0] = (struct svnic_tx_desc){
			.addr = tx_room(t, f.data, f.len), .len = f.len,
			.flags = SVNIC_TXD_SOP | SVNIC_TXD_CSUM | SVNIC_TXD_TSO,
			.csum_start = f.l4, .csum_offset = 16,
		};
		d[1] = (struct svnic_tx_desc){
			.addr = t->txbuf, .len = SVNIC_TSO_MAX - f.len,
			.flags = SVNIC_TXD_EOP,
		};
		tx_put(t, &ctx);
		tx_put(t, &d[0]);
		tx_put(t, &d[1]);
		tx_ring(t);
		run();
		EQ(queue_status(t), 3);
		EQ(h->wire_n, (SVNIC_TSO_MAX - f.hdr_len + 8999) / 9000);
		wire_clear();
		d[1].len++;
		tx_put(t, &ctx);
		tx_put(t, &d[0]);
		tx_put(t, &d[1]);
		tx_ring(t);
		run();
		EQ(queue_error(t, false), SVNIC_ERR_DESC);
		EQ(h->wire_n, 0);
		queue_start(t);
	}
}

/*
 * IPv6 headers that the parser does not know are no error (5.3): a routing
 * header with segments left, where the pseudo header has another destination.
 */
static void unknown_ext(void)
{
	uint32_t sum, i, len;

	net_up(1, 0);
	t = &q[1];
	frame_l4(&f, &(struct tcp_args){ .payload = 3000, .v6 = true,
					 .ext = 24 }, true);
	f.data[14 + 6] = 43;
	f.data[14 + 40 + 3] = 1;
	f.data[14 + 40 + 23] = 99;	/* the final destination */
	/* The sum of the pseudo header with that destination. */
	sum = svnic_get_be16(f.data + f.l4 + 16) + 1234;
	svnic_put_be16(f.data + f.l4 + 16, (sum & 0xffff) + (sum >> 16));
	tso_put(&f, 1000, 5000, 0, 0);
	EQ(queue_status(t), 3);
	EQ(h->wire_n, 3);
	for (i = 0; i < 3; i++) {
		len = h->wire[i].f.len;
		EQ(ref_csum(h->wire[i].data + f.l4, len - f.l4,
			    ref_pseudo(h->wire[i].data + 14, 6, len - f.l4) +
			    1234), 0);
	}
	/* A neighbour gets segments of plain IPv6, with no verdict. */
	memcpy(f.data, MAC(0), 6);
	tso_put(&f, 1000, 5000, 0, 0);
	for (i = 0; i < 3; i++) {
		CHECK(rx_get(&q[0], &r));
		EQ(r.info >> SVNIC_RXC_TYPE_SHIFT & SVNIC_RXC_TYPE_MASK,
		   SVNIC_PTYPE_IPV6);
		CHECK(!(r.info & (SVNIC_RXC_CSUM_OK | SVNIC_RXC_CSUM_BAD |
				  SVNIC_RXC_COALESCED)));
	}
}

/*
 * A wrong sum of the pseudo header makes a wrong checksum, and the verdict does
 * not say that it is right.
 */
static void false_sum(void)
{
	unsigned int i;

	net_up(1, 0);
	t = &q[1];
	frame_l4(&f, &(struct tcp_args){ .payload = 3000, .dmac = MAC(0) },
		 true);
	f.data[f.l4 + 16] ^= 0x55;
	tso_put(&f, 1000, 5000, 0, 0);
	for (i = 0; i < 3; i++) {
		CHECK(rx_get(&q[0], &r));
		CHECK(r.info & SVNIC_RXC_CSUM_BAD);
		CHECK(!(r.info & (SVNIC_RXC_CSUM_OK | SVNIC_RXC_COALESCED)));
	}
	frame_l4(&f, &(struct tcp_args){ .payload = 300, .dmac = MAC(0) },
		 true);
	f.data[f.l4 + 16] ^= 0x55;
	tso_put(&f, 1000, 5000, 0, 0);
	CHECK(rx_get(&q[0], &r));
	CHECK(r.info & SVNIC_RXC_CSUM_BAD);
}

static void coalesced_stats(void)
{
	uint32_t n, s, rx_packets, rx_bytes;

	net_up(1, 0);
	t = &q[1];
	for (s = 0; s < SHAPES; s++) {
		frame_l4(&f, &shapes[s], true);
		memcpy(f.data, MAC(0), 6);
		n = (f.len - f.hdr_len + 1447) / 1448;
		rx_packets = STAT(0, rx_packets);
		rx_bytes = STAT(0, rx_bytes);
		tso_put(&f, 1448, 9000, 0, 0);
		EQ(h->wire_n, 0);
		EQ(rx_drain(&q[0]), 1);
		EQ(STAT(0, rx_packets) - rx_packets, n);
		EQ(STAT(0, rx_bytes) - rx_bytes,
		   f.len + (n - 1) * f.hdr_len);
		queue_post(&q[0], q[0].rx_size - (q[0].rx_prod -
						   q[0].rx_cons));
		run();
	}
}

/* The completion of a coalesced frame. */
static void coalesced_cmpl(void)
{
	unsigned int s;

	net_up(1, 0);
	t = &q[1];
	for (s = 0; s < SHAPES; s++) {
		frame_l4(&f, &shapes[s], true);
		memcpy(f.data, MAC(0), 6);
		tso_put(&f, 1448, 9000, 0, 0);
		CHECK(rx_get(&q[0], &r));
		EQ(r.len, f.len);
		CHECK(r.info & SVNIC_RXC_CSUM_OK);
		EQ(r.info >> 8 & 0xf, shapes[s].v6 ? SVNIC_PTYPE_TCPV6 :
		   SVNIC_PTYPE_TCPV4);
		if (f.len - f.hdr_len > 1448) {
			CHECK(r.info & SVNIC_RXC_COALESCED);
			EQ(r.first.gso_size, 1448);
			EQ(r.first.hdr_len, f.hdr_len);
		} else {
			/*
			 * A single segment is an ordinary frame with a complete
			 * checksum.
			 */
			CHECK(!(r.info & SVNIC_RXC_COALESCED));
			EQ(r.first.gso_size, 0);
			EQ(r.first.hdr_len, 0);
			CHECK(ref_l4_ok(r.data, f.l3, f.l4, r.len, 6));
		}
		/* It is the frame sent, except for the checksum. */
		memcpy(r.data + f.l4 + 16, f.data + f.l4 + 16, 2);
		CHECK(!memcmp(r.data, f.data, f.len));
		queue_post(&q[0], r.bufs);
		run();
	}
}

/* Receivers that do not take large frames get the segments. */
static void split_for_receiver(void)
{
	uint32_t s, i, n, len;

	net_up(2, SVNIC_F_RX_COALESCE);
	for (s = 0; s < SHAPES; s++) {
		t = &q[s & 1 ? 0 : 2];
		frame_l4(&f, &shapes[s], true);
		memcpy(f.data, MAC(1), 6);
		n = (f.len - f.hdr_len + 1447) / 1448;
		tso_put(&f, 1448, 9000, 0, 0);
		for (i = 0; i < n; i++) {
			CHECK(rx_get(&q[1], &r));
			len = ref_segment(&f, 1448, i, seg);
			EQ(r.len, len);
			CHECK(!memcmp(r.data, seg, len));
			CHECK(r.info & SVNIC_RXC_CSUM_OK);
			EQ(r.first.gso_size, 0);
			queue_post(&q[1], 1);
		}
		run();
	}
	EQ(STAT(1, rx_coalesced), 0);
}

/* RX_CTRL is changed while frames arrive. */
static void rx_ctrl(void)
{
	net_up(1, 0);
	t = &q[1];
	frame_l4(&f, &(struct tcp_args){ .payload = 3000, .dmac = MAC(0) },
		 true);
	tso_put(&f, 1000, 5000, 0, 0);
	EQ(rx_drain(&q[0]), 1);
	wr(0, SVNIC_REG_RX_CTRL, 0);
	tso_put(&f, 1000, 5000, 0, 0);
	EQ(rx_drain(&q[0]), 3);
	wr(0, SVNIC_REG_RX_CTRL, SVNIC_RX_CTRL_COALESCE);
	tso_put(&f, 1000, 5000, 0, 0);
	EQ(rx_drain(&q[0]), 1);
	EQ(STAT(0, rx_coalesced), 2);
	EQ(STAT(0, rx_coalesced_segs), 6);
	EQ(STAT(0, rx_packets), 9);
}

/* frame_max applies to segments; a frame is received whole or not at all. */
static void coalesced_limits(void)
{
	net_up(1, 0);
	t = &q[1];
	EQ(vport_frame_max(0, 1054), 0);
	frame_l4(&f, &(struct tcp_args){ .payload = 3000, .dmac = MAC(0) },
		 true);
	tso_put(&f, 1000, 5000, 0, 0);
	EQ(rx_drain(&q[0]), 1);
	tso_put(&f, 1001, 5000, 0, 0);
	EQ(rx_drain(&q[0]), 0);
	EQ(STAT(0, rx_errors), 3);
	EQ(vport_frame_max(0, 9018), 0);
	frame_l4(&f, &(struct tcp_args){ .payload = 64000, .dmac = MAC(0) },
		 true);
	tso_put(&f, 8000, 9000, 0, 0);
	EQ(rx_drain(&q[0]), 1);
	/* 64 - 2 - 32 buffers are left: one too few for the next frame. */
	tso_put(&f, 8000, 9000, 0, 0);
	EQ(rx_drain(&q[0]), 0);
	EQ(STAT(0, rx_no_buffer), 8);
}

/* A wire that takes large frames and incomplete checksums gets them. */
static void unsplit_wire(void)
{
	struct svnic_core_config config = host_config();
	struct svnic_tx_desc d;
	uint32_t i;

	config.wire_gso = true;
	config.wire_csum = true;
	host_new(&config);
	net_up(1, 0);
	t = &q[1];
	frame_l4(&f, &(struct tcp_args){ .payload = 30000 }, true);
	tso_put(&f, 1448, 9000, SVNIC_TXD_VLAN, 5);
	EQ(h->wire_n, 1);
	EQ(h->wire[0].f.len, f.len + 4);
	EQ(h->wire[0].f.gso_size, 1448);
	EQ(h->wire[0].f.hdr_len, f.hdr_len + 4);
	EQ(h->wire[0].f.l3_start, 18);
	EQ(h->wire[0].f.csum_start, f.l4 + 4);
	EQ(h->wire[0].f.csum_offset, 16);
	EQ(h->wire[0].f.csum_partial, 1);
	CHECK(!memcmp(h->wire[0].data + 18, f.data + 14, f.len - 14));
	EQ(STAT(1, tx_packets), 21);
	wire_clear();
	frame_l4(&f, &(struct tcp_args){ .payload = 300, .udp = true }, true);
	d = (struct svnic_tx_desc){
		.addr = tx_room(t, f.data, f.len), .len = f.len,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_CSUM,
		.csum_start = f.l4, .csum_offset = 6,
	};
	tx_put(t, &d);
	tx_ring(t);
	run();
	EQ(h->wire[0].f.csum_partial, 1);
	EQ(h->wire[0].f.gso_size, 0);
	CHECK(!memcmp(h->wire[0].data, f.data, f.len));

	/* Back in: to a receiver that coalesces, and to one that does not. */
	frame_l4(&f, &(struct tcp_args){ .payload = 5000, .dmac = MAC(1) },
		 true);
	for (i = 0; i < 2; i++) {
		struct svnic_frame w = {
			.data = f.data, .len = f.len, .csum_partial = true,
			.csum_start = f.l4, .csum_offset = 16,
			.gso_size = 1448, .hdr_len = f.hdr_len,
			.l3_start = f.l3,
		};

		wr(1, SVNIC_REG_RX_CTRL, i ? 0 : SVNIC_RX_CTRL_COALESCE);
		CHECK(svnic_core_wire_rx(h->core, &w));
		run();
		EQ(rx_drain(&q[1]), i ? 4 : 1);
		queue_post(&q[1], 4);
		run();
	}
	EQ(STAT(1, rx_packets), 8);
}

/* The wire becomes busy between two segments. */
static void wire_busy(void)
{
	unsigned int i;

	net_up(1, 0);
	t = &q[1];
	frame_l4(&f, &shapes[0], true);
	memcpy(f.data, mac_bcast, 6);
	h->wire_room = 2;
	tso_put(&f, 100, 5000, 0, 0);
	EQ(h->wire_n, 2);
	EQ(tx_cons(t), 0);
	for (i = 0; i < 48; i++) {
		h->wire_room = 1;
		EQ(rx_drain(&q[0]), 0);
		run();
	}
	EQ(tx_cons(t), 3);
	EQ(rx_drain(&q[0]), 1);
	segments_on_wire(&f, 100);
	EQ(STAT(1, tx_packets), 50);
	/*
	 * The queue is stopped in the middle: the next frame starts at segment
	 * 0.
	 */
	h->wire_room = 2;
	tso_put(&f, 100, 5000, 0, 0);
	wire_clear();
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	h->wire_room = 1000;
	run();
	EQ(h->wire_n, 0);
	queue_start(t);
	tso_put(&f, 100, 5000, 0, 0);
	segments_on_wire(&f, 100);
}

const struct test tso_tests[] = {
	TEST(reference),
	TEST(spec_example),
	TEST(lengths_do_not_matter),
	TEST(with_tags),
	TEST(bad),
	TEST(longest),
	TEST(unknown_ext),
	TEST(false_sum),
	TEST(coalesced_stats),
	TEST(coalesced_cmpl),
	TEST(split_for_receiver),
	TEST(rx_ctrl),
	TEST(coalesced_limits),
	TEST(unsplit_wire),
	TEST(wire_busy),
	{ 0 },
};
