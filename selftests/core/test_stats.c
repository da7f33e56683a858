// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 9: each counter, for each path of a frame. */
#include "svnic_core_priv.h"
#include "test.h"

static uint8_t frame[3000];

/* Changes of the counters of a function since the last call. */
static struct svnic_fn_stats delta(unsigned int fn)
{
	static struct svnic_fn_stats last[FNS_MAX];
	struct svnic_fn_stats now, change;
	uint64_t *n = (uint64_t *)&now, *c = (uint64_t *)&change;
	uint64_t *l = (uint64_t *)&last[fn];
	unsigned int i;

	for (i = 0; i < sizeof(now) / 8; i++) {
		n[i] = stat(fn, i * 8);
		c[i] = n[i] - l[i];
	}
	last[fn] = now;
	return change;
}

static void frames(void)
{
	struct svnic_fn_stats s;
	unsigned int i;

	net_up(3, 0);
	for (i = 0; i < 4; i++)
		delta(i);
	frame_eth(frame, MAC(2), MAC(1), 0x88b5, 200);
	tx_frame(&q[1], frame, 200, 0);
	run();
	s = delta(1);
	EQ(s.tx_packets, 1);
	EQ(s.tx_bytes, 200);
	EQ(s.tx_mcast, 0);
	EQ(s.tx_bcast, 0);
	EQ(s.rx_packets, 0);
	EQ(s.doorbells, 1);
	s = delta(2);
	EQ(s.rx_packets, 1);
	EQ(s.rx_bytes, 200);
	EQ(s.tx_packets, 0);
	frame_eth(frame, mac_bcast, MAC(1), 0x88b5, 14);
	tx_frame(&q[1], frame, 14, 0);
	run();
	s = delta(1);
	EQ(s.tx_packets, 1);
	EQ(s.tx_bytes, 14);
	EQ(s.tx_bcast, 1);
	EQ(s.tx_mcast, 0);
	for (i = 0; i < 4; i++) {
		if (i == 1)
			continue;
		s = delta(i);
		EQ(s.rx_packets, 1);
		EQ(s.rx_bytes, 14);
		EQ(s.rx_bcast, 1);
		EQ(s.rx_mcast, 0);
	}
	EQ(vport_filter(2, mac_mcast, true), 0);
	frame_eth(frame, mac_mcast, MAC(1), 0x88b5, 100);
	tx_frame(&q[1], frame, 100, 0);
	run();
	EQ(delta(1).tx_mcast, 1);
	s = delta(2);
	EQ(s.rx_mcast, 1);
	EQ(s.rx_bcast, 0);
	EQ(delta(3).rx_packets, 0);
	/* No receiver, but it counts as sent. */
	svnic_core_set_link(h->core, false);
	EQ(vport_link(1, SVNIC_VPORT_LINK_UP), 0);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	tx_frame(&q[1], frame, 100, 0);
	run();
	s = delta(1);
	EQ(s.tx_packets, 1);
	EQ(s.tx_link_down, 0);
	EQ(h->wire_n, 2);
}

static void tags(void)
{
	struct svnic_tx_desc d;

	net_up(2, 0);
	delta(1);
	delta(2);
	frame_eth(frame, MAC(2), MAC(1), 0x88b5, 200);
	d = (struct svnic_tx_desc){
		.addr = tx_room(&q[1], frame, 200), .len = 200,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_VLAN,
		.vlan_tci = 5,
	};
	tx_put(&q[1], &d);
	tx_ring(&q[1]);
	run();
	EQ(delta(1).tx_bytes, 204);
	EQ(delta(2).rx_bytes, 204);
	/* The tag of a port VLAN does not count. */
	EQ(vport_vlan(1, 9, 0x8100), 0);
	EQ(vport_vlan(2, 9, 0x8100), 0);
	tx_frame(&q[1], frame, 200, 0);
	run();
	EQ(delta(1).tx_bytes, 200);
	EQ(delta(2).rx_bytes, 200);
}

/* PCIe requests do not cross 4096 bytes, and are counted accordingly. */
static void pcie(void)
{
	struct svnic_tx_desc d = { .flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP };
	struct svnic_fn_stats s;
	static const struct {
		uint32_t at, len, requests;
	} cases[] = {
		{ 0, 2000, 1 },
		{ 4000, 96, 1 },
		{ 4000, 97, 2 },
		{ 0, 4096, 1 },
		{ 1, 4096, 2 },
		{ 4095, 4098, 3 },
		{ 0, 9000, 3 },
	};
	unsigned int i;

	net_up(1, 0);
	queue_state(&q[1])->tx_event = 1000;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		d.addr = q[1].txbuf + cases[i].at;
		d.len = cases[i].len;
		frame_eth(mem_at(d.addr), mac_other, MAC(1), 0x88b5, d.len);
		delta(1);
		tx_put(&q[1], &d);
		tx_ring(&q[1]);
		run();
		s = delta(1);
		/* Descriptor, frame, state block; tx_cons and tx_kick. */
		EQ(s.dma_reads, 2 + cases[i].requests);
		EQ(s.dma_read_bytes, 16 + cases[i].len + 16);
		EQ(s.dma_writes, 1);
		EQ(s.dma_write_bytes, 8);
		EQ(s.doorbells, 1);
		EQ(s.interrupts, 0);
	}
	/* Accesses for a function are counted there, and in no other. */
	delta(0);
	frame_eth(frame, MAC(0), MAC(1), 0x88b5, 100);
	delta(1);
	tx_frame(&q[1], frame, 100, 0);
	run();
	s = delta(0);
	EQ(s.dma_writes, 2);		/* frame, completion */
	EQ(s.dma_write_bytes, 116);
	EQ(s.dma_reads, 2);		/* postings, state block */
	EQ(s.interrupts, 1);
	EQ(s.doorbells, 0);
}

/* A batch takes the requests that Documentation/performance.rst says. */
static void batch(void)
{
	struct svnic_tx_desc d = {
		.len = 64, .flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP,
	};
	struct svnic_fn_stats s;
	unsigned int i;

	net_up(2, 0);
	d.addr = q[1].txbuf;
	frame_eth(mem_at(d.addr), MAC(2), MAC(1), 0x88b5, d.len);
	delta(1);
	delta(2);
	for (i = 0; i < 32; i++)
		tx_put(&q[1], &d);
	tx_ring(&q[1]);
	run();
	s = delta(1);
	EQ(s.tx_packets, 32);
	EQ(s.dma_reads, 32 + 2);	/* descriptors, state block */
	EQ(s.dma_read_bytes, 32 * (64 + 16) + 16);
	EQ(s.dma_writes, 1);		/* tx_cons and tx_kick */
	EQ(s.dma_write_bytes, 8);
	EQ(s.doorbells, 1);
	EQ(s.interrupts, 1);
	s = delta(2);
	EQ(s.rx_packets, 32);
	EQ(s.dma_writes, 32 + 1);	/* completions */
	EQ(s.dma_write_bytes, 32 * (64 + 16));
	EQ(s.dma_reads, 2);		/* 64 postings, state block */
	EQ(s.dma_read_bytes, 64 * 8 + 16);
	EQ(s.doorbells, 0);
	EQ(s.interrupts, 1);
}

/* The same for inline frames; those of a batch are read at once. */
static void batch_inline(void)
{
	struct svnic_tx_desc d = {
		.len = 64, .flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP |
				    SVNIC_TXD_INLINE,
	};
	struct svnic_fn_stats s;
	unsigned int i;

	net_up(2, 0);
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	q[1].tx_size = 1024;
	queue_start(&q[1]);
	frame_eth(frame, MAC(2), MAC(1), 0x88b5, d.len);
	run();
	delta(1);
	delta(2);
	for (i = 0; i < 24; i++)
		tx_put_inline(&q[1], &d, frame);
	tx_ring(&q[1]);
	run();
	s = delta(1);
	EQ(s.tx_packets, 24);
	EQ(s.dma_reads, 2);		/* ring, state block */
	EQ(s.dma_read_bytes, 24 * (64 + 16) + 16);
	EQ(s.dma_writes, 1);		/* tx_cons and tx_kick */
	EQ(s.dma_write_bytes, 8);
	EQ(s.doorbells, 1);
	EQ(s.interrupts, 1);
	EQ(delta(2).rx_packets, 24);
}

static void mailbox(void)
{
	uint64_t box;

	net_up(1, 0);
	events_drain(0);
	box = mem_alloc(1, 512);
	wr64(1, SVNIC_REG_MBX_BASE_LO, box);
	delta(0);
	delta(1);
	wr(1, SVNIC_REG_MBX_DB, 100);
	run();
	EQ(delta(1).dma_read_bytes, 100);
	EQ(delta(0).dma_write_bytes, 100 + 16);
}

/* The sums of the counters of all functions match, for random traffic. */
static void sums(void)
{
	uint64_t tx = 0, rx = 0, tx_bytes = 0, rx_bytes = 0, wire = 0;
	unsigned int i, fn, len;

	net_up(4, 0);
	for (i = 0; i < 2000; i++) {
		fn = rnd() % 5;
		len = 60 + rnd() % 1400;
		/* Unicast to another vport, or to the wire. */
		frame_eth(frame, rnd() % 3 ? MAC((fn + 1 + rnd() % 4) % 5) :
			  mac_other, MAC(fn), 0x88b5, len);
		tx_frame(&q[fn], frame, len, 0);
		run();
		for (fn = 0; fn < 5; fn++)
			queue_post(&q[fn], rx_drain(&q[fn]));
		if (h->wire_n)
			wire += h->wire[0].f.len;
		wire_clear();
	}
	for (fn = 0; fn < 5; fn++) {
		tx += STAT(fn, tx_packets);
		rx += STAT(fn, rx_packets);
		tx_bytes += STAT(fn, tx_bytes);
		rx_bytes += STAT(fn, rx_bytes);
		EQ(STAT(fn, rx_no_buffer), 0);
		EQ(STAT(fn, rx_errors), 0);
	}
	EQ(tx, 2000);
	CHECK(rx > 1000 && rx < 1700);
	EQ(tx_bytes, rx_bytes + wire);
}

static void words(void)
{
	uint32_t at;

	net_up(1, 0);
	h->core->fn[1].s.stats.rx_bytes = 0x123456789abcdef0;
	EQ(rd(1, SVNIC_REG_STATS + 8), 0x9abcdef0);
	EQ(rd(1, SVNIC_REG_STATS + 12), 0x12345678);
	EQ(svnic_core_mmio_read(h->core, 1, SVNIC_REG_STATS + 8, 8),
	   0x123456789abcdef0);
	for (at = 0; at < 208; at += 4)
		wr(1, SVNIC_REG_STATS + at, 1);
	EQ(STAT(1, rx_bytes), 0x123456789abcdef0);
	EQ(rd(1, SVNIC_REG_STATS + 208), 0);
}

const struct test stats_tests[] = {
	TEST(frames),
	TEST(tags),
	TEST(pcie),
	TEST(batch),
	TEST(batch_inline),
	TEST(mailbox),
	TEST(sums),
	TEST(words),
	{ 0 },
};
