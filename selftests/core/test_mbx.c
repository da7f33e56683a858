// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 8.1: delivery of requests and replies. */
#include "svnic_core_priv.h"
#include "test.h"

static struct svnic_event ev;
static uint64_t box[FNS_MAX], reply_data;

static void setup(unsigned int n)
{
	unsigned int fn;

	net_up(n, 0);
	reply_data = mem_alloc(0, 4096);
	for (fn = 1; fn <= n; fn++) {
		box[fn] = mem_alloc(fn, 512);
		wr64(fn, SVNIC_REG_MBX_BASE_LO, box[fn]);
		events_drain(fn);
	}
	events_drain(0);
}

static uint8_t *slot(unsigned int fn)
{
	return mem_at(h->core->pf.mbx_ring + (fn - 1) * 256);
}

static void request(unsigned int fn, uint32_t len)
{
	uint32_t i;
	uint8_t *p = mem_at(box[fn]);

	for (i = 0; i < 256; i++)
		p[i] = rnd();
	wr(fn, SVNIC_REG_MBX_DB, len);
}

static enum svnic_error reply(unsigned int fn, uint32_t seq, uint32_t len)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_MBX_REPLY, fn);

	cmd.data_len = len;
	cmd.data_addr = reply_data;
	cmd.reply.seq = seq;
	return admin(&cmd);
}

static bool busy(unsigned int fn)
{
	return rd(fn, SVNIC_REG_STATUS) & SVNIC_STATUS_MBX_BUSY;
}

static uint32_t delivered(unsigned int fn, uint32_t len)
{
	CHECK(event_get(0, &ev));
	EQ(ev.type, SVNIC_EVENT_MBX_REQUEST);
	EQ(ev.vf, fn - 1);
	EQ(ev.data, len);
	CHECK(!memcmp(slot(fn), mem_at(box[fn]), len));
	event_cons(0);
	return ev.data2;
}

/* An invalid ring is refused; the address of a running one does not change. */
static void ring_start(void)
{
	uint64_t ring;

	setup(1);
	ring = h->core->pf.mbx_ring;
	wr64(0, SVNIC_REG_MBX_RING_LO, ring + 4096);
	EQ(rd(0, SVNIC_REG_MBX_RING_LO), (uint32_t)ring);
	request(1, 16);
	run();
	reply(1, delivered(1, 16), 16);
	events_drain(0);

	wr(0, SVNIC_REG_CTRL, 0);
	wr64(0, SVNIC_REG_MBX_RING_LO, ring);
	EQ(rd(0, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_NOT_READY);
	CHECK(rd(1, SVNIC_REG_STATUS) & SVNIC_STATUS_PF_AWAY);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	evq_start(0, EVQ_SIZE);
	wr64(0, SVNIC_REG_MBX_RING_LO, ring + 128);
	EQ(rd(0, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_CONFIG);
	CHECK(rd(1, SVNIC_REG_STATUS) & SVNIC_STATUS_PF_AWAY);
	wr64(0, SVNIC_REG_MBX_RING_LO, ring);
	CHECK(!(rd(1, SVNIC_REG_STATUS) & SVNIC_STATUS_PF_AWAY));
	request(1, 32);
	run();
	delivered(1, 32);
}

static void round_trip(void)
{
	uint32_t seq, last = 0, len;

	setup(2);
	for (len = 16; len <= 256; len += 16) {
		memset(slot(2), 0xee, 256);
		request(2, len);
		CHECK(busy(2));
		run();
		seq = delivered(2, len);
		CHECK(seq != last);
		last = seq;
		if (len < 256)
			EQ(slot(2)[len], 0xee);
		CHECK(busy(2));
		memset(mem_at(reply_data), len, 256);
		memset(mem_at(box[2] + 256), 0, 256);
		EQ(reply(2, seq, len), 0);
		CHECK(!busy(2));
		CHECK(event_get(2, &ev));
		EQ(ev.type, SVNIC_EVENT_MBX_REPLY);
		EQ(ev.vf, SVNIC_EVENT_SELF);
		EQ(ev.data, len);
		event_cons(2);
		CHECK(!memcmp(mem_at(box[2] + 256), mem_at(reply_data), len));
		if (len < 256)
			EQ(((uint8_t *)mem_at(box[2] + 256))[len], 0);
	}
	EQ(STAT(2, mbx_requests), 16);
	EQ(STAT(2, mbx_dropped), 0);
}

static void refused(void)
{
	static const uint32_t bad[] = { 0, 1, 15, 257, 512, 0x10010,
					0xffffffff };
	unsigned int i;
	uint32_t seq;

	setup(1);
	for (i = 0; i < 7; i++) {
		request(1, bad[i]);
		CHECK(!busy(1));
	}
	EQ(STAT(1, mbx_dropped), 7);
	request(1, 16);
	request(1, 16);
	request(1, 32);
	EQ(STAT(1, mbx_dropped), 9);
	EQ(STAT(1, mbx_requests), 1);
	run();
	seq = delivered(1, 16);
	request(1, 16);
	EQ(STAT(1, mbx_dropped), 10);
	run();
	CHECK(!event_get(0, &ev));
	/* The address does not change while a request is in flight. */
	wr64(1, SVNIC_REG_MBX_BASE_LO, 0);
	EQ(rd(1, SVNIC_REG_MBX_BASE_LO), (uint32_t)box[1]);
	EQ(reply(1, seq, 16), 0);
	/* Misaligned. */
	wr64(1, SVNIC_REG_MBX_BASE_LO, box[1] + 128);
	request(1, 16);
	CHECK(!busy(1));
	EQ(rd(1, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_CONFIG);
	EQ(STAT(1, mbx_dropped), 11);
	wr64(1, SVNIC_REG_MBX_BASE_LO, box[1]);
	/* Not ENABLED; without the feature; the PF has none. */
	wr(1, SVNIC_REG_CTRL, 0);
	request(1, 16);
	EQ(STAT(1, mbx_dropped), 12);
	wr64(1, SVNIC_REG_ACCEPT_LO, SVNIC_F_EVENT_IDX);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	request(1, 16);
	EQ(STAT(1, mbx_dropped), 13);
	CHECK(!busy(1));
	wr(0, SVNIC_REG_MBX_BASE_LO, 256);
	EQ(rd(0, SVNIC_REG_MBX_BASE_LO), 0);
	wr(0, SVNIC_REG_MBX_DB, 16);
	CHECK(!busy(0));
	EQ(STAT(0, mbx_dropped), 0);
}

static void stale(void)
{
	uint32_t seq;

	setup(2);
	EQ(reply(1, 0, 16), SVNIC_ERR_STALE);
	EQ(reply(1, 1, 16), SVNIC_ERR_STALE);
	request(1, 16);
	run();
	seq = delivered(1, 16);
	EQ(reply(1, seq + 1, 16), SVNIC_ERR_STALE);
	EQ(reply(2, seq, 16), SVNIC_ERR_STALE);
	EQ(reply(1, seq, 15), SVNIC_ERR_PARAM);
	EQ(reply(1, seq, 257), SVNIC_ERR_PARAM);
	EQ(reply(0, seq, 16), SVNIC_ERR_PARAM);
	CHECK(busy(1));
	EQ(reply(1, seq, 16), 0);
	EQ(reply(1, seq, 16), SVNIC_ERR_STALE);
	/* Dropped when ENABLED is cleared. */
	request(1, 16);
	run();
	seq = delivered(1, 16);
	wr(1, SVNIC_REG_CTRL, 0);
	CHECK(!busy(1));
	EQ(reply(1, seq, 16), SVNIC_ERR_STALE);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	request(1, 32);
	run();
	CHECK(delivered(1, 32) != seq);
	EQ(reply(1, seq, 16), SVNIC_ERR_STALE);
	CHECK(busy(1));
	/* And by a reset, also before it was delivered. */
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	CHECK(!busy(1));
	EQ(reply(1, seq + 1, 16), SVNIC_ERR_STALE);
	request(2, 16);
	wr(2, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	run();
	while (event_get(0, &ev))
		EQ(ev.type, SVNIC_EVENT_VF_RESET);
}

/* More VFs than the ring has entries always have requests: round robin. */
static void in_turn(void)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_MBX_REPLY, 0);
	struct svnic_core_config config = host_config();
	unsigned int fn, i, served[41] = { 0 };

	config.vf_max = 40;
	config.mac_filters = 160;
	config.vlan_filters = 160;
	host_new(&config);
	setup(40);
	cmd.data_len = 16;
	cmd.data_addr = reply_data;
	evq_start(0, 16);
	for (i = 0; i < 1000; i++) {
		for (fn = 1; fn <= 40; fn++) {
			events_drain(fn);
			request(3, 16);
			request(fn, 16);
		}
		run();
		for (fn = 0; fn < 3 && event_get(0, &ev); fn++) {
			if (ev.type == SVNIC_EVENT_COMMAND) {
				EQ(ev.data >> 16, 0);
				continue;
			}
			EQ(ev.type, SVNIC_EVENT_MBX_REQUEST);
			served[ev.vf + 1]++;
			cmd.vport = ev.vf + 1;
			cmd.reply.seq = ev.data2;
			admin_post(&cmd);
		}
		event_cons(0);
	}
	for (fn = 1; fn <= 40; fn++)
		CHECK(served[fn] > 30 && served[fn] <= served[1] + 1 &&
		      served[fn] + 1 >= served[1]);
}

/* The PF stops in various ways, with unanswered requests. */
static void redelivery(void)
{
	unsigned int way;

	setup(3);
	for (way = 0; way < 3; way++) {
		request(1, 16);
		request(2, 32);
		run();
		delivered(1, 16);
		delivered(2, 32);
		if (way == 0) {
			wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
			run();
			request(3, 48);
			fn_up(0, ALL_FEATURES(0));
		} else if (way == 1) {
			wr(0, SVNIC_REG_CTRL, 0);
			request(3, 48);
			run();
			fn_up(0, ALL_FEATURES(0));
		} else {
			wr(0, SVNIC_REG_EVQ_SIZE, 0);
			request(3, 48);
			run();
			evq_start(0, EVQ_SIZE);
		}
		CHECK(busy(1) && busy(2) && busy(3));
		{
			uint32_t mask = 0, seq[4] = { 0 }, i;

			for (i = 0; i < 3; i++) {
				CHECK(event_get(0, &ev));
				EQ(ev.type, SVNIC_EVENT_MBX_REQUEST);
				EQ(ev.data, 16 * (ev.vf + 1u));
				mask |= 1 << ev.vf;
				seq[ev.vf] = ev.data2;
				CHECK(!memcmp(slot(ev.vf + 1),
					      mem_at(box[ev.vf + 1]),
					      ev.data));
			}
			EQ(mask, 7);
			event_cons(0);
			for (i = 0; i < 3; i++)
				EQ(reply(i + 1, seq[i], 16), 0);
		}
		CHECK(!busy(1) && !busy(2) && !busy(3));
		EQ(events_drain(1), 1);
		EQ(events_drain(2), 1);
		EQ(events_drain(3), 1);
	}
}

static bool away(unsigned int fn)
{
	return rd(fn, SVNIC_REG_STATUS) & SVNIC_STATUS_PF_AWAY;
}

/* VFs can see if a PF serves them. */
static void pf_away(void)
{
	setup(2);
	CHECK(!away(0) && !away(1) && !away(2));
	/* One of the two rings is not sufficient. */
	wr(0, SVNIC_REG_EVQ_SIZE, 0);
	CHECK(!away(0) && away(1) && away(2));
	evq_start(0, EVQ_SIZE);
	CHECK(!away(1) && !away(2));
	wr(0, SVNIC_REG_CTRL, 0);
	CHECK(away(1));
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	evq_start(0, EVQ_SIZE);
	CHECK(away(1));
	wr(0, SVNIC_REG_MBX_RING_HI, rd(0, SVNIC_REG_MBX_RING_HI));
	CHECK(!away(1));
	/* With a request in flight, after a reset of the VF, of the PF. */
	request(1, 16);
	run();
	delivered(1, 16);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	run();
	CHECK(busy(1) && away(1));
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	run();
	CHECK(!busy(1) && away(1));
	fn_up(0, ALL_FEATURES(0));
	CHECK(!away(0) && !away(1) && !away(2));
}

static void vf_memory_faults(void)
{
	uint32_t seq;

	setup(2);
	wr64(1, SVNIC_REG_MBX_BASE_LO, 0x1000);
	wr(1, SVNIC_REG_MBX_DB, 16);
	run();
	CHECK(!busy(1));
	EQ(rd(1, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_DMA);
	CHECK(!event_get(0, &ev));
	wr64(1, SVNIC_REG_MBX_BASE_LO, box[1]);
	request(1, 16);
	run();
	seq = delivered(1, 16);
	/* The reply cannot be written, but the command succeeds. */
	h->fail_fn = 1;
	h->fail_write = 1;
	EQ(reply(1, seq, 16), 0);
	CHECK(!busy(1));
	EQ(rd(1, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_DMA);
	CHECK(!event_get(1, &ev));
	/* Other VFs are not affected. */
	request(2, 16);
	run();
	EQ(reply(2, delivered(2, 16), 16), 0);
}

static void pf_memory_faults(void)
{
	setup(2);
	h->fail_fn = 0;
	h->fail_write = 1;
	request(1, 16);
	run();
	EQ(rd(0, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_DMA);
	CHECK(busy(1));
	CHECK(!event_get(0, &ev));
	request(2, 16);
	run();
	CHECK(!event_get(0, &ev));
	/* The ring is set again: both requests are delivered. */
	wr(0, SVNIC_REG_MBX_RING_HI, rd(0, SVNIC_REG_MBX_RING_HI));
	run();
	CHECK(event_get(0, &ev));
	EQ(ev.type, SVNIC_EVENT_MBX_REQUEST);
	CHECK(event_get(0, &ev));
	EQ(ev.type, SVNIC_EVENT_MBX_REQUEST);
	event_cons(0);
	/* The reply cannot be read. */
	h->fail_read = 2;
	EQ(reply(1, 1, 16), SVNIC_ERR_DMA);
	CHECK(busy(1));
}

/* A VF that is disabled can still send requests. */
static void disabled(void)
{
	setup(1);
	EQ(vport_disable(1), 0);
	events_drain(1);
	request(1, 16);
	run();
	EQ(reply(1, delivered(1, 16), 16), 0);
	CHECK(event_get(1, &ev));
	EQ(ev.type, SVNIC_EVENT_MBX_REPLY);
}

const struct test mbx_tests[] = {
	TEST(ring_start),
	TEST(round_trip),
	TEST(refused),
	TEST(stale),
	TEST(in_turn),
	TEST(redelivery),
	TEST(pf_away),
	TEST(vf_memory_faults),
	TEST(pf_memory_faults),
	TEST(disabled),
	{ 0 },
};
