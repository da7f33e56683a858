// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rates of vports and the transmit scheduler (section 10.7), with the clock of
 * the fake host. The link is slow, so that it is what the vports share.
 */
#include <time.h>

#include "svnic_core_priv.h"
#include "test.h"

#define MBIT		125000ULL	/* bytes per second */
#define LINK		200		/* Mb/s */

static uint8_t frame[2048];

#define NEAR(got, want, percent, slack) do {				\
	double got_ = (got), want_ = (want), by_ = (slack);		\
	by_ += want_ * (percent) / 100;					\
	if (got_ < want_ - by_ || got_ > want_ + by_)			\
		check_differ(__FILE__, __LINE__, #got, got_, want_);	\
} while (0)

#define LEAST(got, want) do {						\
	double got_ = (got), want_ = (want);				\
	if (got_ < want_)						\
		check_differ(__FILE__, __LINE__, #got, got_, want_);	\
} while (0)

/* The link is full, and its rate is not exceeded. */
static void link_full(uint64_t usecs)
{
	NEAR(total, LINK * MBIT * usecs / 1000000.0, 1, 65000);
}

/* REQ-10.10 */
static void caps(void)
{
	static const unsigned int cap[] = { 4, 40, 400 };
	static const uint32_t longest[] = { 64, 1514, 62800 };
	unsigned int i, second;
	enum kind kind;

	link_up(1000, 1);
	for (kind = SMALL; kind <= LARGE; kind++) {
		load_kind(&q[1], kind);
		for (i = 0; i < 3; i++) {
			if (kind == SMALL && cap[i] > 100)
				continue;
			EQ(rate(1, 0, cap[i] * MBIT, 100, 0), 0);
			flood(2, 100000);
			for (second = 0; second < 3; second++) {
				measure(2, 1000000);
				NEAR(sent[1], cap[i] * MBIT, 1, longest[kind]);
			}
		}
	}
	EQ(rate(1, 0, 0, 100, 0), 0);
	measure(2, 100000);
	LEAST(sent[1], 950 * MBIT / 10);
}

/* REQ-10.10: frames that stay inside count, so do a port VLAN's tag and dropped ones. */
static void caps_count(void)
{
	uint64_t before;

	link_up(1000, 3);
	EQ(rate(1, 0, 40 * MBIT, 100, 0), 0);
	load(&q[1], MAC(2), 1514);
	flood(0xe, 100000);
	measure(2, 1000000);
	NEAR(sent[1], 40 * MBIT, 1, 1514);

	EQ(vport_vlan(1, 7, 0x8100), 0);
	load(&q[1], mac_other, 96);
	flood(2, 100000);
	measure(2, 1000000);
	NEAR(sent[1], 40 * MBIT * 96 / 100, 1, 100);
	EQ(vport_vlan(1, 0, 0), 0);

	EQ(vport_flags(1, SVNIC_VPORT_SPOOFCHK, SVNIC_VPORT_SPOOFCHK), 0);
	EQ(vport_mac(1, MAC(77)), 0);
	load(&q[1], mac_other, 1000);
	flood(2, 100000);
	before = STAT(1, tx_spoof_mac);
	flood(2, 1000000);
	NEAR(STAT(1, tx_spoof_mac) - before, 40 * MBIT / 1000, 1, 1);
}

/* An idle vport saves up little: 4 ms, and the excess of one frame. */
static void burst(void)
{
	static const uint64_t max = 100 * MBIT;
	unsigned int i;

	link_up(1000, 1);
	load_kind(&q[1], COMMON);
	EQ(rate(1, 0, max, 100, 0), 0);
	for (i = 0; i < 3; i++) {
		advance(1000000);
		queue_post(&q[1], rx_drain(&q[1]));
		measure(2, 1);
		CHECK(sent[1] >= max / 250);
		CHECK(sent[1] <= max / 250 + 1514);
	}
	/* If the device was late, the vport does not lose that. */
	flood(2, 10000);
	measure(2, 100000);
	fill(&q[1]);
	h->now += 15000000;
	measure(2, 85000);
	NEAR(sent[1], max / 10, 1, 1514);
}

/* REQ-10.11 */
static void share_against_flood(void)
{
	unsigned int fn, second, i;
	enum kind kind, floods;

	link_up(LINK, 8);
	for (kind = SMALL; kind <= LARGE; kind++) {
		for (floods = COMMON; floods <= LARGE; floods++) {
			for (i = 0; i < 2; i++) {
				load_kind(&q[1], kind);
				EQ(rate(1, 100 * MBIT, i ? 100 * MBIT : 0, 1,
					0), 0);
				for (fn = 2; fn <= 8; fn++) {
					load_kind(&q[fn], floods);
					EQ(rate(fn, 0, 0, 10000, 7), 0);
				}
				flood(0x1fe, 100000);
				for (second = 0; second < 2; second++) {
					measure(0x1fe, 1000000);
					NEAR(sent[1], 100 * MBIT, 3, 63000);
					link_full(1000000);
				}
			}
		}
	}
}

/* The guarantees use the whole link, and all are met. */
static void shares_of_all(void)
{
	static const unsigned int part[] = { 0, 5, 10, 15, 20, 30, 30, 40, 50 };
	unsigned int fn, second;

	link_up(LINK, 8);
	for (fn = 1; fn <= 8; fn++) {
		load_kind(&q[fn], fn % 3);
		EQ(rate(fn, part[fn] * MBIT, 0, fn * 7, fn % 8), 0);
	}
	flood(0x1fe, 100000);
	for (second = 0; second < 3; second++) {
		measure(0x1fe, 1000000);
		for (fn = 1; fn <= 8; fn++)
			LEAST(sent[fn] + 63000, part[fn] * MBIT * 95 / 100);
		link_full(1000000);
	}
}

/* A guarantee below the fair part has no effect. */
static void share_is_a_floor(void)
{
	unsigned int fn;

	link_up(LINK, 8);
	for (fn = 1; fn <= 8; fn++)
		load_kind(&q[fn], COMMON);
	EQ(rate(1, 20 * MBIT, 0, 100, 0), 0);
	flood(0x1fe, 300000);
	measure(0x1fe, 1000000);
	for (fn = 1; fn <= 8; fn++)
		NEAR(sent[fn], LINK * MBIT / 8, 3, 0);
	/* What it had beyond the guarantee does not count later. */
	flood(0x2, 3000000);
	EQ(rate(2, 0, 0, 10000, 0), 0);
	flood(0x1fe, 100000);
	measure(0x1fe, 1000000);
	NEAR(sent[1], 20 * MBIT, 3, 0);
}

static void equal(void)
{
	double sum, squares;
	unsigned int fn, i;

	link_up(LINK, 8);
	for (i = 0; i < 3; i++) {
		/* All with equal frames, then with all sizes. */
		for (fn = 1; fn <= 8; fn++)
			load_kind(&q[fn], i == 2 ? fn % 3 : i + 1);
		flood(0x1fe, 100000);
		measure(0x1fe, 1000000);
		link_full(1000000);
		sum = 0;
		squares = 0;
		for (fn = 1; fn <= 8; fn++) {
			sum += sent[fn];
			squares += (double)sent[fn] * sent[fn];
		}
		CHECK(sum * sum / (8 * squares) >= 0.995);
	}
}

static void weights(void)
{
	static const uint32_t unit[] = { 1, 100, 2500 };
	unsigned int i, shift;
	double one;

	link_up(LINK, 3);
	for (i = 0; i < 3; i++) {
		for (shift = 0; shift < 3; shift++) {
			load_kind(&q[1], shift);
			load_kind(&q[2], (shift + 1) % 3);
			load_kind(&q[3], (shift + 2) % 3);
			EQ(rate(1, 0, 0, unit[i], 3), 0);
			EQ(rate(2, 0, 0, unit[i] * 2, 3), 0);
			EQ(rate(3, 0, 0, unit[i] * 4, 3), 0);
			flood(0xe, 100000);
			measure(0xe, 2000000);
			link_full(2000000);
			one = total / 7.0;
			NEAR(sent[1], one, 3, 0);
			NEAR(sent[2], one * 2, 3, 0);
			NEAR(sent[3], one * 4, 3, 0);
		}
	}
	/* The largest ratio of weights. */
	EQ(rate(1, 0, 0, 1, 3), 0);
	EQ(rate(2, 0, 0, 10000, 3), 0);
	EQ(rate(3, 0, 0, 5000, 3), 0);
	load_kind(&q[1], SMALL);
	measure(0xe, 3000000);
	NEAR(sent[2], total / 1.5, 3, 0);
	CHECK(sent[1] && sent[1] < total / 7000);
	/*
	 * The largest ratio for which section 10.7 has a bound, with any
	 * frames.
	 */
	EQ(rate(1, 0, 0, 1, 3), 0);
	EQ(rate(2, 0, 0, 100, 3), 0);
	for (i = 0; i < 9; i++) {
		load_kind(&q[1], i % 3);
		load_kind(&q[2], i / 3);
		flood(6, 100000);
		measure(6, 1000000);
		NEAR(sent[1], total / 101.0, 10, 62772);
	}
}

/* All this is also true if the device is called late and at random. */
static void late_device(void)
{
	unsigned int fn;

	link_up(LINK, 8);
	late = 5000000;
	for (fn = 1; fn <= 8; fn++)
		load_kind(&q[fn], fn % 3);
	EQ(rate(1, 50 * MBIT, 0, 1, 0), 0);
	EQ(rate(2, 0, 10 * MBIT, 10000, 0), 0);
	EQ(rate(3, 0, 0, 200, 0), 0);
	EQ(rate(4, 0, 0, 400, 0), 0);
	EQ(rate(5, 0, 0, 800, 0), 0);
	EQ(rate(6, 30 * MBIT, 30 * MBIT, 1, 0), 0);
	flood(0x7e, 200000);
	measure(0x7e, 2000000);
	link_full(2000000);
	NEAR(sent[1], 2 * 50 * MBIT, 3, 63000);
	NEAR(sent[2], 2 * 10 * MBIT, 3, 63000);
	NEAR(sent[3] * 2.0, sent[4], 5, 63000);
	NEAR(sent[4] * 2.0, sent[5], 5, 63000);
	NEAR(sent[6], 2 * 30 * MBIT, 3, 63000);
}

static void priorities(void)
{
	link_up(LINK, 3);
	load_kind(&q[1], COMMON);
	load_kind(&q[2], LARGE);
	load_kind(&q[3], SMALL);
	EQ(rate(1, 0, 0, 100, 7), 0);
	EQ(rate(2, 0, 0, 10000, 6), 0);
	EQ(rate(3, 0, 0, 10000, 0), 0);
	flood(0xe, 100000);
	measure(0xe, 500000);
	NEAR(sent[1], LINK * MBIT / 2, 2, 0);
	EQ(sent[2] + sent[3], 0);
	/* The next one gets what the first may not have. */
	EQ(rate(1, 0, 50 * MBIT, 100, 7), 0);
	EQ(rate(2, 0, 100 * MBIT, 100, 6), 0);
	flood(0xe, 100000);
	measure(0xe, 1000000);
	NEAR(sent[1], 50 * MBIT, 2, 0);
	NEAR(sent[2], 100 * MBIT, 2, 63000);
	NEAR(sent[3], 50 * MBIT, 3, 63000);
	/* Guarantees come before priorities, and in time. */
	EQ(rate(1, 0, 0, 100, 7), 0);
	EQ(rate(3, 40 * MBIT, 0, 1, 0), 0);
	flood(0xe, 100000);
	measure(0xe, 100000);
	NEAR(sent[3], 4 * MBIT, 5, 2000);
	EQ(sent[2], 0);
	/* A new priority is valid for vports that already wait. */
	EQ(rate(2, 0, 0, 100, 7), 0);
	EQ(rate(1, 0, 0, 100, 5), 0);
	measure(0xe, 500000);
	NEAR(sent[3], 20 * MBIT, 3, 2000);
	EQ(sent[1], 0);
}

/* Unused capacity is used by others. */
static void work_conserving(void)
{
	unsigned int fn;

	link_up(LINK, 8);
	for (fn = 1; fn <= 8; fn++) {
		load_kind(&q[fn], fn % 3);
		EQ(rate(fn, 20 * MBIT, fn == 8 ? 40 * MBIT : 0, fn == 1 ? 1 :
			10000, fn == 1 ? 0 : 7), 0);
	}
	flood(0x2, 20000);
	measure(0x2, 500000);
	link_full(500000);
	measure(0x102, 500000);
	link_full(500000);
	measure(0x1fe, 500000);
	link_full(500000);
	/* The PF is a vport like the others. */
	for (fn = 1; fn <= 8; fn++)
		queue_restart(&q[fn]);
	load_kind(&q[0], COMMON);
	measure(0x1, 500000);
	link_full(500000);
}

/* A link of unknown speed is limited only by the host. */
static void no_speed(void)
{
	link_up(0, 2);
	load_kind(&q[1], COMMON);
	load_kind(&q[2], COMMON);
	measure(0x6, 10000);
	LEAST(total, 20000 * MBIT / 100);
	EQ(rate(1, ~0ULL, ~0ULL, 100, 0), 0);
	EQ(rate(2, ~0ULL, 0, 100, 0), 0);
	EQ(rate(2, 0, 1, 100, 0), 0);
	flood(0x6, 10000);
	measure(0x6, 10000);
	EQ(sent[2], 0);
	LEAST(sent[1], 20000 * MBIT / 100);
	EQ(rate(2, 0, 0, 100, 0), 0);
	measure(0x4, 10000);
	LEAST(sent[2], 1000 * MBIT / 100);
}

/* REQ-10.12: a full or busy wire delays only frames that go there. */
static void wire_is_not_all(void)
{
	struct queue other;
	unsigned int i;

	link_up(LINK, 3);
	queue_alloc(&other, 1, 1);
	load_kind(&q[1], LARGE);
	load_kind(&q[2], LARGE);
	load(&q[3], MAC(0), 100);
	load(&other, MAC(2), 100);
	for (i = 0; i < 2; i++) {
		flood(0x6, 20000);
		rx_drain(&q[0]);
		rx_drain(&q[2]);
		queue_post(&q[0], 64 - (q[0].rx_prod - q[0].rx_cons));
		queue_post(&q[2], 64 - (q[2].rx_prod - q[2].rx_cons));
		q[3].tx_prod += 50;
		tx_ring(&q[3]);
		other.tx_prod += 50;
		tx_ring(&other);
		run();
		/* No time has passed. */
		EQ(rx_drain(&q[0]), 50);
		EQ(rx_drain(&q[2]), 50);
		EQ(tx_cons(&q[3]), q[3].tx_prod);
		EQ(tx_cons(&other), other.tx_prod);
		/* Now the host takes no frame. */
		h->wire_room = 0;
	}
	h->wire_room = ~0u;
	flood(0x6, 20000);
	measure(0x6, 500000);
	link_full(500000);
	NEAR(sent[1], sent[2], 5, 63000);
}

/* A ring with frames of both kinds sends both. */
static void mixed_ring(void)
{
	struct svnic_tx_desc *ring;
	unsigned int i, got;

	link_up(LINK, 3);
	load_kind(&q[1], COMMON);
	load_kind(&q[2], COMMON);
	frame_eth(frame, MAC(3), MAC(1), 0x88b5, 1514);
	ring = mem_at(q[1].tx);
	ring[1].addr = tx_room(&q[1], frame, 1514);
	for (i = 3; i < q[1].tx_size; i += 2)
		ring[i].addr = ring[1].addr;
	flood(0x6, 100000);
	got = STAT(3, rx_packets) + STAT(3, rx_no_buffer);
	measure(0x6, 1000000);
	got = STAT(3, rx_packets) + STAT(3, rx_no_buffer) - got;
	NEAR(got * 1514.0, sent[1] / 2.0, 1, 0);
	NEAR(sent[1] / 2.0 + sent[2], LINK * MBIT, 1, 0);
	LEAST(sent[1] * 1.1, sent[2]);
}

static void pairs_take_turns(void)
{
	uint64_t frames[4], other = 0, all = 0;
	struct queue p[4];
	unsigned int i, j;

	link_up(LINK, 2);
	p[0] = q[1];
	for (i = 1; i < 4; i++)
		queue_alloc(&p[i], 1, i);
	for (i = 0; i < 4; i++)
		load(&p[i], mac_other, 1514);
	load_kind(&q[2], COMMON);
	for (j = 0; j < 5000; j++) {
		for (i = 0; i < 4; i++) {
			if (j == 1000)
				frames[i] = tx_cons(&p[i]);
			fill(&p[i]);
		}
		if (j == 1000)
			other = tx_cons(&q[2]);
		flood(4, 100);
	}
	for (i = 0; i < 4; i++) {
		frames[i] = tx_cons(&p[i]) - frames[i];
		all += frames[i];
	}
	for (i = 0; i < 4; i++)
		NEAR(frames[i], all / 4.0, 5, 0);
	/* A vport does not get more if it has many pairs. */
	NEAR(all, tx_cons(&q[2]) - other, 5, 0);
}

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

const struct test rate_tests[] = {
	TEST(caps),
	TEST(caps_count),
	TEST(burst),
	TEST(share_against_flood),
	TEST(shares_of_all),
	TEST(share_is_a_floor),
	TEST(equal),
	TEST(weights),
	TEST(late_device),
	TEST(priorities),
	TEST(work_conserving),
	TEST(no_speed),
	TEST(wire_is_not_all),
	TEST(mixed_ring),
	TEST(pairs_take_turns),
	TEST(at_once),
	TEST(errors),
	TEST(feature),
	TEST(survival),
	TEST(cost),
	TEST(random_rates),
	{ 0 },
};
