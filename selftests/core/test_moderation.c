// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 7: moderation, when decisions are made. */
#include "svnic_core_priv.h"
#include "test.h"

static uint8_t frame[100];

static void setup(uint64_t without)
{
	net_up(1, without);
	irqs_take(1, 1);
}

/* Moderation of what function 1 receives and sends. */
static void moderate(uint32_t rx, uint32_t tx)
{
	wr(1, SVNIC_REG_MODERATION_RX + 4, rx);
	wr(1, SVNIC_REG_MODERATION_TX + 4, tx);
}

static void send(unsigned int n)
{
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	while (n--) {
		tx_frame(&q[1], frame, 100, 0);
		run();
	}
}

/* Frames received: at once, but with a minimum time between decisions. */
static void usecs(void)
{
	uint64_t decided;
	unsigned int i;

	setup(SVNIC_F_EVENT_IDX);
	moderate(50, 0);
	for (i = 0; i < 3; i++) {
		advance(200);
		EQ(irqs_take(1, 1), 0);
		rx_frames(1, 1);
		EQ(irqs_take(1, 1), 1);
		rx_frames(1, 5);
		EQ(irqs_take(1, 1), 0);
		advance(49);
		EQ(irqs_take(1, 1), 0);
		rx_frames(1, 5);
		EQ(irqs_take(1, 1), 0);
		advance(1);
		EQ(irqs_take(1, 1), 1);
		/*
		 * The last decision was not that long ago: wait for the rest of
		 * the time.
		 */
		advance(20);
		rx_frames(1, 1);
		EQ(irqs_take(1, 1), 0);
		advance(29);
		EQ(irqs_take(1, 1), 0);
		advance(1);
		EQ(irqs_take(1, 1), 1);
		queue_post(&q[1], rx_drain(&q[1]));
	}
	/* The core says when it wants to be called. */
	decided = h->now;
	advance(10);
	rx_frames(1, 1);
	EQ(svnic_core_run(h->core), decided + 50000);
	/*
	 * A shorter time: a new frame also brings the message of the waiting
	 * ones.
	 */
	moderate(20, 0);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 0);
	EQ(svnic_core_run(h->core), decided + 20000);
	moderate(0, 0);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
}

/* Frames sent: this time after the first one, or with received ones. */
static void usecs_tx(void)
{
	unsigned int i;

	setup(SVNIC_F_EVENT_IDX);
	moderate(0, 50);
	for (i = 0; i < 3; i++) {
		advance(200);
		EQ(irqs_take(1, 1), 0);
		send(1);
		advance(20);
		send(1);
		advance(29);
		EQ(irqs_take(1, 1), 0);
		advance(1);
		EQ(irqs_take(1, 1), 1);
		/* At once again: the time begins when the frame was sent. */
		send(1);
		advance(49);
		EQ(irqs_take(1, 1), 0);
		rx_frames(1, 1);
		EQ(irqs_take(1, 1), 1);
	}
	/*
	 * Received frames wait for their own time, or for that of the sent
	 * ones.
	 */
	moderate(100, 50);
	rx_frames(1, 1);
	send(1);
	advance(49);
	EQ(irqs_take(1, 1), 0);
	advance(1);
	EQ(irqs_take(1, 1), 1);
	moderate(30, 50);
	rx_frames(1, 1);
	send(1);
	advance(30);
	EQ(irqs_take(1, 1), 1);
	advance(100);
	EQ(irqs_take(1, 1), 0);
}

static void frames(void)
{
	setup(SVNIC_F_EVENT_IDX);
	moderate(100 | 8 << SVNIC_MODERATION_FRAMES_SHIFT,
		 100 | 4 << SVNIC_MODERATION_FRAMES_SHIFT);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	rx_frames(1, 7);
	EQ(irqs_take(1, 1), 0);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	rx_frames(1, 7);
	EQ(irqs_take(1, 1), 0);
	advance(100);
	EQ(irqs_take(1, 1), 1);
	/* Sent frames are counted separately. */
	rx_frames(1, 7);
	send(3);
	EQ(irqs_take(1, 1), 0);
	send(1);
	EQ(irqs_take(1, 1), 1);
	rx_frames(1, 7);
	EQ(irqs_take(1, 1), 0);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	queue_post(&q[1], rx_drain(&q[1]));
	/* A limit of frames without usecs has no effect: at once. */
	moderate(8 << SVNIC_MODERATION_FRAMES_SHIFT,
		 8 << SVNIC_MODERATION_FRAMES_SHIFT);
	send(1);
	EQ(irqs_take(1, 1), 1);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
}

/*
 * A driver that asks for a message when most of its frames are sent gets it
 * then, although decisions about many of them were made before.
 */
static void frames_ahead(void)
{
	struct svnic_queue_state *s;
	unsigned int i;

	setup(0);
	s = queue_state(&q[1]);
	moderate(0, 250 | 8 << SVNIC_MODERATION_FRAMES_SHIFT);
	s->tx_event = 12;
	for (i = 1; i <= 20; i++) {
		send(1);
		EQ(irqs_take(1, 1), i == 13);
	}
	/* 7 since then, and no message was asked for. */
	s->tx_event = 20;
	send(1);
	EQ(irqs_take(1, 1), 1);
	s->tx_event = 21;
	send(7);
	EQ(irqs_take(1, 1), 0);
	send(1);
	EQ(irqs_take(1, 1), 1);
}

/* The event index is read when a decision is due, and not before. */
static void decided_at_expiry(void)
{
	struct svnic_queue_state *s;
	unsigned int reads;

	setup(0);
	s = queue_state(&q[1]);
	moderate(100, 0);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	s->rx_event = 1;
	reads = h->fn_reads[1];
	rx_frames(1, 5);
	EQ(h->fn_reads[1] - reads, 0);
	/* Meanwhile the driver polls and consumes all of them. */
	s->rx_event = 6;
	advance(100);
	EQ(irqs_take(1, 1), 0);
	rx_frames(1, 1);
	advance(100);
	EQ(irqs_take(1, 1), 1);
	/* A decision is final: the next one is about later completions only. */
	s->rx_event = 6;
	rx_frames(1, 1);
	advance(100);
	EQ(irqs_take(1, 1), 0);
}

/* The same for frames sent. */
static void decided_at_expiry_tx(void)
{
	setup(0);
	moderate(0, 50);
	send(1);
	queue_state(&q[1])->tx_event = 5;
	advance(50);
	EQ(irqs_take(1, 1), 0);
	send(5);
	advance(50);
	EQ(irqs_take(1, 1), 1);
}

/* A decision without a message delays the next one like any other. */
static void silent_decision(void)
{
	struct svnic_queue_state *s;

	setup(0);
	s = queue_state(&q[1]);
	moderate(50, 0);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	s->rx_event = 3;
	advance(100);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 0);
	rx_frames(1, 3);
	EQ(irqs_take(1, 1), 0);
	advance(49);
	EQ(irqs_take(1, 1), 0);
	advance(1);
	EQ(irqs_take(1, 1), 1);
}

static void longest(void)
{
	setup(SVNIC_F_EVENT_IDX);
	moderate(0xffff, 0xfffe);
	EQ(rd(1, SVNIC_REG_MODERATION_RX + 4), 0xffff);
	EQ(rd(1, SVNIC_REG_MODERATION_TX + 4), 0xfffe);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	rx_frames(1, 1);
	advance(rd(1, SVNIC_REG_MODERATION_MAX) - 1);
	EQ(irqs_take(1, 1), 0);
	advance(1);
	EQ(irqs_take(1, 1), 1);
	send(1);
	advance(rd(1, SVNIC_REG_MODERATION_MAX) - 1);
	EQ(irqs_take(1, 1), 0);
	advance(1);
	EQ(irqs_take(1, 1), 1);
}

static void not_accepted(void)
{
	setup(SVNIC_F_EVENT_IDX | SVNIC_F_MODERATION);
	moderate(100, 100);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	send(1);
	EQ(irqs_take(1, 1), 1);
}

/* Many decisions are made in the order in which they are due. */
static void many_due(void)
{
	uint64_t due[9][4] = { { 0 } }, end;
	unsigned int fn, i, n, order;

	net_up(8, SVNIC_F_EVENT_IDX);
	for (order = 0; order < 20; order++) {
		n = 0;
		for (fn = 1; fn <= 8; fn++) {
			i = rnd() % 5000 + 1;
			wr(fn, SVNIC_REG_MODERATION_TX + 4, i);
			due[fn][0] = h->now + i * 1000;
			frame_eth(frame, mac_other, MAC(fn), 0x88b5, 100);
			tx_frame(&q[fn], frame, 100, 0);
			run();
			irqs_take(fn, 1);
			/* Some are stopped before their deadline. */
			if (rnd() % 4 == 0) {
				wr(fn, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
				due[fn][0] = UINT64_MAX;
				queue_start(&q[fn]);
				run();
			} else {
				n++;
			}
		}
		end = h->now + 6000000;
		while (h->now < end) {
			advance(10);
			for (fn = 1; fn <= 8; fn++) {
				if (!irqs_take(fn, 1))
					continue;
				CHECK(h->now >= due[fn][0]);
				CHECK(h->now <= due[fn][0] + 10000);
				n--;
			}
		}
		EQ(n, 0);
	}
	EQ(h->core->heap_n, 0);
}

/* The news of a pair move with it to another vector. */
static void moved(void)
{
	unsigned int i;

	setup(0);
	for (i = 0; i < 4; i++) {
		wr(1, SVNIC_REG_MODERATION_TX + 4 * (1 + i % 4), 100);
		send(3);
		wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
		q[1].vector = 1 + (i + 1) % 4;
		wr(1, SVNIC_REG_MODERATION_TX + 4 * q[1].vector, 200);
		queue_start(&q[1]);
		send(1);
		advance(100);
		EQ(irqs_take(1, 1 + i % 4), 0);
		advance(100);
		EQ(irqs_take(1, q[1].vector), 1);
	}
}

static void cancelled_by_reset(void)
{
	setup(SVNIC_F_EVENT_IDX);
	moderate(100, 100);
	send(1);
	EQ(h->core->heap_n, 1);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	EQ(h->core->heap_n, 0);
	advance(1000);
	EQ(irqs_take(1, 1), 0);
}

/* A decision before a reset does not delay those after it. */
static void undecided_by_reset(void)
{
	setup(SVNIC_F_EVENT_IDX);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	run();
	EQ(vport_enable(1, 1), 0);
	fn_up(1, ALL_FEATURES(1) & ~SVNIC_F_EVENT_IDX);
	moderate(100, 0);
	queue_start(&q[1]);
	queue_post(&q[1], 64);
	run();
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 0);
}

/*
 * Random traffic with moderation: the heap stays in order, and is empty in the
 * end.
 */
static void heap(void)
{
	unsigned int i, n;

	net_up(8, SVNIC_F_EVENT_IDX);
	for (i = 0; i < 3000; i++) {
		unsigned int fn = 1 + rnd() % 8;

		if (rnd() % 8 == 0)
			wr(fn, rnd() % 2 ? SVNIC_REG_MODERATION_RX + 4 :
					   SVNIC_REG_MODERATION_TX + 4,
			   rnd() % 500 |
			   (rnd() % 5) << SVNIC_MODERATION_FRAMES_SHIFT);
		frame_eth(frame, mac_other, MAC(fn), 0x88b5, 100);
		tx_frame(&q[fn], frame, 100, 0);
		rx_frames(fn, 1);
		queue_post(&q[fn], rx_drain(&q[fn]));
		if (rnd() % 4 == 0)
			advance(rnd() % 100);
		for (n = 1; n < h->core->heap_n; n++)
			CHECK(h->core->heap[(n - 1) / 2]->deadline <=
			      h->core->heap[n]->deadline);
		for (n = 0; n < h->core->heap_n; n++)
			EQ(h->core->heap[n]->heap, n);
	}
	advance(10000);
	EQ(h->core->heap_n, 0);
}

const struct test moderation_tests[] = {
	TEST(usecs),
	TEST(usecs_tx),
	TEST(frames),
	TEST(frames_ahead),
	TEST(decided_at_expiry),
	TEST(decided_at_expiry_tx),
	TEST(silent_decision),
	TEST(longest),
	TEST(not_accepted),
	TEST(many_due),
	TEST(moved),
	TEST(cancelled_by_reset),
	TEST(undecided_by_reset),
	TEST(heap),
	{ 0 },
};
