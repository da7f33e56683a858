// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 6: event rings, mainly full ones. */
#include "svnic_core_priv.h"
#include "test.h"

static struct svnic_event ev;

static void refused(uint32_t size, uint64_t base, enum svnic_error error)
{
	wr64(0, SVNIC_REG_EVQ_BASE_LO, base);
	wr(0, SVNIC_REG_EVQ_SIZE, size);
	EQ(rd(0, SVNIC_REG_EVQ_SIZE), 0);
	EQ(rd(0, SVNIC_REG_STATUS) >> SVNIC_STATUS_ERROR_SHIFT, error);
}

static void start_checks(void)
{
	uint64_t base;

	host_new(NULL);
	base = mem_alloc(0, 65536);
	refused(64, base, SVNIC_ERR_NOT_READY);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	EQ(rd(0, SVNIC_REG_STATUS) >> SVNIC_STATUS_ERROR_SHIFT, 0);
	refused(8, base, SVNIC_ERR_CONFIG);
	refused(1, base, SVNIC_ERR_CONFIG);
	refused(48, base, SVNIC_ERR_CONFIG);
	refused(8192, base, SVNIC_ERR_CONFIG);
	refused(0x80000000, base, SVNIC_ERR_CONFIG);
	refused(64, base + 32, SVNIC_ERR_CONFIG);
	evq_start(0, 16);
	/* The base does not change while it runs. */
	wr64(0, SVNIC_REG_EVQ_BASE_LO, 0x1234);
	EQ(rd(0, SVNIC_REG_EVQ_BASE_LO), (uint32_t)evq[0].addr);
	wr(0, SVNIC_REG_EVQ_SIZE, 0);
	EQ(rd(0, SVNIC_REG_EVQ_SIZE), 0);
	evq_start(0, 4096);
}

static void link_events(unsigned int n)
{
	while (n--) {
		svnic_core_set_link(h->core, !h->core->link_up);
		run();
	}
}

/* Entries with the right phase, over several passes. */
static void phases(void)
{
	unsigned int i;

	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	evq_start(0, 16);
	for (i = 0; i < 100; i++) {
		link_events(1);
		CHECK(event_get(0, &ev));
		EQ(ev.type, SVNIC_EVENT_LINK);
		EQ(ev.vf, SVNIC_EVENT_SELF);
		EQ(ev.data, 0);
		EQ(ev.data2, 0);
		EQ(ev.flags & ~SVNIC_EVENT_PHASE, 0);
		CHECK(!event_get(0, &ev));
		event_cons(0);
	}
}

static void interrupts(void)
{
	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	irqs_take(0, 0);
	/* One message, then none until EVQ_CONS. */
	link_events(5);
	EQ(irqs_take(0, 0), 1);
	/* A part is consumed: another message at once. */
	CHECK(event_get(0, &ev));
	event_cons(0);
	EQ(irqs_take(0, 0), 1);
	event_cons(0);
	EQ(irqs_take(0, 0), 1);
	/* All are consumed: armed, and no message until the next event. */
	while (event_get(0, &ev))
		;
	event_cons(0);
	EQ(irqs_take(0, 0), 0);
	link_events(1);
	EQ(irqs_take(0, 0), 1);
}

static void bad_cons(void)
{
	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	link_events(3);
	irqs_take(0, 0);
	wr(0, SVNIC_REG_EVQ_CONS, 4);
	EQ(rd(0, SVNIC_REG_STATUS) >> SVNIC_STATUS_ERROR_SHIFT,
	   SVNIC_ERR_INDEX);
	run();
	EQ(irqs_take(0, 0), 0);
	wr(0, SVNIC_REG_EVQ_CONS, (uint32_t)-62);
	run();
	EQ(irqs_take(0, 0), 0);
	EQ(rd(0, SVNIC_REG_EVQ_SIZE), EVQ_SIZE);
	EQ(events_drain(0), 3);
}

/* A full ring: nothing is overwritten, and nothing is lost. */
static void full(void)
{
	struct svnic_cmd nop = admin_cmd(SVNIC_ADMIN_NOP, 0), note;
	unsigned int i, links = 0, admins = 0, errors = 0, notes = 0;
	uint32_t seen[9] = { 0 }, bits = 0;

	net_up(8, 0);
	events_drain(0);
	evq_start(0, 16);
	link_events(16);
	/* The ring is full now; many things happen. */
	for (i = 0; i < 60; i++) {
		nop.cookie = i;
		admin_post(&nop);
	}
	for (i = 1; i <= 8; i++) {
		wr(i, SVNIC_REF_DB_OFFSET, 10000);	/* queue error */
		wr64(i, SVNIC_REG_MBX_BASE_LO, q[i].txbuf);
		wr(i, SVNIC_REG_MBX_DB, 16);
	}
	run();
	for (i = 5; i <= 8; i++)
		wr(i, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	wr(0, SVNIC_REF_DB_OFFSET + SVNIC_DB_RX, 10000);
	link_events(3);
	run();
	/* The driver consumes them one by one. */
	for (i = 0; i < 500; i++) {
		if (!event_get(0, &ev))
			break;
		switch (ev.type) {
		case SVNIC_EVENT_LINK:
			links++;
			break;
		case SVNIC_EVENT_COMMAND:
			EQ(ev.data, admins);
			admins++;
			break;
		case SVNIC_EVENT_QUEUE_ERROR:
			if (ev.vf == SVNIC_EVENT_SELF) {
				EQ(ev.data, 0x80000000 |
				   SVNIC_ERR_INDEX << 16);
				break;
			}
			EQ(ev.data, SVNIC_ERR_INDEX << 16);
			errors++;
			seen[ev.vf] |= 1;
			break;
		case SVNIC_EVENT_MBX_REQUEST:
			EQ(ev.data, 16);
			seen[ev.vf] |= 2;
			break;
		case SVNIC_EVENT_VF_RESET:
			EQ(ev.data2, 1);
			seen[ev.vf] |= 4;
			break;
		default:
			CHECK(!"known event");
		}
		event_cons(0);
	}
	EQ(links, 17);
	EQ(admins, 60);
	EQ(errors, 8);
	for (i = 0; i < 8; i++)
		EQ(seen[i], i < 4 ? 3 : 5);
	/* The same for a VF: replies, notifications, errors. */
	events_drain(1);
	evq_start(1, 16);
	for (i = 0; i < 20; i++) {
		EQ(vport_link(1, i & 1 ? SVNIC_VPORT_LINK_UP :
			      SVNIC_VPORT_LINK_DOWN), 0);
		run();
	}
	for (i = 0; i < 4; i++) {
		note = admin_cmd(SVNIC_ADMIN_NOTIFY, 1);
		note.notify.bits = 1 + i % 2;
		EQ(admin(&note), 0);
	}
	while (event_get(1, &ev)) {
		if (ev.type == SVNIC_EVENT_NOTIFY) {
			notes++;
			bits |= ev.data;
		}
		event_cons(1);
	}
	EQ(notes, 1);
	EQ(bits, 3);
}

/* Everything that happens while the ring does not run is reported later. */
static void kept_while_stopped(void)
{
	net_up(2, 0);
	wr(0, SVNIC_REG_EVQ_SIZE, 0);
	wr(1, SVNIC_REF_DB_OFFSET, 10000);
	link_events(2);
	wr(2, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	run();
	evq_start(0, 64);
	CHECK(event_get(0, &ev));
	EQ(ev.type, SVNIC_EVENT_LINK);
	CHECK(event_get(0, &ev));
	if (ev.type == SVNIC_EVENT_QUEUE_ERROR)
		CHECK(event_get(0, &ev));
	EQ(ev.type, SVNIC_EVENT_VF_RESET);
	EQ(ev.vf, 1);
	EQ(ev.data2, 1);
	/* After a reset of the function only what the PF has not answered. */
	wr(0, SVNIC_REG_EVQ_SIZE, 0);
	link_events(2);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	fn_up(0, ALL_FEATURES(0));
	CHECK(event_get(0, &ev));
	EQ(ev.type, SVNIC_EVENT_VF_RESET);
	EQ(ev.vf, 1);
	CHECK(!event_get(0, &ev));
}

/* A function that is not ENABLED gets no events about earlier things. */
static void not_enabled(void)
{
	struct svnic_cmd note = admin_cmd(SVNIC_ADMIN_NOTIFY, 1);

	net_up(1, 0);
	wr(1, SVNIC_REG_CTRL, 0);
	link_events(2);
	note.notify.bits = 1;
	EQ(admin(&note), 0);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	evq_start(1, 64);
	CHECK(!event_get(1, &ev));
}

static void dma_error(void)
{
	net_up(1, 0);
	events_drain(0);
	h->fail_fn = 0;
	h->fail_write = 1;
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	run();
	EQ(rd(0, SVNIC_REG_STATUS) >> SVNIC_STATUS_ERROR_SHIFT, SVNIC_ERR_DMA);
	EQ(rd(0, SVNIC_REG_EVQ_SIZE), 0);
	/* Queues continue; a new ring reports what is not answered. */
	EQ(queue_status(&q[0]), 3);
	evq_start(0, 64);
	CHECK(event_get(0, &ev));
	EQ(ev.type, SVNIC_EVENT_VF_RESET);
}

/* Vector 0's moderation delays events too. */
static void moderated(void)
{
	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	wr(0, SVNIC_REG_MODERATION_RX, 100);
	irqs_take(0, 0);
	link_events(1);
	EQ(irqs_take(0, 0), 1);
	events_drain(0);
	link_events(1);
	EQ(irqs_take(0, 0), 0);
	advance(99);
	EQ(irqs_take(0, 0), 0);
	advance(2);
	EQ(irqs_take(0, 0), 1);
}

/* Number of events of @type that the PF gets, the last of them in ev. */
static unsigned int take(enum svnic_event_type type)
{
	struct svnic_event next;
	unsigned int n = 0;

	run();
	while (event_get(0, &next)) {
		if (next.type == type) {
			ev = next;
			n++;
		}
		event_cons(0);
	}
	return n;
}

/* A VF that is reset in a loop: one event for each answer of the PF. */
static void reset_storm(void)
{
	unsigned int i, n = 0;

	net_up(1, 0);
	events_drain(0);
	irqs_take(0, 0);
	for (i = 1; i <= 100; i++) {
		wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
		n += take(SVNIC_EVENT_VF_RESET);
	}
	EQ(n, 1);
	EQ(irqs_take(0, 0), 1);
	EQ(ev.data2, 1);
	/* An answer to an old reset causes one event about the newest one. */
	EQ(vport_enable(1, 1), SVNIC_ERR_STALE);
	EQ(take(SVNIC_EVENT_VF_RESET), 1);
	EQ(ev.data2, 100);
	EQ(vport_enable(1, 1), SVNIC_ERR_STALE);
	EQ(take(SVNIC_EVENT_VF_RESET), 0);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	EQ(take(SVNIC_EVENT_VF_RESET), 1);
	EQ(ev.data2, 101);
	EQ(vport_enable(1, 101), 0);
	EQ(take(SVNIC_EVENT_VF_RESET), 0);
	fn_up(1, ALL_FEATURES(1));
	/*
	 * After an answer that comes before the event there is nothing to
	 * report.
	 */
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	EQ(vport_enable(1, 102), 0);
	take(SVNIC_EVENT_VF_RESET);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	EQ(take(SVNIC_EVENT_VF_RESET), 1);
	/*
	 * A PF that reads the vport and does not enable it gets the next event.
	 */
	EQ(vport_info(1).reset_seq, 103);
	EQ(take(SVNIC_EVENT_VF_RESET), 0);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	EQ(take(SVNIC_EVENT_VF_RESET), 1);
	/* A new event ring reports again what is not answered. */
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	EQ(take(SVNIC_EVENT_VF_RESET), 0);
	evq_start(0, 64);
	EQ(take(SVNIC_EVENT_VF_RESET), 1);
	EQ(ev.data2, 105);
}

static enum svnic_error answer(uint32_t seq)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_MBX_REPLY, 1);

	cmd.data_len = 16;
	cmd.data_addr = mem_alloc(0, 4096);
	cmd.reply.seq = seq;
	return admin(&cmd);
}

static void ask(void)
{
	wr(1, SVNIC_REG_CTRL, 0);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	wr64(1, SVNIC_REG_MBX_BASE_LO, q[1].txbuf);
	wr(1, SVNIC_REG_MBX_DB, 16);
}

/* The same for requests, which the VF drops to send new ones. */
static void request_storm(void)
{
	unsigned int i, n = 0;
	uint32_t seq;

	net_up(1, 0);
	events_drain(0);
	irqs_take(0, 0);
	for (i = 0; i < 100; i++) {
		ask();
		n += take(SVNIC_EVENT_MBX_REQUEST);
	}
	EQ(n, 1);
	EQ(irqs_take(0, 0), 1);
	seq = ev.data2;
	EQ(answer(seq + 1), SVNIC_ERR_STALE);
	EQ(take(SVNIC_EVENT_MBX_REQUEST), 0);
	EQ(answer(seq), SVNIC_ERR_STALE);
	EQ(take(SVNIC_EVENT_MBX_REQUEST), 1);
	EQ(answer(ev.data2), 0);
	EQ(rd(1, SVNIC_REG_STATUS) & SVNIC_STATUS_MBX_BUSY, 0);
	/*
	 * The PF does not answer a request from before a reset that it answers.
	 */
	ask();
	EQ(take(SVNIC_EVENT_MBX_REQUEST), 1);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	EQ(vport_enable(1, 1), 0);
	wr64(1, SVNIC_REG_ACCEPT_LO, ALL_FEATURES(1));
	ask();
	EQ(take(SVNIC_EVENT_MBX_REQUEST), 1);
}

/* The same for queues that the VF starts in order to break them. */
static void error_storm(void)
{
	unsigned int i, n = 0;

	net_up(1, 0);
	events_drain(0);
	irqs_take(0, 0);
	for (i = 0; i < 100; i++) {
		wr(1, SVNIC_REF_DB_OFFSET, 10000);
		n += take(SVNIC_EVENT_QUEUE_ERROR);
		queue_zero(&q[1]);
		wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), SVNIC_QCTRL_RX);
		wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), SVNIC_QCTRL_TX |
		   SVNIC_QCTRL_RX);
		EQ(queue_status(&q[1]) & 3, 3);
	}
	EQ(n, 1);
	EQ(irqs_take(0, 0), 1);
	/* Reading the vport causes an event about what happened since. */
	vport_info(1);
	EQ(take(SVNIC_EVENT_QUEUE_ERROR), 1);
	EQ(ev.vf, 0);
	EQ(ev.data, SVNIC_ERR_INDEX << 16);
	vport_info(1);
	EQ(take(SVNIC_EVENT_QUEUE_ERROR), 0);
	wr(1, SVNIC_REF_DB_OFFSET, 10000);
	EQ(take(SVNIC_EVENT_QUEUE_ERROR), 1);
}

const struct test event_tests[] = {
	TEST(start_checks),
	TEST(phases),
	TEST(interrupts),
	TEST(bad_cons),
	TEST(full),
	TEST(kept_while_stopped),
	TEST(not_enabled),
	TEST(dma_error),
	TEST(moderated),
	TEST(reset_storm),
	TEST(request_storm),
	TEST(error_storm),
	{ 0 },
};
