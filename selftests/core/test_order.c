// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sections 4.5 and 6: what a driver sees if it looks while the device writes.
 * The fake host stores the words of a write in the worst order.
 */
#include "svnic_core_priv.h"
#include "test.h"

static uint8_t frame[256];
static struct rxframe rx;
static uint32_t seen;

/* Frame @i, by its number and length. */
static uint32_t numbered(uint32_t i)
{
	uint32_t len = 60 + i % 190;

	frame_eth(frame, MAC(1), mac_other, 0x88b5, len);
	memcpy(frame + 14, &i, sizeof(i));
	return len;
}

/* Where the last word of a completion is */
static const uint32_t *info_at(uint32_t slot)
{
	if (q[1].rx_fmt == SVNIC_RX_FMT_CMPL32)
		return &((struct svnic_rx_cmpl32 *)mem_at(q[1].cmpl))[slot].info;
	return &((struct svnic_rx_cmpl *)mem_at(q[1].cmpl))[slot].info;
}

static uint16_t len_at(uint32_t slot)
{
	if (q[1].rx_fmt == SVNIC_RX_FMT_CMPL32)
		return ((struct svnic_rx_cmpl32 *)mem_at(q[1].cmpl))[slot].len;
	return ((struct svnic_rx_cmpl *)mem_at(q[1].cmpl))[slot].len;
}

/* REQ-4.10: an entry with the right phase is complete, and so is its frame. */
static void look_at_completions(struct host *host)
{
	const struct svnic_rx_desc *posts = mem_at(q[1].rx);
	uint32_t i, slot, info;

	(void)host;
	for (i = q[1].rx_cons; i != q[1].rx_prod; i++) {
		slot = i & (q[1].rx_size - 1);
		info = *info_at(slot);
		if (!(info & SVNIC_RXC_PHASE) == !(i & q[1].rx_size))
			break;
		seen++;
		EQ(info & ~SVNIC_RXC_PHASE, SVNIC_RXC_SOP | SVNIC_RXC_EOP);
		EQ(len_at(slot), 60 + i % 190);
		CHECK(!memcmp((uint8_t *)mem_at(posts[slot].addr) + 14, &i,
			      sizeof(i)));
	}
}

static void look_on(uint32_t rx_fmt)
{
	uint32_t i = 0, n, len;

	net_up(1, 0);
	q[1].rx_fmt = rx_fmt;
	queue_start(&q[1]);
	queue_post(&q[1], q[1].rx_size);
	run();
	h->amid = look_at_completions;
	seen = 0;
	while (i < 1000) {
		for (n = 1 + rnd() % 40; n; n--, i++) {
			len = numbered(i);
			svnic_core_wire_rx(h->core, &(struct svnic_frame){
				.data = frame, .len = len });
		}
		run();
		for (; rx_get(&q[1], &rx); n++)
			;
		queue_post(&q[1], n);
	}
	EQ(q[1].rx_cons, i);
	CHECK(seen >= i);
	host_free();
}

static void completions(void)
{
	look_on(SVNIC_RX_FMT_CMPL16);
	look_on(SVNIC_RX_FMT_CMPL32);
}

/* REQ-6.1: answers to commands with an unknown opcode. */
static void look_at_events(struct host *host)
{
	const struct svnic_event *ring = mem_at(evq[0].addr), *ev;
	uint32_t i;

	(void)host;
	for (i = evq[0].cons; i != evq[0].cons + evq[0].size; i++) {
		ev = &ring[i & (evq[0].size - 1)];
		if (!(ev->flags & SVNIC_EVENT_PHASE) == !(i & evq[0].size))
			break;
		seen++;
		EQ(ev->type, SVNIC_EVENT_COMMAND);
		EQ(ev->vf, SVNIC_EVENT_SELF);
		EQ(ev->data, (1 + i) | SVNIC_ERR_OPCODE << 16);
	}
}

static void events(void)
{
	struct svnic_cmd cmd = admin_cmd(0xffff, 0);
	struct svnic_event ev;
	uint32_t i = 0, n, got;

	net_up(1, 0);
	evq_start(0, 64);
	h->amid = look_at_events;
	seen = 0;
	while (i < 1000) {
		for (n = 1 + rnd() % 40, got = 0; got < n; got++) {
			cmd.cookie = ++i;
			admin_post(&cmd);
		}
		run();
		for (got = 0; event_get(0, &ev); got++)
			;
		EQ(got, n);
		event_cons(0);
	}
	CHECK(seen >= i);
}

const struct test order_tests[] = {
	TEST(completions),
	TEST(events),
	{ 0 },
};
