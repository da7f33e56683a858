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

const struct test rx_tests[] = {
	TEST(lengths),
	TEST(no_overrun),
	TEST(phases),
	TEST(no_buffer),
	TEST(kicks),
	TEST(starve_race),
	TEST(too_long),
	TEST(wire_nonsense),
	TEST(link_down),
	TEST(batched_dma),
	TEST(small_buffers),
	{ 0 },
};
