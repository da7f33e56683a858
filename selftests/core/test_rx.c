// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 5.5: placement, completions, lack of buffers. */
#include "svnic_core_priv.h"
#include "test.h"

static struct rxframe f;
static uint8_t frame[10000];

static void lengths(void)
{
	uint32_t len;

	net_up(0, 0);
	for (len = 14; len <= 9018; len += len < 100 ? 1 : 97) {
		frame_eth(frame, MAC(0), mac_other, 0x88b5, len);
		wire_rx(frame, len);
		CHECK(rx_get(&q[0], &f));
		EQ(f.len, len);
		EQ(f.bufs, (len + 2047) / 2048);
		CHECK(!memcmp(f.data, frame, len));
		EQ(f.info & ~(SVNIC_RXC_PHASE | SVNIC_RXC_EOP),
		   SVNIC_RXC_SOP);
		queue_post(&q[0], f.bufs);
	}
	EQ(STAT(0, rx_no_buffer), 0);
}

/* Buffers are written no further than the frame goes. */
static void no_overrun(void)
{
	uint8_t *buf;
	uint32_t i;

	net_up(0, 0);
	buf = mem_at(q[0].bufs);
	memset(buf, 0xcc, 64 * 4096);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 2048 + 100);
	wire_rx(frame, 2048 + 100);
	EQ(rx_drain(&q[0]), 1);
	for (i = 2048; i < 4096; i++)
		EQ(buf[i], 0xcc);
	for (i = 4096 + 100; i < 64 * 4096; i++)
		EQ(buf[i], 0xcc);
}

static void phases(void)
{
	unsigned int i, j;

	net_up(0, 0);
	for (i = 0; i < 300; i++) {
		for (j = 0; j < 1 + i % 3; j++) {
			frame_eth(frame, MAC(0), mac_other, 0x88b5,
				  100 + i * 10);
			wire_rx(frame, 100 + i * 10);
		}
		for (j = 0; j < 1 + i % 3; j++) {
			CHECK(rx_get(&q[0], &f));
			EQ(f.len, 100 + i * 10);
			queue_post(&q[0], f.bufs);
		}
		CHECK(!rx_get(&q[0], &f));
	}
}

/* A frame that does not fit the buffers posted is lost whole. */
static void no_buffer(void)
{
	unsigned int i;

	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	EQ(vport_frame_max(0, 9018), 0);
	queue_alloc(&q[0], 0, 0);
	queue_start(&q[0]);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 5000);
	wire_rx(frame, 5000);
	EQ(STAT(0, rx_no_buffer), 1);
	queue_post(&q[0], 2);
	run();
	wire_rx(frame, 5000);
	EQ(STAT(0, rx_no_buffer), 2);
	CHECK(!rx_get(&q[0], &f));
	/* A smaller one still fits, and takes the first of them. */
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 600);
	wire_rx(frame, 600);
	CHECK(rx_get(&q[0], &f));
	queue_post(&q[0], 2);
	run();
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 5000);
	wire_rx(frame, 5000);
	CHECK(rx_get(&q[0], &f));
	EQ(f.bufs, 3);
	EQ(f.len, 5000);
	EQ(STAT(0, rx_no_buffer), 2);
	EQ(STAT(0, rx_packets), 2);
	/* No buffers, no cost: the device looks once and then waits. */
	wire_rx(frame, 5000);
	i = h->reads;
	wire_rx(frame, 5000);
	wire_rx(frame, 5000);
	EQ(h->reads, i);
	EQ(h->writes, h->writes);
	EQ(STAT(0, rx_no_buffer), 5);
}

/* Buffers whose doorbell the core has not looked at yet are posted. */
static void rung(void)
{
	static const uint64_t without[] = { 0, SVNIC_F_EVENT_IDX };
	unsigned int i;

	for (i = 0; i < sizeof(without) / sizeof(*without); i++) {
		host_new(NULL);
		fn_up(0, ALL_FEATURES(0) & ~without[i]);
		EQ(vport_frame_max(0, 9018), 0);
		queue_alloc(&q[0], 0, 0);
		q[0].events = !without[i];
		queue_start(&q[0]);
		frame_eth(frame, MAC(0), mac_other, 0x88b5, 5000);
		/* Too few, then enough; the same after a frame was lost. */
		queue_post(&q[0], 1);
		run();
		queue_post(&q[0], 2);
		wire_rx(frame, 5000);
		CHECK(rx_get(&q[0], &f));
		EQ(f.bufs, 3);
		queue_post(&q[0], 1);
		run();
		wire_rx(frame, 5000);
		EQ(STAT(0, rx_no_buffer), 1);
		queue_post(&q[0], 2);
		wire_rx(frame, 5000);
		CHECK(rx_get(&q[0], &f));
		EQ(STAT(0, rx_no_buffer), 1);
	}
}

/* A driver that follows 4.5 rings seldom, and is never forgotten. */
static void kicks(void)
{
	unsigned int i;
	uint64_t rung;

	net_up(0, 0);
	rung = STAT(0, doorbells);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 100);
	for (i = 0; i < 1000; i++) {
		wire_rx(frame, 100);
		CHECK(rx_get(&q[0], &f));
		if (i % 10 == 9)
			queue_post(&q[0], 10);
	}
	EQ(STAT(0, doorbells), rung);
	EQ(STAT(0, rx_no_buffer), 0);
	/* Starve it, many times over. */
	for (i = 0; i < 100; i++) {
		do {
			wire_rx(frame, 100);
		} while (rx_get(&q[0], &f));
		queue_post(&q[0], 1 + rnd() % 64);
		run();
		wire_rx(frame, 100);
		CHECK(rx_get(&q[0], &f));
	}
	EQ(STAT(0, doorbells), rung + 100);
	EQ(STAT(0, rx_no_buffer), 100);
}

static unsigned int race_n;

/* The driver posts after the device read rx_prod and before it is asked. */
static void race_spy(struct host *host, unsigned int fn, uint64_t addr,
		     size_t len, bool write)
{
	struct svnic_rx_desc *ring;

	(void)host;
	(void)fn;
	(void)len;
	if (!write || addr != q[0].state + 0x48 || !race_n)
		return;
	race_n--;
	ring = mem_at(q[0].rx);
	ring[q[0].rx_prod & 63].addr = q[0].bufs;
	queue_state(&q[0])->rx_prod = ++q[0].rx_prod;
}

/* The wake-up that would be lost if rx_kick were believed too early. */
static void starve_race(void)
{
	unsigned int i;

	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	queue_alloc(&q[0], 0, 0);
	queue_start(&q[0]);
	queue_post(&q[0], 1);
	run();
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 100);
	h->spy = race_spy;
	for (i = 0; i < 20; i++) {
		wire_rx(frame, 100);
		race_n = 1;
		wire_rx(frame, 100);
		EQ(rx_drain(&q[0]), 2);
		/* From here on by the rules: it must be seen. */
		queue_post(&q[0], 1);
		run();
	}
	EQ(STAT(0, rx_no_buffer), 0);
	/* Two buffers wanted, one posted in the gap, then the other. */
	EQ(vport_frame_max(0, 9018), 0);
	wire_rx(frame, 100);
	EQ(rx_drain(&q[0]), 1);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 3000);
	race_n = 1;
	wire_rx(frame, 3000);
	EQ(STAT(0, rx_no_buffer), 1);
	queue_post(&q[0], 1);
	run();
	wire_rx(frame, 3000);
	EQ(rx_drain(&q[0]), 1);
}

static void too_long(void)
{
	net_up(1, 0);
	EQ(vport_frame_max(1, 1518), 0);
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 1518);
	wire_rx(frame, 1518);
	EQ(rx_drain(&q[1]), 1);
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 1519);
	wire_rx(frame, 1519);
	EQ(rx_drain(&q[1]), 0);
	EQ(STAT(1, rx_errors), 1);
	/* Two tags are not counted. */
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 1518);
	wire_rx(frame, frame_vlan(frame, 1518, 0x8100, 5));
	EQ(rx_drain(&q[1]), 1);
	wire_rx(frame, frame_vlan(frame, 1522, 0x88a8, 5));
	EQ(rx_drain(&q[1]), 1);
	wire_rx(frame, frame_vlan(frame, 1526, 0x88a8, 5));
	EQ(rx_drain(&q[1]), 0);
	EQ(STAT(1, rx_errors), 2);
}

static void wire_nonsense(void)
{
	struct svnic_frame bad = { .data = frame, .len = 100 };

	net_up(0, 0);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 100);
	wire_rx(frame, 13);
	bad.csum_partial = true;
	bad.csum_start = 90;
	bad.csum_offset = 9;
	CHECK(svnic_core_wire_rx(h->core, &bad));
	bad.csum_start = 65535;
	bad.csum_offset = 65535;
	CHECK(svnic_core_wire_rx(h->core, &bad));
	bad.csum_start = 34;
	bad.csum_offset = 16;
	bad.gso_size = 100;
	CHECK(svnic_core_wire_rx(h->core, &bad));
	bad.hdr_len = 54;
	bad.l3_start = 14;
	CHECK(svnic_core_wire_rx(h->core, &bad));
	bad.gso_size = 10;
	CHECK(svnic_core_wire_rx(h->core, &bad));
	bad = (struct svnic_frame){ .data = frame, .len = SVNIC_FRAME_BUF + 1 };
	CHECK(svnic_core_wire_rx(h->core, &bad));
	run();
	EQ(rx_drain(&q[0]), 0);
}

static void link_down(void)
{
	net_up(1, 0);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 100);
	svnic_core_set_link(h->core, false);
	wire_rx(frame, 100);
	EQ(rx_drain(&q[0]), 0);
	svnic_core_set_link(h->core, true);
	wire_rx(frame, 100);
	EQ(rx_drain(&q[0]), 1);
	/* PF away: the VF still receives. */
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	wire_rx(frame, 100);
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	EQ(rx_drain(&q[1]), 1);
}

/* Completions of many frames are one write; and around the ring's end two. */
static void batched_dma(void)
{
	struct svnic_frame w = { .data = frame, .len = 100 };
	uint64_t reads, writes;
	unsigned int i;

	net_up(0, 0);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 100);
	reads = STAT(0, dma_reads);
	writes = STAT(0, dma_writes);
	for (i = 0; i < 40; i++)
		CHECK(svnic_core_wire_rx(h->core, &w));
	/* Data goes at once, the rest when the core runs. */
	EQ(STAT(0, dma_writes) - writes, 40);
	CHECK(!rx_get(&q[0], &f));
	run();
	EQ(STAT(0, dma_writes) - writes, 40 + 1);
	EQ(STAT(0, dma_reads) - reads, 1 + 1);	/* postings, rx_event */
	EQ(rx_drain(&q[0]), 40);
	queue_post(&q[0], 40);
	writes = STAT(0, dma_writes);
	for (i = 0; i < 40; i++)
		CHECK(svnic_core_wire_rx(h->core, &w));
	run();
	EQ(STAT(0, dma_writes) - writes, 40 + 2);
	EQ(rx_drain(&q[0]), 40);
	/* A stored completion wakes the host, once. */
	i = h->kicks;
	svnic_core_wire_rx(h->core, &w);
	svnic_core_wire_rx(h->core, &w);
	EQ(h->kicks, i + 1);
}

/* Buffers smaller than frames, rings of all sizes, a frame of 36 buffers. */
static void small_buffers(void)
{
	uint32_t len;

	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	EQ(vport_frame_max(0, 9216), 0);
	queue_alloc(&q[0], 0, 0);
	q[0].buf_size = 256;
	queue_start(&q[0]);
	queue_post(&q[0], 64);
	run();
	for (len = 14; len < 9216; len += 61) {
		frame_eth(frame, MAC(0), mac_other, 0x88b5, len);
		wire_rx(frame, len);
		CHECK(rx_get(&q[0], &f));
		EQ(f.len, len);
		EQ(f.bufs, (len + 255) / 256);
		CHECK(!memcmp(f.data, frame, len));
		queue_post(&q[0], f.bufs);
	}
}

/* Frames of all kinds from the PF to all. */
static void broadcast_some(void)
{
	static struct tcp_frame tcp;
	struct tcp_args args = {
		.smac = MAC(0), .dmac = mac_bcast, .payload = 1 + rnd() % 6000,
		.v6 = rnd() % 2, .udp = rnd() % 3 == 0, .sport = rnd(),
	};
	uint32_t len = 60 + rnd() % 2900;

	frame_l4(&tcp, &args, !args.udp);
	if (rnd() % 3 == 0) {
		frame_eth(frame, mac_bcast, MAC(0), 0x88b5, len);
		tx_frame(&q[0], frame, frame_vlan(frame, len, 0x8100, rnd()),
			 0);
		return;
	}
	if (args.udp) {
		tx_frame(&q[0], tcp.data, tcp.len, 0);
		return;
	}
	tx_tso(&q[0], &tcp, 1000);
}

/* The next frame of two queues is the same. False: neither has one. */
static bool same(struct queue *a, struct queue *b)
{
	static struct rxframe g;

	if (!rx_get(a, &f)) {
		CHECK(!rx_get(b, &g));
		return false;
	}
	CHECK(rx_get(b, &g));
	EQ(f.len, g.len);
	EQ(f.bufs, g.bufs);
	CHECK(!memcmp(&f.first, &g.first, sizeof(f.first)));
	CHECK(!memcmp(f.data, g.data, f.len));
	queue_post(a, f.bufs);
	queue_post(b, f.bufs);
	return true;
}

static void use_format(struct queue *p, uint32_t rx_fmt)
{
	p->rx_fmt = rx_fmt;
	queue_start(p);
	queue_post(p, p->rx_size);
	run();
}

/*
 * REQ-5.16: completions of 32 bytes say what those of 16 do, of large frames,
 * of their segments, in many buffers, and with the ring passed often.
 */
static void formats(void)
{
	unsigned int fn, i, large = 0;

	net_up(4, 0);
	for (fn = 1; fn <= 4; fn++) {
		rss_start(fn);
		wr(fn, SVNIC_REG_RSS_KEY, 0x12345678);
		if (fn > 2) {
			wr(fn, SVNIC_REG_RX_CTRL, 0);
			q[fn].buf_size = 256;
		}
		use_format(&q[fn], fn % 2 ? SVNIC_RX_FMT_CMPL16 :
					    SVNIC_RX_FMT_CMPL32);
	}
	for (i = 0; i < 500; i++) {
		broadcast_some();
		run();
		while (same(&q[1], &q[2]))
			large += !!(f.info & SVNIC_RXC_COALESCED);
		while (same(&q[3], &q[4]))
			CHECK(!(f.info & SVNIC_RXC_COALESCED));
		wire_clear();
	}
	CHECK(large > 50);
	CHECK(q[2].rx_cons > 500 && q[4].rx_cons > 2000);
	for (fn = 1; fn <= 4; fn++)
		EQ(STAT(fn, rx_no_buffer), 0);
}

/* Without the feature a register of a ring that runs has no effect. */
static void format_not_accepted(void)
{
	static const uint32_t fmts[] = { 1, 2, 0x100, 0xffffffff };
	uint32_t i, n;

	net_up(1, SVNIC_F_RX_CMPL32);
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 100);
	for (i = 0; i < 4; i++) {
		queue_start(&q[1]);
		wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
		queue_zero(&q[1]);
		wr(1, SVNIC_QCFG(0, SVNIC_QCFG_RX_FMT), fmts[i]);
		wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 3);
		EQ(queue_status(&q[1]), 3);
		EQ(rd(1, SVNIC_QCFG(0, SVNIC_QCFG_RX_FMT)), fmts[i]);
		queue_post(&q[1], q[1].rx_size);
		for (n = 0; n < 100; n++) {
			wire_rx(frame, 100);
			CHECK(rx_get(&q[1], &f));
			queue_post(&q[1], 1);
		}
	}
}

/* They are as many writes, of twice the bytes. */
static void format_dma(void)
{
	struct svnic_frame w = { .data = frame, .len = 100 };
	uint64_t writes, bytes;
	unsigned int i;

	net_up(0, 0);
	use_format(&q[0], SVNIC_RX_FMT_CMPL32);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 100);
	writes = STAT(0, dma_writes);
	bytes = STAT(0, dma_write_bytes);
	for (i = 0; i < 64; i++)
		CHECK(svnic_core_wire_rx(h->core, &w));
	run();
	EQ(STAT(0, dma_writes) - writes, 64 + 1);
	EQ(STAT(0, dma_write_bytes) - bytes, 64 * (100 + 32));
	EQ(rx_drain(&q[0]), 64);
}

/* The PF's next frame is from @vport, and VFs are not told of any. */
static void from(uint16_t vport)
{
	CHECK(rx_get(&q[0], &f));
	EQ(f.first.source, vport);
	queue_post(&q[0], f.bufs);
	queue_post(&q[1], rx_drain(&q[1]));
	queue_post(&q[2], rx_drain(&q[2]));
}

static void send(unsigned int fn, const uint8_t *dst, uint32_t len)
{
	frame_eth(frame, dst, MAC(fn), 0x88b5, len);
	tx_frame(&q[fn], frame, len, 0);
	run();
}

/* REQ-5.17: of each way that a frame can take; rx_get() looks at VFs. */
static void source(void)
{
	unsigned int fn;

	net_up(2, 0);
	for (fn = 0; fn <= 2; fn++)
		use_format(&q[fn], SVNIC_RX_FMT_CMPL32);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	from(SVNIC_RX_SOURCE_WIRE);
	for (fn = 1; fn <= 2; fn++) {
		send(fn, MAC(0), 100);
		from(fn);
		send(fn, MAC(0), 9000);
		from(fn);
		EQ(f.bufs, 5);
		send(fn, mac_bcast, 100);
		from(fn);
	}
	/* Vports that are not the PF's: to each other, from it, from outside */
	send(1, MAC(2), 100);
	send(0, MAC(2), 100);
	frame_eth(frame, MAC(2), mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	EQ(rx_drain(&q[2]), 3);
	EQ(STAT(2, rx_packets), 4);
	/* A wire's broadcast has the wire for its source everywhere. */
	frame_eth(frame, mac_bcast, mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	from(SVNIC_RX_SOURCE_WIRE);
	/* 16 bytes have no room for it. */
	use_format(&q[0], SVNIC_RX_FMT_CMPL16);
	send(1, MAC(0), 100);
	from(0);
}

/* Of a large frame, as it is or in segments */
static void source_of_segments(void)
{
	static struct tcp_frame tcp;
	unsigned int i, n;

	net_up(2, 0);
	use_format(&q[0], SVNIC_RX_FMT_CMPL32);
	frame_l4(&tcp, &(struct tcp_args){ .payload = 5000, .smac = MAC(2),
		 .dmac = MAC(0) }, true);
	for (i = 0; i < 2; i++) {
		wr(0, SVNIC_REG_RX_CTRL, i ? 0 : SVNIC_RX_CTRL_COALESCE);
		tx_tso(&q[2], &tcp, 1000);
		run();
		for (n = 0; n < (i ? 5 : 1); n++) {
			from(2);
			EQ(!!(f.info & SVNIC_RXC_COALESCED), !i);
		}
		CHECK(!rx_get(&q[0], &f));
	}
}

const struct test rx_tests[] = {
	TEST(lengths),
	TEST(no_overrun),
	TEST(phases),
	TEST(no_buffer),
	TEST(rung),
	TEST(kicks),
	TEST(starve_race),
	TEST(too_long),
	TEST(wire_nonsense),
	TEST(link_down),
	TEST(batched_dma),
	TEST(small_buffers),
	TEST(formats),
	TEST(format_not_accepted),
	TEST(format_dma),
	TEST(source),
	TEST(source_of_segments),
	{ 0 },
};
