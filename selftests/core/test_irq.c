// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections 4.5, 4.6 and 7: which completions and events cause a message. */
#include "svnic_core_priv.h"
#include "test.h"

static uint8_t frame[100];

static void setup(uint64_t without)
{
	net_up(1, without);
	irqs_take(1, 1);
}

static void event_index(void)
{
	struct svnic_queue_state *s;
	unsigned int i;

	setup(0);
	s = queue_state(&q[1]);
	/* rx_event 0: the first completion passes it. */
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	rx_frames(1, 3);
	EQ(irqs_take(1, 1), 0);
	/* Set to the consumer index: the next completion passes it. */
	s->rx_event = 4;
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	/* Set ahead: no message before it is passed. */
	s->rx_event = 9;
	rx_frames(1, 4);
	EQ(irqs_take(1, 1), 0);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	/* The same for transmission. */
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	for (i = 1; i <= 10; i++) {
		tx_frame(&q[1], frame, 100, 0);
		run();
		EQ(irqs_take(1, 1), i == 1);
	}
	s->tx_event = 12;
	for (i = 11; i <= 15; i++) {
		tx_frame(&q[1], frame, 100, 0);
		run();
		EQ(irqs_take(1, 1), i == 13);
	}
	EQ(irqs_take(1, 0), 0);
	EQ(irqs_take(1, 2), 0);
}

static void arm(uint32_t db, uint32_t event)
{
	wr(1, SVNIC_REF_DB_OFFSET + db, event);
	run();
}

/*
 * Section 4.6: event indices by doorbell, with and without producer indices in
 * memory. The driver need not look again: a message reports what has passed.
 */
static void armed(bool with)
{
	unsigned int i, reads;

	setup(0);
	wr(1, SVNIC_REG_CTRL, 0);
	fn_up(1, (ALL_FEATURES(1) | SVNIC_F_DB_ARM) &
	      ~(with ? 0 : SVNIC_F_EVENT_IDX));
	q[1].events = with;
	queue_start(&q[1]);
	queue_post(&q[1], 64);
	run();
	irqs_take(1, 1);
	/* As if 0 had been written. */
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	rx_frames(1, 3);
	EQ(irqs_take(1, 1), 0);
	/* Memory is not read, also not for the decision. */
	queue_state(&q[1])->rx_event = 4;
	reads = h->fn_reads[1];
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 0);
	if (!with)
		EQ(h->fn_reads[1], reads);
	/* Passed already: a message at once, and only one. */
	arm(SVNIC_DB_ARM_RX, 4);
	EQ(irqs_take(1, 1), 1);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 0);
	/* Not passed yet: a message when it is. */
	arm(SVNIC_DB_ARM_RX, 6);
	EQ(irqs_take(1, 1), 0);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	arm(SVNIC_DB_ARM_RX, 11);
	rx_frames(1, 4);
	EQ(irqs_take(1, 1), 0);
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
	/* An index far behind or far ahead is no error. */
	arm(SVNIC_DB_ARM_RX, 0x80000000);
	arm(SVNIC_DB_ARM_RX, 0x7fffffff);
	EQ(irqs_take(1, 1), 0);
	EQ(queue_status(&q[1]), 3);

	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	for (i = 1; i <= 10; i++) {
		tx_frame(&q[1], frame, 100, 0);
		run();
		EQ(irqs_take(1, 1), i == 1);
	}
	arm(SVNIC_DB_ARM_TX, 9);
	EQ(irqs_take(1, 1), 1);
	arm(SVNIC_DB_ARM_TX, 12);
	for (i = 11; i <= 15; i++) {
		tx_frame(&q[1], frame, 100, 0);
		run();
		EQ(irqs_take(1, 1), i == 13);
	}
	/* It is not valid for the next ring. */
	svnic_core_doorbell(h->core, 1, SVNIC_REF_DB_OFFSET +
			    SVNIC_DB_ARM_RX, 5, 4);
	queue_start(&q[1]);
	queue_post(&q[1], 64);
	run();
	rx_frames(1, 1);
	EQ(irqs_take(1, 1), 1);
}

static void armed_by_doorbell(void)
{
	armed(true);
}

static void armed_by_doorbell_alone(void)
{
	armed(false);
}

static void not_armed(void)
{
	/* Without the feature they do nothing. */
	setup(0);
	rx_frames(1, 1);
	irqs_take(1, 1);
	rx_frames(1, 1);
	arm(SVNIC_DB_ARM_RX, 1);
	EQ(irqs_take(1, 1), 0);
}

/* One message for a batch, and one for a vector that both halves share. */
static void one_per_batch(void)
{
	struct svnic_frame w = { .data = frame, .len = 100 };
	unsigned int i;

	setup(SVNIC_F_EVENT_IDX);
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 100);
	for (i = 0; i < 20; i++)
		svnic_core_wire_rx(h->core, &w);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	tx_frame(&q[1], frame, 100, 0);
	run();
	EQ(irqs_take(1, 1), 1);
	EQ(STAT(1, interrupts), 1);
}

static void no_vector(void)
{
	setup(SVNIC_F_EVENT_IDX);
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	q[1].vector = SVNIC_VECTOR_NONE;
	queue_start(&q[1]);
	queue_post(&q[1], 64);
	run();
	rx_frames(1, 3);
	EQ(rx_drain(&q[1]), 3);
	EQ(STAT(1, interrupts), 0);
	/*
	 * Vector 0, with the rules of a queue in addition to those of events.
	 */
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	q[1].vector = 0;
	queue_start(&q[1]);
	queue_post(&q[1], 64);
	run();
	rx_frames(1, 3);
	EQ(irqs_take(1, 0), 3);
}

/* A vector that is not granted is never signalled, not even vector 0. */
static void grant(void)
{
	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	EQ(vport_grant(1, 1, 0, 0, 0), 0);
	EQ(vport_enable(1, 0), 0);
	svnic_core_set_vfs(h->core, 1);
	fn_up(1, ALL_FEATURES(1));
	svnic_core_set_link(h->core, false);
	run();
	EQ(events_drain(1), 1);
	EQ(STAT(1, interrupts), 0);
}

/* Events, and frames for VF 1, while its vectors are masked. */
static void pend(void)
{
	h->masked = true;
	rx_frames(1, 1);
	svnic_core_set_link(h->core, !h->core->link_up);
	svnic_core_set_link(h->core, !h->core->link_up);
	run();
	EQ(h->pending[1], 3);
}

/* Sections 7 and 11.1: after a reset, pending messages are not sent. */
static void pending_by_reset(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		host_free();
		setup(0);
		irqs_take(1, 0);
		irqs_take(1, 1);
		pend();
		unmask();
		EQ(irqs_take(1, 0), 1);
		EQ(irqs_take(1, 1), 1);

		events_drain(1);
		queue_post(&q[1], rx_drain(&q[1]));
		queue_state(&q[1])->rx_event = q[1].rx_cons;
		pend();
		if (!i)
			wr(1, SVNIC_REG_CTRL, 0);
		else if (i == 1)
			wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
		else if (i == 2)
			svnic_core_flr(h->core, 1);
		else
			svnic_core_set_vfs(h->core, 0);
		unmask();
		EQ(irqs_take(1, 0), 0);
		EQ(irqs_take(1, 1), 0);
	}
}

/* The same if the vector is not granted to the function any more. */
static void pending_ungranted(void)
{
	setup(0);
	irqs_take(1, 0);
	irqs_take(1, 1);
	pend();
	EQ(vport_disable(1), 0);
	EQ(vport_grant(1, 4, 1, 4, 4), 0);
	unmask();
	EQ(irqs_take(1, 0), 1);
	EQ(irqs_take(1, 1), 0);
}

const struct test irq_tests[] = {
	TEST(event_index),
	TEST(armed_by_doorbell),
	TEST(armed_by_doorbell_alone),
	TEST(not_armed),
	TEST(one_per_batch),
	TEST(no_vector),
	TEST(pending_by_reset),
	TEST(pending_ungranted),
	TEST(grant),
	{ 0 },
};
