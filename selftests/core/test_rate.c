// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rates of vports and the transmit scheduler (section 10.7), with the clock of
 * the fake host. The link is slow, so that it is what the vports share.
 */
#include "test.h"

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

/*
 * REQ-10.10: frames that stay inside count, so do a port VLAN's tag and dropped
 * ones.
 */
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
	uint8_t frame[1514];
	unsigned int i, got;

	link_up(LINK, 3);
	load_kind(&q[1], COMMON);
	load_kind(&q[2], COMMON);
	frame_eth(frame, MAC(3), MAC(1), 0x88b5, sizeof(frame));
	ring = mem_at(q[1].tx);
	ring[1].addr = tx_room(&q[1], frame, sizeof(frame));
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
	{ 0 },
};
