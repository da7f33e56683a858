// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 5.1: transmission. */
#include "svnic_core_priv.h"
#include "test.h"

#define SOP	SVNIC_TXD_SOP
#define EOP	SVNIC_TXD_EOP
#define CSUM	SVNIC_TXD_CSUM

static struct queue *t;

static void setup(void)
{
	net_up(1, 0);
	t = &q[1];
}

/* The frame on the wire is the same, except for padding. */
static void on_wire(unsigned int i, const uint8_t *frame, uint32_t len)
{
	uint32_t wire_len = len < 60 ? 60 : len, n;

	CHECK(i < h->wire_n);
	EQ(h->wire[i].f.len, wire_len);
	CHECK(!memcmp(h->wire[i].data, frame, len));
	for (n = len; n < wire_len; n++)
		EQ(h->wire[i].data[n], 0);
	CHECK(!h->wire[i].f.csum_partial && !h->wire[i].f.gso_size);
}

static void lengths(void)
{
	static const uint32_t lens[] = { 14, 15, 42, 59, 60, 61, 1514, 1518,
					 4096, 9018, 9216 };
	static uint8_t frame[10000];
	unsigned int i;

	setup();
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		/* These bytes must not appear in the padding. */
		memset(frame, 0xee, sizeof(frame));
		frame_eth(frame, mac_other, MAC(1), 0x88b5, 9000);
		tx_frame(t, frame, 9000, 0);
		run();
		wire_clear();
		frame_eth(frame, mac_other, MAC(1), 0x88b5, lens[i]);
		tx_frame(t, frame, lens[i], 0);
		run();
		EQ(h->wire_n, 1);
		on_wire(0, frame, lens[i]);
	}
	EQ(queue_status(t), 3);
}

static void pieces(void)
{
	static uint8_t frame[9216];
	unsigned int n, i, at, len;

	setup();
	for (n = 1; n <= SVNIC_TX_CHAIN; n++) {
		frame_eth(frame, mac_other, MAC(1), 0x88b5, 9216);
		for (i = at = 0; i < n; i++, at += len) {
			len = n - i == 1 ? 1 + rnd() % (9216 - at) :
			      1 + rnd() % (2 * 100);
			tx_put_piece(t, frame + at, len, (i ? 0 : SOP) |
				     (i == n - 1 ? EOP : 0));
		}
		if (at < 14) {
			/* Too short for a frame; make it longer. */
			((struct svnic_tx_desc *)mem_at(t->tx))
				[(t->tx_prod - 1) & 255].len = 14;
			at = 0;
		}
		tx_ring(t);
		run();
		EQ(tx_cons(t), t->tx_prod);
		EQ(h->wire_n, 1);
		if (at)
			on_wire(0, frame, at);
		wire_clear();
	}
	EQ(queue_status(t), 3);
}

/* A chain may be longer than the quarter of a ring that is a batch. */
static void small_ring(void)
{
	uint8_t frame[480];
	unsigned int n, i;

	setup();
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	t->tx_size = 64;
	queue_start(t);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, sizeof(frame));
	for (n = 2; n <= SVNIC_TX_CHAIN; n++) {
		for (i = 0; i < n; i++)
			tx_put_piece(t, frame + 10 * i, 10, (i ? 0 : SOP) |
				     (i == n - 1 ? EOP : 0));
		tx_ring(t);
		run();
		EQ(tx_cons(t), t->tx_prod);
		EQ(h->wire_n, 1);
		on_wire(0, frame, 10 * n);
		wire_clear();
	}
	EQ(queue_status(t), 3);
}

static void batches(void)
{
	uint8_t frame[100];
	unsigned int i;

	setup();
	for (i = 0; i < 1000; i++) {
		frame_eth(frame, mac_other, MAC(1), 0x88b5, 60 + i % 40);
		tx_put_piece(t, frame, 60 + i % 40, SOP | EOP);
		if (i % 250 != 249)
			continue;
		tx_ring(t);
		run();
		EQ(tx_cons(t), i + 1);
	}
	EQ(h->wire_n, 1000);
	for (i = 0; i < 1000; i++) {
		frame_eth(frame, mac_other, MAC(1), 0x88b5, 60 + i % 40);
		on_wire(i, frame, 60 + i % 40);
	}
	EQ(STAT(1, tx_packets), 1000);
}

/* A chain that is posted in parts waits, and delays no other ring. */
static void in_parts(void)
{
	uint8_t frame[300];
	unsigned int i;

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 300);
	for (i = 0; i < 3; i++) {
		tx_put_piece(t, frame + i * 100, 100, (i ? 0 : SOP) |
			     (i == 2 ? EOP : 0));
		tx_ring(t);
		run();
		EQ(h->wire_n, i == 2);
		EQ(tx_cons(t), i == 2 ? 3 : 0);
	}
	on_wire(0, frame, 300);
	/* Behind complete frames, in one batch with them. */
	tx_put_piece(t, frame, 60, SOP | EOP);
	tx_put_piece(t, frame, 100, SOP);
	tx_ring(t);
	run();
	EQ(tx_cons(t), 4);
	frame_eth(frame, mac_other, MAC(0), 0x88b5, 300);
	tx_frame(&q[0], frame, 300, 0);
	run();
	EQ(tx_cons(&q[0]), 1);
	tx_put_piece(t, frame, 100, EOP);
	tx_ring(t);
	run();
	EQ(tx_cons(t), 6);
	EQ(h->wire_n, 4);
	EQ(h->wire[3].f.len, 200);
}

static void put_inline(const void *frame, uint32_t len)
{
	struct svnic_tx_desc d = tx_inline(len, 0);

	tx_put_inline(t, &d, frame);
}

/* All lengths, at each place of the ring; no other memory is read. */
static void inlined(void)
{
	static uint8_t frame[SVNIC_TX_INLINE];
	unsigned int len, wraps = 0, i;
	uint64_t reads, bytes;
	uint32_t first;

	setup();
	for (i = 0; i < SVNIC_TX_INLINE; i++)
		frame[i] = i;
	frame_eth(frame, mac_other, MAC(1), 0x88b5, SVNIC_TX_INLINE);
	for (i = 0; i < 4096; i++) {
		len = 14 + i % (SVNIC_TX_INLINE - 13);
		first = t->tx_prod % t->tx_size;
		put_inline(frame, len);
		reads = STAT(1, dma_reads);
		bytes = STAT(1, dma_read_bytes);
		tx_ring(t);
		run();
		EQ(tx_cons(t), t->tx_prod);
		EQ(h->wire_n, 1);
		on_wire(0, frame, len);
		wire_clear();
		/*
		 * Descriptors and frame, in two requests at the end of the
		 * ring.
		 */
		wraps += first + 1 + (len + 15) / 16 > t->tx_size;
		EQ(STAT(1, dma_reads) - reads,
		   first + 1 + (len + 15) / 16 > t->tx_size ? 3 : 2);
		EQ(STAT(1, dma_read_bytes) - bytes,
		   16 * (1 + (len + 15) / 16) + 16);
	}
	CHECK(wraps > 50);
	EQ(STAT(1, tx_packets), 4096);
	EQ(STAT(1, tx_errors), 0);
	EQ(queue_status(t), 3);
}

/* Between other frames, more than a batch; tx_cons moves by whole chains. */
static void inlined_mixed(void)
{
	static uint8_t frame[300];
	unsigned int i, n;

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 300);
	for (i = 0; i < 600; i += n) {
		/* A ring full of chains of 5 + 2 entries. */
		for (n = 0; n < 36; n++) {
			put_inline(frame, 64);
			tx_put_piece(t, frame, 100 + n, SOP);
			tx_put_piece(t, frame + 100 + n, 100, EOP);
		}
		tx_ring(t);
		run();
		EQ(tx_cons(t), t->tx_prod);
		EQ(h->wire_n, 2 * n);
		for (n = 0; n < 36; n++) {
			on_wire(2 * n, frame, 64);
			on_wire(2 * n + 1, frame, 200 + n);
		}
		wire_clear();
	}
	EQ(queue_status(t), 3);
}

/* Entries that are not posted yet are waited for, one by one. */
static void inlined_in_parts(void)
{
	uint8_t frame[100];
	struct svnic_tx_desc d;
	uint32_t end, i;

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	for (i = 0; i < 40; i++) {
		tx_put_piece(t, frame, 60, SOP | EOP);
		d = tx_inline(100, 0);
		tx_put_inline(t, &d, frame);
		end = t->tx_prod;
		for (t->tx_prod -= 8; t->tx_prod != end; ) {
			t->tx_prod++;
			tx_ring(t);
			run();
			EQ(h->wire_n, t->tx_prod == end ? 2 : 1);
			EQ(tx_cons(t), t->tx_prod == end ? end : end - 8);
		}
		on_wire(1, frame, 100);
		wire_clear();
	}
	EQ(queue_status(t), 3);
}

static void inlined_offloads(void)
{
	static struct tcp_frame f, want;
	struct svnic_tx_desc d;
	struct tcp_args args = { .payload = 40 };

	setup();
	frame_l4(&f, &args, true);
	frame_l4(&want, &args, false);
	d = tx_inline(f.len, CSUM);
	d.csum_start = f.l4;
	d.csum_offset = 16;
	tx_put_inline(t, &d, f.data);
	d = tx_inline(f.len, CSUM | SVNIC_TXD_VLAN);
	d.csum_start = f.l4;
	d.csum_offset = 16;
	d.vlan_tci = 5;
	tx_put_inline(t, &d, f.data);
	tx_ring(t);
	run();
	EQ(h->wire_n, 2);
	on_wire(0, want.data, want.len);
	on_wire(1, want.data, frame_vlan(want.data, want.len, 0x8100, 5));
	/* To a neighbour. */
	frame_eth(f.data, MAC(0), MAC(1), 0x88b5, 70);
	put_inline(f.data, 70);
	tx_ring(t);
	run();
	EQ(h->wire_n, 2);
	EQ(rx_drain(&q[0]), 1);
	EQ(STAT(1, tx_packets), 3);
}

/* Fields of features that are not used are ignored. */
static void unused_fields(void)
{
	struct svnic_tx_desc d;
	uint8_t frame[60];

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	d = tx_piece(t, frame, 60, SOP | EOP);
	d.vlan_tci = 0xffff;
	d.csum_start = 255;
	d.csum_offset = 255;
	tx_put(t, &d);
	d = tx_piece(t, frame, 30, SOP);
	tx_put(t, &d);
	d = tx_piece(t, frame, 30, EOP);
	d.vlan_tci = 0xffff;
	d.csum_start = 255;
	d.csum_offset = 255;
	tx_put(t, &d);
	tx_ring(t);
	run();
	EQ(h->wire_n, 2);
	on_wire(0, frame, 60);
	EQ(queue_status(t), 3);
}

/* If the wire is busy, only frames for the wire wait. */
static void wire_busy(void)
{
	uint8_t frame[60], local[60];
	unsigned int i;

	setup();
	h->wire_room = 3;
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	for (i = 0; i < 10; i++)
		tx_put_piece(t, frame, 60, SOP | EOP);
	tx_ring(t);
	run();
	EQ(h->wire_n, 3);
	EQ(tx_cons(t), 3);
	/* Another function can reach its neighbour meanwhile. */
	frame_eth(local, MAC(1), MAC(0), 0x88b5, 60);
	tx_frame(&q[0], local, 60, 0);
	run();
	EQ(tx_cons(&q[0]), 1);
	EQ(rx_drain(&q[1]), 1);
	/* Its own frames for the wire wait, too. */
	frame_eth(frame, mac_other, MAC(0), 0x88b5, 60);
	tx_frame(&q[0], frame, 60, 0);
	run();
	EQ(tx_cons(&q[0]), 1);
	h->wire_room = 5;
	run();
	EQ(h->wire_n, 8);
	h->wire_room = 100;
	run();
	EQ(h->wire_n, 11);
	EQ(tx_cons(t), 10);
	EQ(tx_cons(&q[0]), 2);
	EQ(STAT(1, tx_packets), 10);
}

/* With a busy wire, a broadcast is neither lost nor duplicated. */
static void wire_busy_broadcast(void)
{
	uint8_t frame[60];

	setup();
	h->wire_room = 0;
	frame_eth(frame, mac_bcast, MAC(1), 0x88b5, 60);
	tx_frame(t, frame, 60, 0);
	run();
	run();
	EQ(rx_drain(&q[0]), 0);
	h->wire_room = 1;
	run();
	EQ(h->wire_n, 1);
	EQ(rx_drain(&q[0]), 1);
	EQ(tx_cons(t), 1);
	EQ(STAT(1, tx_bcast), 1);
}

/* A queue with a full ring does not delay another one for long. */
static void fairness(void)
{
	unsigned int i, first = 0;
	uint8_t frame[60];

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	for (i = 0; i < 256; i++)
		tx_put_piece(t, frame, 60, SOP | EOP);
	tx_ring(t);
	frame_eth(frame, mac_other, MAC(0), 0x88b5, 60);
	tx_frame(&q[0], frame, 60, 0);
	run();
	EQ(h->wire_n, 257);
	while (h->wire[first].data[11] != 0)
		first++;
	CHECK(first <= 128);
}

/* One read of descriptors and one write back for a batch. */
static void batched_dma(void)
{
	struct svnic_queue_state *s;
	uint8_t frame[60];
	uint64_t reads, writes;
	unsigned int i;

	setup();
	s = queue_state(t);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	for (i = 0; i < 32; i++)
		tx_put_piece(t, frame, 60, SOP | EOP);
	reads = STAT(1, dma_reads);
	writes = STAT(1, dma_writes);
	s->tx_event = 1000;
	tx_ring(t);
	run();
	/* Descriptors, 32 frames, state block. */
	EQ(STAT(1, dma_reads) - reads, 1 + 32 + 1);
	EQ(STAT(1, dma_writes) - writes, 1);
	EQ(irqs_take(1, 1), 0);
	EQ(s->tx_kick, 32);
	/* The example of A.3: one frame, three reads, one write. */
	reads = STAT(1, dma_reads);
	writes = STAT(1, dma_writes);
	s->tx_event = 32;
	tx_frame(t, frame, 60, 0);
	run();
	EQ(STAT(1, dma_reads) - reads, 3);
	EQ(STAT(1, dma_writes) - writes, 1);
	EQ(irqs_take(1, 1), 1);
}

/* tx_cons moves by quarters of the ring, with a decision for each. */
static void quarters(void)
{
	struct svnic_queue_state *s;
	uint8_t frame[60];
	uint64_t writes;
	unsigned int i;

	setup();
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	t->tx_size = 64;
	queue_start(t);
	s = queue_state(t);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	s->tx_event = 1000;
	tx_frame(t, frame, 60, 0);
	run();
	EQ(irqs_take(1, 1), 0);
	/* The event index is changed after it was read. */
	s->tx_event = 10;
	writes = STAT(1, dma_writes);
	for (i = 0; i < 64; i++)
		tx_put_piece(t, frame, 60, SOP | EOP);
	tx_ring(t);
	run();
	EQ(tx_cons(t), 65);
	EQ(STAT(1, dma_writes) - writes, 4);
	EQ(irqs_take(1, 1), 1);
}

static struct queue *race_q;

static unsigned int race_posts;

/* Posts one more frame without a doorbell while the device writes tx_kick. */
static void race_spy(struct host *host, unsigned int fn, uint64_t addr,
		     size_t len, bool write)
{
	(void)host;
	(void)fn;
	(void)len;
	if (!write || addr != race_q->state + 64 || !race_posts)
		return;
	race_posts--;
	race_q->tx_prod++;
	queue_state(race_q)->tx_prod = race_q->tx_prod;
}

/* Section 4.5, C1 to C3: a posting just before the device sleeps is seen. */
static void sleep_race(void)
{
	uint8_t frame[60];
	unsigned int i;

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	for (i = 0; i < 6; i++)
		tx_put_piece(t, frame, 60, SOP | EOP);
	t->tx_prod = 1;
	race_q = t;
	race_posts = 5;
	h->spy = race_spy;
	tx_ring(t);
	run();
	EQ(h->wire_n, 6);
	EQ(tx_cons(t), 6);
	EQ(STAT(1, doorbells), 2);	/* the buffers, and this */
}

const struct test tx_tests[] = {
	TEST(lengths),
	TEST(pieces),
	TEST(small_ring),
	TEST(batches),
	TEST(in_parts),
	TEST(inlined),
	TEST(inlined_mixed),
	TEST(inlined_in_parts),
	TEST(inlined_offloads),
	TEST(unused_fields),
	TEST(wire_busy),
	TEST(wire_busy_broadcast),
	TEST(fairness),
	TEST(batched_dma),
	TEST(quarters),
	TEST(sleep_race),
	{ 0 },
};
