// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Section 10.7: the cost of frames for the device, and who pays for it. The
 * fake host takes a time for each access to memory, and there is no wire to
 * wait for, so the device is what the vports share.
 */
#include <stdlib.h>
#include <time.h>

#include "svnic_core_path.h"
#include "svnic_core_priv.h"
#include "test.h"

#define RUN_REQUESTS	6000	/* of a run of the core, at most */
/*
 * Maximum time of a run: 5 ms with sanitizers, but many times as long on a
 * machine whose caches and processor are used by others. It may be most of the
 * time that a reset may take.
 */
#define RUN_NS		(SVNIC_RESET_MS * 1000000ULL / 4 * 3)
/* In some of many runs the time is still longer. */
#define RUNS		40
#define LONG_RUN	35

static uint8_t frame[2048];
static struct tcp_frame tcp;
static struct rxframe rx;
static unsigned int longest;	/* requests of a run */

static void nic_up(unsigned int n, uint64_t without)
{
	struct svnic_core_config config = host_config();

	config.vf_max = n;
	config.vf_queues = 1;
	config.link_speed = 0;
	config.mac_filters = 8 * n + 64;
	config.vlan_filters = 8 * n + 64;
	host_new(&config);
	net_up(n, without);
	longest = 0;
}

/* Frames of @len bytes in @pieces pieces. */
static void load_pieces(struct queue *p, const uint8_t *dst, uint32_t len,
			uint32_t pieces)
{
	struct svnic_tx_desc *ring = mem_at(p->tx), *d;
	uint32_t i, n, at = 0;
	uint64_t addr;

	queue_restart(p);
	frame_eth(frame, dst, MAC(p->fn), 0x88b5, len);
	addr = tx_room(p, frame, len);
	for (i = 0; i < p->tx_size; i++) {
		n = i % pieces;
		if (!n)
			at = 0;
		d = &ring[i];
		memset(d, 0, sizeof(*d));
		d->addr = addr + at;
		d->len = n == pieces - 1 ? len - at : len / pieces;
		d->flags = (n ? 0 : SVNIC_TXD_SOP) |
			   (n == pieces - 1 ? SVNIC_TXD_EOP : 0);
		at += d->len;
	}
}

/* One run. Both always have frames to send; receivers post buffers. */
static void step(uint32_t mask, uint32_t receivers)
{
	unsigned int before = h->reads + h->writes, fn;

	for (fn = 0; fn < 32; fn++) {
		if (mask & 1u << fn)
			fill(&q[fn]);
		if (receivers & 1u << fn)
			queue_post(&q[fn], rx_drain(&q[fn]));
	}
	svnic_core_run(h->core);
	if (h->reads + h->writes - before > longest)
		longest = h->reads + h->writes - before;
}

/* Bytes per ns that VF 2 sends besides the VFs of @mask. */
static double speed(uint32_t mask, uint32_t receivers)
{
	uint64_t end, bytes, start;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		start = h->now;
		bytes = STAT(2, tx_bytes);
		/* First wait until the rates are stable. */
		end = h->now + (i ? 5000000 : 1000000);
		while (h->now < end)
			step(mask | 4, receivers);
	}
	return (double)(STAT(2, tx_bytes) - bytes) / (h->now - start);
}

/*
 * VF 2 has about half of @alone besides VF 1, and at least a third, also on
 * buses where requests and bytes have another cost than the device assumes.
 */
static void third(double alone, uint32_t receivers)
{
	double beside = speed(2, receivers);

	if (beside < alone / 3)
		check_differ(__FILE__, __LINE__, "percent",
			     beside * 100 / alone, 33);
}

static const struct { unsigned int request_ns, byte_ps; } buses[] = {
	{ 100, 60 }, { 150, 60 }, { 100, 90 },
};

/* What VF 2 sends, to VF 3 or the wire. */
static void victim(unsigned int i)
{
	if (i == 0)
		load(&q[2], MAC(3), 64);
	else if (i == 1)
		load(&q[2], mac_other, 64);
	else if (i == 2)
		load(&q[2], MAC(3), 1514);
	else
		load_tso(&q[2], mac_other, 60000);
}

#define VICTIMS	4

/* VF 1 sends frames with the highest possible cost. */
static void attack(void (*load_attack)(void), uint32_t receivers)
{
	unsigned int bus, i;
	double alone;

	for (bus = 0; bus < sizeof(buses) / sizeof(buses[0]); bus++) {
		for (i = 0; i < VICTIMS; i++) {
			h->request_ns = buses[bus].request_ns;
			h->byte_ps = buses[bus].byte_ps;
			queue_restart(&q[1]);
			victim(i);
			alone = speed(0, receivers | 8);
			load_attack();
			third(alone, receivers | 8);
			CHECK(longest < RUN_REQUESTS);
		}
	}
}

static void pieces_to_wire(void)
{
	load_pieces(&q[1], mac_other, 16, 16);
}

static void pieces_to_vf(void)
{
	load_pieces(&q[1], MAC(4), 16, 16);
}

/* 16 bytes in 16 pieces are 16 requests. */
static void tiny_pieces(void)
{
	nic_up(4, 0);
	attack(pieces_to_wire, 0x10);
	attack(pieces_to_vf, 0x10);
}

/*
 * On a bus with the cost that the device assumes, an equal neighbour has half
 * of the device. This is somewhat less than half of what it has alone, since
 * turns are shorter then.
 */
static void tiny_pieces_half(void)
{
	double alone, beside;
	unsigned int i;

	nic_up(4, 0);
	h->request_ns = buses[0].request_ns;
	h->byte_ps = buses[0].byte_ps;
	for (i = 0; i < VICTIMS; i++) {
		queue_restart(&q[1]);
		victim(i);
		alone = speed(0, 0x18);
		pieces_to_wire();
		beside = speed(2, 0x18);
		if (beside < alone * 0.38)
			check_differ(__FILE__, __LINE__, "percent",
				     beside * 100 / alone, 50);
	}
}

/* The same for frames that may not be sent. */
static void tiny_pieces_dropped(void)
{
	nic_up(4, 0);
	EQ(vport_flags(1, SVNIC_VPORT_SPOOFCHK, SVNIC_VPORT_SPOOFCHK), 0);
	EQ(vport_mac(1, MAC(77)), 0);
	attack(pieces_to_wire, 0);
}

static void long_frames(void)
{
	load(&q[1], MAC(4), 1514);
}

/* Receivers with the smallest buffers; the sender pays. */
static void small_buffers(void)
{
	nic_up(4, 0);
	q[4].buf_size = 256;
	queue_restart(&q[4]);
	attack(long_frames, 0x10);
}

static void broadcasts(void)
{
	load(&q[1], mac_bcast, 64);
}

static void large_broadcasts(void)
{
	load_tso(&q[1], mac_bcast, 60000);
}

/* Broadcasts; each receiver has a cost. */
static void many_receivers(void)
{
	nic_up(20, SVNIC_F_RX_COALESCE);
	attack(broadcasts, 0x1ffff0);
	attack(large_broadcasts, 0x1ffff0);
	/* The same if no receiver has buffers. */
	attack(broadcasts, 0);
}

/* The cost of turns is shared, also in proportion to weights. */
static void by_weight(void)
{
	double alone, beside;

	nic_up(4, 0);
	h->request_ns = 100;
	h->byte_ps = 60;
	load(&q[2], MAC(3), 1514);
	alone = speed(0, 0x18);
	pieces_to_vf();
	EQ(rate(1, 0, 0, 25, 0), 0);
	EQ(rate(2, 0, 0, 75, 0), 0);
	beside = speed(2, 0x18);
	CHECK(beside > alone * 0.68 && beside < alone * 0.82);
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int longer(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/*
 * Section 11.7: a run of the core is bounded, whatever the number of receivers
 * of its frames. So is the time until a function can be reset.
 */
static void run_bounded(unsigned int n, bool large, bool all)
{
	uint64_t start, took[RUNS], flr;
	unsigned int fn, i, before;

	nic_up(n, SVNIC_F_RX_COALESCE);
	for (fn = 1; fn <= (all ? n : 1); fn++) {
		if (large)
			load_tso(&q[fn], mac_bcast, 60000);
		else
			load(&q[fn], mac_bcast, 64);
	}
	for (i = 0; i < RUNS; i++) {
		for (fn = 1; fn <= n; fn++) {
			if (fn == 1 || all)
				fill(&q[fn]);
			queue_post(&q[fn], rx_drain(&q[fn]));
		}
		before = h->reads + h->writes;
		start = cpu_ns();
		svnic_core_run(h->core);
		took[i] = cpu_ns() - start;
		CHECK(h->reads + h->writes - before < RUN_REQUESTS);
	}
	qsort(took, RUNS, sizeof(took[0]), longer);
	printf("# %u VFs, %s: %llu us, at most %llu\n", n,
	       large ? "large" : "small",
	       (unsigned long long)took[LONG_RUN] / 1000,
	       (unsigned long long)took[RUNS - 1] / 1000);
	CHECK(took[LONG_RUN] < RUN_NS);
	/*
	 * A reset of a function waits for the end of a run, and takes this
	 * time.
	 */
	for (fn = 0; fn <= n; fn++) {
		svnic_core_run(h->core);
		start = cpu_ns();
		svnic_core_flr(h->core, n - fn);
		flr = cpu_ns() - start;
		CHECK(flr + RUN_NS < SVNIC_RESET_MS * 1000000ULL);
	}
}

static void runs_are_bounded(void)
{
	run_bounded(8, true, true);
	run_bounded(30, true, true);
	run_bounded(30, true, false);
	run_bounded(30, false, true);
	run_bounded(248, false, false);
	run_bounded(248, true, true);
}

#define SEGS		60
#define MSS		1000

/* A large broadcast, from VF 1. */
static void large_frame(void)
{
	frame_l4(&tcp, &(struct tcp_args){
		.payload = SEGS * MSS, .dmac = mac_bcast, .smac = MAC(1),
	}, true);
}

static void large_broadcast(void)
{
	large_frame();
	tx_tso(&q[1], &tcp, MSS);
}

/* All segments, each once and in order. */
static bool got_segments(unsigned int fn)
{
	static uint8_t want[2048];
	uint32_t i, len;

	for (i = 0; i < SEGS; i++) {
		len = ref_segment(&tcp, MSS, i, want);
		if (!rx_get(&q[fn], &rx) || rx.len != len ||
		    memcmp(rx.data, want, len))
			return false;
	}
	return !rx_get(&q[fn], &rx);
}

/* A frame for many receivers is delivered in parts, to each one only once. */
static void parts(void)
{
	unsigned int fn, runs = 1;

	nic_up(40, SVNIC_F_RX_COALESCE);
	large_broadcast();
	while (svnic_core_run(h->core) <= h->now)
		runs++;
	EQ(tx_cons(&q[1]), q[1].tx_prod);
	CHECK(STAT(1, dma_reads) > 10);
	for (fn = 2; fn <= 40; fn++)
		CHECK(got_segments(fn));
	CHECK(rx_get(&q[0], &rx));
	EQ(rx_drain(&q[1]), 0);
	EQ(h->wire_n, SEGS);
	EQ(STAT(1, tx_packets), SEGS);
	EQ(STAT(1, tx_bcast), SEGS);
	EQ(STAT(1, tx_tso), 1);
	EQ(STAT(1, tx_bytes), tcp.len + (SEGS - 1) * tcp.hdr_len);
	CHECK(runs > 1);
}

/* The same from the wire. */
static void parts_from_wire(void)
{
	struct svnic_frame w = { .csum_partial = true, .csum_offset = 16 };
	unsigned int fn, again = 0, before;

	nic_up(40, SVNIC_F_RX_COALESCE);
	large_frame();
	w.data = tcp.data;
	w.len = tcp.len;
	w.csum_start = tcp.l4;
	w.gso_size = MSS;
	w.hdr_len = tcp.hdr_len;
	w.l3_start = 14;
	for (;;) {
		before = h->reads + h->writes;
		if (svnic_core_wire_rx(h->core, &w))
			break;
		CHECK(h->reads + h->writes - before < RUN_REQUESTS);
		run();
		again++;
	}
	run();
	CHECK(again);
	for (fn = 1; fn <= 40; fn++)
		CHECK(got_segments(fn));
	/* The next one starts from the first receiver. */
	for (fn = 1; fn <= 40; fn++)
		queue_post(&q[fn], SEGS);
	while (!svnic_core_wire_rx(h->core, &w))
		run();
	run();
	for (fn = 1; fn <= 40; fn++)
		CHECK(got_segments(fn));
}

/* A receiver or the sender is reset between two parts. */
static void parts_and_resets(void)
{
	unsigned int fn, reads, writes, i;

	for (i = 0; i < 2; i++) {
		host_free();
		nic_up(40, SVNIC_F_RX_COALESCE);
		large_broadcast();
		svnic_core_run(h->core);
		CHECK(tx_cons(&q[1]) != q[1].tx_prod);
		fn = i ? 30 : 1;
		wr(fn, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
		EQ(rd(fn, SVNIC_REG_STATUS), 0);
		reads = h->fn_reads[fn];
		writes = h->fn_writes[fn];
		run();
		EQ(h->fn_reads[fn], reads);
		EQ(h->fn_writes[fn], writes);
		if (i) {
			EQ(tx_cons(&q[1]), q[1].tx_prod);
			CHECK(got_segments(29) && got_segments(31));
			continue;
		}
		/* The remaining parts are not delivered as the next frame. */
		events_drain(0);
		EQ(vport_enable(1, 1), 0);
		fn_up(1, ALL_FEATURES(1));
		queue_start(&q[1]);
		for (fn = 2; fn <= 40; fn++)
			queue_post(&q[fn], rx_drain(&q[fn]));
		frame_eth(frame, mac_bcast, MAC(1), 0x88b5, 100);
		tx_frame(&q[1], frame, 100, 0);
		run();
		for (fn = 2; fn <= 40; fn++)
			EQ(rx_drain(&q[fn]), 1);
	}
}

/* If a frame becomes smaller or larger between parts, the larger counts. */
static void parts_that_change(void)
{
	struct svnic_tx_desc *d;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		host_free();
		nic_up(40, SVNIC_F_RX_COALESCE);
		EQ(rate(1, 0, 1000000, 100, 0), 0);
		large_broadcast();
		d = (struct svnic_tx_desc *)mem_at(q[1].tx) + 1;
		svnic_core_run(h->core);
		CHECK(h->core->fn[1].qp[0].s.tx_copying);
		if (i)
			d->len -= (SEGS - 2) * MSS;
		/*
		 * It may send again when this number of bytes is paid for: 60
		 * ms.
		 */
		h->now += 30000000;
		svnic_core_run(h->core);
		CHECK(tx_cons(&q[1]) != q[1].tx_prod);
		advance(100000000);
		EQ(tx_cons(&q[1]), q[1].tx_prod);
	}
}

/* Like svnic_core_run(), but only one turn. */
static void one_turn(void)
{
	struct svnic_core *core = h->core;
	struct svnic_qp *qp;

	svnic_qp_rung(core, &core->fn[1].qp[0], SVNIC_TX);
	qp = svnic_sched_next(core);
	CHECK(qp);
	svnic_tx_turn(core, qp);
	svnic_sched_end(core);
}

/* The frame may also become an ordinary one between parts. */
static void parts_of_another(void)
{
	struct svnic_tx_desc *d;

	/* So many receivers that not all get the first segment in one turn. */
	nic_up(200, SVNIC_F_RX_COALESCE);
	large_broadcast();
	one_turn();
	EQ(h->core->fn[1].qp[0].s.tx_copy.step, 1);
	d = mem_at(q[1].tx);
	d[1].len = 100;
	d[1].flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_CSUM;
	d[0] = d[1];
	run();
	EQ(queue_error(&q[1], false), 0);
	EQ(tx_cons(&q[1]), q[1].tx_prod);
}

const struct test cost_tests[] = {
	TEST(tiny_pieces),
	TEST(tiny_pieces_half),
	TEST(tiny_pieces_dropped),
	TEST(small_buffers),
	TEST(many_receivers),
	TEST(by_weight),
	TEST(runs_are_bounded),
	TEST(parts),
	TEST(parts_from_wire),
	TEST(parts_and_resets),
	TEST(parts_that_change),
	TEST(parts_of_another),
	{ 0 },
};
