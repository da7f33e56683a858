// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rates that are changed (section 10.7): their commands, what a reset leaves,
 * and any of them at random. What a turn of the scheduler costs.
 */
#include <time.h>

#include "svnic_core_priv.h"
#include "test.h"

/* New rates are valid at once, also for vports that wait. */
static void at_once(void)
{
	link_up(LINK, 2);
	load_kind(&q[1], LARGE);
	load_kind(&q[2], LARGE);
	EQ(rate(1, 0, 8000, 100, 0), 0);
	flood(0x2, 10000);
	measure(0x2, 1000000);
	EQ(sent[1], 0);
	EQ(rate(1, 0, 0, 100, 0), 0);
	measure(0x2, 100000);
	NEAR(sent[1], LINK * MBIT / 10, 2, 63000);
	EQ(rate(1, 0, 20 * MBIT, 100, 0), 0);
	measure(0x2, 100000);
	NEAR(sent[1], 2 * MBIT, 2, 63000);
	EQ(rate(1, 0, 8000, 100, 0), 0);
	flood(0x2, 10000);
	EQ(rate(1, 0, 100 * MBIT, 100, 0), 0);
	measure(0x2, 100000);
	NEAR(sent[1], 10 * MBIT, 2, 63000);
	/* A vport that waits behind others. */
	EQ(rate(1, 0, 0, 1, 0), 0);
	EQ(rate(2, 0, 0, 1, 7), 0);
	measure(0x6, 100000);
	CHECK(sent[1] < 130000);
	EQ(rate(1, 100 * MBIT, 0, 1, 0), 0);
	measure(0x6, 100000);
	NEAR(sent[1], 10 * MBIT, 5, 63000);
	EQ(rate(1, 0, 0, 1, 7), 0);
	measure(0x6, 200000);
	NEAR(sent[1], sent[2], 5, 63000);
}

static void same(unsigned int vport, uint64_t share, uint64_t max,
		 uint32_t weight, uint8_t priority)
{
	struct svnic_vport_rate r = vport_rate_get(vport), want = {
		.share = share, .max = max, .weight = weight,
		.priority = priority,
	};

	CHECK(!memcmp(&r, &want, sizeof(r)));
}

static void errors(void)
{
	static const uint64_t link = LINK * MBIT;
	struct svnic_cmd cmd;
	struct svnic_vport_rate r;
	unsigned int i;

	link_up(LINK, 2);
	same(0, 0, 0, 100, 0);
	same(1, 0, 0, 100, 0);
	same(8, 0, 0, 100, 0);
	EQ(rate(1, 100, 2000, 5, 7), 0);
	same(1, 100, 2000, 5, 7);

	EQ(rate(1, 0, 0, 0, 0), SVNIC_ERR_PARAM);
	EQ(rate(1, 0, 0, 10001, 0), SVNIC_ERR_PARAM);
	EQ(rate(1, 0, 0, ~0u, 0), SVNIC_ERR_PARAM);
	EQ(rate(1, 0, 0, 100, 8), SVNIC_ERR_PARAM);
	EQ(rate(1, 0, 0, 100, 255), SVNIC_ERR_PARAM);
	EQ(rate(1, 2001, 2000, 100, 0), SVNIC_ERR_PARAM);
	EQ(rate(1, 0, link + 1, 100, 0), SVNIC_ERR_PARAM);
	EQ(rate(1, link + 1, 0, 100, 0), SVNIC_ERR_PARAM);
	EQ(rate(1, ~0ULL, 0, 100, 0), SVNIC_ERR_PARAM);
	EQ(rate(9, 0, 0, 100, 0), SVNIC_ERR_PARAM);
	r = (struct svnic_vport_rate){ .weight = 100 };
	for (i = 0; i < sizeof(r.rsvd); i++) {
		r.rsvd[i] = 1;
		EQ(vport_rate(1, &r), SVNIC_ERR_PARAM);
		r.rsvd[i] = 0;
	}
	for (i = sizeof(r); i < sizeof(cmd.params); i++) {
		cmd = admin_cmd(SVNIC_ADMIN_RATE_SET, 1);
		cmd.rate = r;
		cmd.params[i] = 1;
		EQ(admin(&cmd), SVNIC_ERR_PARAM);
	}
	cmd = admin_cmd(SVNIC_ADMIN_RATE_GET, 1);
	cmd.data_len = sizeof(r) - 1;
	EQ(admin(&cmd), SVNIC_ERR_PARAM);
	cmd.data_len = sizeof(r);
	cmd.data_addr = 4;
	EQ(admin(&cmd), SVNIC_ERR_PARAM);
	h->lenient = true;
	cmd.data_addr = 8;
	EQ(admin(&cmd), SVNIC_ERR_DMA);
	same(1, 100, 2000, 5, 7);

	/*
	 * The guarantees of all: also of VFs that do not exist, and the PF's.
	 */
	EQ(rate(0, 50 * MBIT, 0, 100, 0), 0);
	EQ(rate(8, 100 * MBIT, 0, 100, 0), 0);
	EQ(rate(1, 50 * MBIT + 1, 0, 100, 0), SVNIC_ERR_NO_SPACE);
	same(1, 100, 2000, 5, 7);
	EQ(rate(1, 50 * MBIT, 0, 100, 0), 0);
	EQ(rate(2, 1, 0, 100, 0), SVNIC_ERR_NO_SPACE);
	EQ(rate(1, 50 * MBIT, 50 * MBIT, 10000, 0), 0);
	EQ(rate(8, 0, link, 100, 0), 0);
	EQ(rate(2, 100 * MBIT, link, 1, 0), 0);
	same(2, 100 * MBIT, link, 1, 0);
}

/* Only for the PF, and only if it accepts the feature. */
static void feature(void)
{
	struct svnic_cmd cmd;

	host_new(NULL);
	CHECK(rd(0, SVNIC_REG_FEATURES_LO) & SVNIC_F_RATE);
	fn_up(0, ALL_FEATURES(0) & ~SVNIC_F_RATE);
	vfs_up(1);
	CHECK(!(rd(1, SVNIC_REG_FEATURES_LO) & SVNIC_F_RATE));
	EQ(rate(1, 0, 0, 100, 0), SVNIC_ERR_OPCODE);
	cmd = admin_cmd(SVNIC_ADMIN_RATE_GET, 1);
	EQ(admin(&cmd), SVNIC_ERR_OPCODE);
}

static void survival(void)
{
	unsigned int fn;

	link_up(LINK, 3);
	for (fn = 0; fn <= 4; fn++)
		EQ(rate(fn, 10 * MBIT, 50 * MBIT, 7, 3), 0);
	load_kind(&q[1], LARGE);
	flood(0x2, 5000);
	svnic_core_flr(h->core, 1);
	wr(2, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	run();
	events_drain(0);
	for (fn = 0; fn <= 4; fn++)
		same(fn, 10 * MBIT, 50 * MBIT, 7, 3);
	EQ(vport_enable(1, 1), 0);
	fn_up(1, ALL_FEATURES(1));
	load_kind(&q[1], COMMON);
	flood(0x2, 100000);
	measure(0x2, 1000000);
	NEAR(sent[1], 50 * MBIT, 1, 1514);

	/* The PF's vport has the defaults again; the VFs continue. */
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	evq[0] = (struct events){ 0 };
	fn_up(0, ALL_FEATURES(0));
	events_drain(0);
	same(0, 0, 0, 100, 0);
	same(1, 10 * MBIT, 50 * MBIT, 7, 3);
	measure(0x2, 1000000);
	NEAR(sent[1], 50 * MBIT, 1, 1514);

	/* Rates of VFs that are removed are cleared, at any time. */
	load_kind(&q[1], LARGE);
	EQ(rate(1, 0, 8000, 7, 3), 0);
	flood(0x2, 100000);
	svnic_core_set_vfs(h->core, 0);
	for (fn = 0; fn <= 8; fn++)
		same(fn, 0, 0, 100, 0);
	EQ(rate(0, LINK * MBIT, 0, 100, 0), 0);
	EQ(rate(0, 0, 0, 100, 0), 0);
	/* Rates that are set before a VF exists are valid. */
	EQ(rate(2, 1000, 20 * MBIT, 1, 1), 0);
	vfs_up(2);
	same(2, 1000, 20 * MBIT, 1, 1);
	fn_up(1, ALL_FEATURES(1));
	queue_restart(&q[1]);
	flood(0x2, 20000);
	measure(0x2, 100000);
	NEAR(sent[1], LINK * MBIT / 10, 2, 63000);
}

/* Turns without frames: the time of the scheduler itself, in ns. */
static double turns(unsigned int n)
{
	struct svnic_core_config config = host_config();
	struct timespec from, to;
	double best = 1e9, took;
	struct svnic_qp *qp;
	unsigned int i, j;

	config.vf_max = n;
	config.vf_queues = 1;
	host_new(&config);
	fn_up(0, ALL_FEATURES(0));
	svnic_core_set_vfs(h->core, n);
	/* Vports with all kinds of maximum, guarantee, weight and priority. */
	for (i = 1; i <= n; i++)
		EQ(rate(i, i % 4 == 1 ? MBIT : 0, i % 4 == 2 ? 40 * MBIT : 0,
			1 + i % 4 * 100, i % 8), 0);
	for (i = 1; i <= n; i++)
		svnic_sched_ready(h->core, &h->core->fn[i].qp[0]);
	for (j = 0; j < 7; j++) {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		for (i = 0; i < 20000; i++) {
			h->core->now += 1000;
			svnic_sched_expire(h->core);
			qp = svnic_sched_next(h->core);
			if (!qp)
				continue;
			svnic_sched_sent(h->core, 60 + i * 7 % 1500, i % 2);
			svnic_sched_ready(h->core, qp);
			svnic_sched_end(h->core);
		}
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
		took = (to.tv_sec - from.tv_sec) * 1e9 + to.tv_nsec -
		       from.tv_nsec;
		if (took < best)
			best = took;
	}
	return best / i;
}

static void cost(void)
{
	double few = turns(4), many = turns(248);

	CHECK(many < few * 4);
}

/* Everything at random; in the end all is sent, and sums are right. */
static void order(void)
{
	const struct svnic_core *core = h->core;
	const struct svnic_vport_sched *s;
	unsigned int fn, i, lined = 0;
	uint64_t pool = 0;

	for (fn = 0; fn < core->fns; fn++) {
		s = &core->fn[fn].sched;
		pool += core->fn[fn].s.rate.share;
		for (i = 0; i < SVNIC_LINES; i++)
			lined += !!s->node[i].wheel;
		if (!(s->queues[0] | s->queues[1]))
			continue;
		CHECK(!(s->queues[0] & s->queues[1]));
		CHECK(s->timer.wheel || s->node[0].wheel || s->node[1].wheel);
	}
	EQ(core->sched.lined, lined);
	EQ(core->share_pool, pool);
}

static void random_rates(void)
{
	static const uint8_t *const dst[] = { mac_other, mac_bcast, NULL };
	unsigned int i, fn, n;
	struct queue *p;

	link_up(LINK, 4);
	for (fn = 0; fn < 5; fn++)
		load_kind(&q[fn], COMMON);
	for (i = 0; i < 20000; i++) {
		fn = rnd() % 5;
		p = &q[fn];
		if (rnd() % 8 == 0)
			rate(fn, rnd() % 2 ? rnd() % (50 * MBIT) : 0,
			     rnd() % 2 ? 100000 + rnd() % (200 * MBIT) : 0,
			     1 + rnd() % 10000, rnd() % 8);
		if (tx_cons(p) == p->tx_prod && rnd() % 8 == 0) {
			n = rnd() % 4;
			if (n == 3)
				load_tso(p, rnd() % 2 ? mac_other :
					 MAC((fn + 1) % 5), rnd() % 60000 + 1);
			else
				load(p, dst[n] ? dst[n] : MAC(rnd() % 5),
				     14 + rnd() % 1500);
		}
		n = p->tx_size - (p->tx_prod - tx_cons(p));
		p->tx_prod += rnd() % (n + 1) & ~3u;
		tx_ring(p);
		h->wire_room = rnd() % 4 ? ~0u : rnd() % 8;
		queue_post(p, rx_drain(p));
		if (rnd() % 512 == 0)
			queue_restart(p);
		if (fn && rnd() % 1024 == 0) {
			svnic_core_flr(h->core, fn);
			run();
			events_drain(0);
			EQ(vport_enable(fn, h->core->fn[fn].s.reset_seq), 0);
			fn_up(fn, ALL_FEATURES(fn));
			queue_restart(p);
		}
		if (rnd() % 256 == 0) {
			svnic_core_set_link(h->core, false);
			run();
			svnic_core_set_link(h->core, true);
			events_drain(0);
		}
		advance(rnd() % 3 ? rnd() % 300 : rnd() % 10000);
		order();
	}
	h->wire_room = ~0u;
	for (fn = 0; fn < 5; fn++)
		EQ(rate(fn, 0, 0, 1 + fn, fn), 0);
	advance(20000000);
	for (fn = 0; fn < 5; fn++)
		EQ(tx_cons(&q[fn]), q[fn].tx_prod);
	order();
	EQ(h->core->sched.lined, 0);
}

const struct test rate_set_tests[] = {
	TEST(at_once),
	TEST(errors),
	TEST(feature),
	TEST(survival),
	TEST(cost),
	TEST(random_rates),
	{ 0 },
};
