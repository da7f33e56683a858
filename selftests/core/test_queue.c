// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 4: start, stop, errors, indices, doorbells. */
#include "svnic_core_priv.h"
#include "test.h"

static struct queue a;

static void setup(uint64_t features)
{
	host_new(NULL);
	fn_up(0, features);
	queue_alloc(&a, 0, 0);
	a.events = features & SVNIC_F_EVENT_IDX;
}

/* Both halves refuse to start, or only one, with the error given. */
static void refused(enum svnic_error tx, enum svnic_error rx)
{
	queue_config(&a);
	wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 3);
	EQ(queue_error(&a, false), tx);
	EQ(queue_error(&a, true), rx);
	EQ(queue_status(&a) & 3, (tx ? 0 : 1) | (rx ? 0 : 2));
	EQ(rd(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL)), queue_status(&a) & 3);
	wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	EQ(queue_status(&a), 0);
	run();
	queue_alloc(&a, 0, 0);
}

static void start_checks(void)
{
	/* Formats that do not exist, header split, undefined bits */
	static const uint32_t fmts[] = { 2, 3, 4, 5, 0x100, 0x101, 0x80000001,
					 0xffffffff };
	unsigned int i;

	setup(ALL_FEATURES(0));
	a.tx_size = 0;
	refused(SVNIC_ERR_CONFIG, 0);
	a.tx_size = 32;
	refused(SVNIC_ERR_CONFIG, 0);
	a.tx_size = 96;
	refused(SVNIC_ERR_CONFIG, 0);
	a.tx_size = 8192;
	refused(SVNIC_ERR_CONFIG, 0);
	a.tx_size = 0x80000000;
	refused(SVNIC_ERR_CONFIG, 0);
	a.tx += 32;
	refused(SVNIC_ERR_CONFIG, 0);
	a.rx_size = 0;
	refused(0, SVNIC_ERR_CONFIG);
	a.rx_size = 0xffffffff;
	refused(0, SVNIC_ERR_CONFIG);
	a.rx += 8;
	refused(0, SVNIC_ERR_CONFIG);
	a.cmpl += 16;
	refused(0, SVNIC_ERR_CONFIG);
	a.buf_size = 0;
	refused(0, SVNIC_ERR_CONFIG);
	a.buf_size = 192;
	refused(0, SVNIC_ERR_CONFIG);
	a.buf_size = 2049;
	refused(0, SVNIC_ERR_CONFIG);
	a.buf_size = 32768 + 64;
	refused(0, SVNIC_ERR_CONFIG);
	for (i = 0; i < sizeof(fmts) / sizeof(fmts[0]); i++) {
		a.rx_fmt = fmts[i];
		refused(0, SVNIC_ERR_CONFIG);
	}
	a.state += 64;
	refused(SVNIC_ERR_CONFIG, SVNIC_ERR_CONFIG);
	a.vector = 5;
	refused(SVNIC_ERR_GRANT, SVNIC_ERR_GRANT);
	a.vector = 0xfffe;
	refused(SVNIC_ERR_GRANT, SVNIC_ERR_GRANT);
	a.vector = 0x1ffff;
	refused(SVNIC_ERR_GRANT, SVNIC_ERR_GRANT);
	a.vector = SVNIC_VECTOR_NONE;
	queue_start(&a);
	/* A failed start writes no event. */
	EQ(events_drain(0), 0);
}

static void not_enabled(void)
{
	host_new(NULL);
	queue_alloc(&a, 0, 0);
	refused(SVNIC_ERR_NOT_READY, SVNIC_ERR_NOT_READY);
	fn_up(0, ALL_FEATURES(0));
	queue_start(&a);
	wr(0, SVNIC_REG_CTRL, 0);
	EQ(queue_status(&a), 0);
	/* The configuration is kept and can be started again. */
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	queue_zero(&a);
	wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 3);
	EQ(queue_status(&a), 3);
}

static void granted(void)
{
	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	EQ(vport_grant(1, 2, 2, 0, 0), 0);
	EQ(vport_enable(1, 0), 0);
	svnic_core_set_vfs(h->core, 1);
	EQ(rd(1, SVNIC_REG_QUEUES), 2 | 4 << 16);
	EQ(rd(1, SVNIC_REG_VECTORS), 2 | 5 << 16);
	fn_up(1, ALL_FEATURES(1));
	queue_alloc(&a, 1, 1);
	a.vector = 1;
	queue_start(&a);
	queue_alloc(&a, 1, 2);
	a.vector = 1;
	queue_config(&a);
	wr(1, SVNIC_QCFG(2, SVNIC_QCFG_CTRL), 3);
	EQ(queue_error(&a, false), SVNIC_ERR_GRANT);
	EQ(queue_error(&a, true), SVNIC_ERR_GRANT);
	queue_alloc(&a, 1, 0);
	a.vector = 2;
	queue_config(&a);
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 1);
	EQ(queue_error(&a, false), SVNIC_ERR_GRANT);
}

/* Registers of a block, by the half that locks them: TX, RX, either. */
static const uint32_t locks[3][9] = {
	{ SVNIC_QCFG_TX_BASE_LO, SVNIC_QCFG_TX_BASE_HI, SVNIC_QCFG_TX_SIZE,
	  SVNIC_QCFG_TX_START },
	{ SVNIC_QCFG_BUF_SIZE, SVNIC_QCFG_RX_SIZE, SVNIC_QCFG_RX_BASE_LO,
	  SVNIC_QCFG_RX_BASE_HI, SVNIC_QCFG_CMPL_BASE_LO,
	  SVNIC_QCFG_CMPL_BASE_HI, SVNIC_QCFG_RX_FMT, SVNIC_QCFG_RX_START },
	{ SVNIC_QCFG_VECTOR, SVNIC_QCFG_STATE_BASE_LO,
	  SVNIC_QCFG_STATE_BASE_HI },
};

/* The registers of that lock can be written, or keep their values. */
static void locked(unsigned int lock, bool is)
{
	uint32_t val, i;

	for (i = 0; locks[lock][i]; i++) {
		uint32_t reg = SVNIC_QCFG(0, locks[lock][i]);

		val = rd(0, reg);
		wr(0, reg, ~val);
		EQ(rd(0, reg), is ? val : ~val);
		wr(0, reg, val);
		EQ(rd(0, reg), val);
	}
}

static void locked_while_active(void)
{
	static const uint32_t ctrl[] = { SVNIC_QCTRL_TX | SVNIC_QCTRL_RX,
					 SVNIC_QCTRL_TX, 0, SVNIC_QCTRL_RX };
	unsigned int i;

	setup(ALL_FEATURES(0));
	queue_start(&a);
	for (i = 0; i < 4; i++) {
		wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), ctrl[i]);
		EQ(queue_status(&a), ctrl[i]);
		locked(0, ctrl[i] & SVNIC_QCTRL_TX);
		locked(1, ctrl[i] & SVNIC_QCTRL_RX);
		locked(2, ctrl[i]);
	}
	wr(0, SVNIC_QCFG(0, 0x3c), 5);
	EQ(rd(0, SVNIC_QCFG(0, 0x3c)), 0);
}

/*
 * A receive ring is replaced by a larger one while frames are sent. The
 * transmit half is not affected.
 */
static void replaced_alone(void)
{
	uint8_t out[60], in[60];
	struct queue old;
	unsigned int i;

	setup(ALL_FEATURES(0));
	queue_start(&a);
	queue_post(&a, 10);
	frame_eth(out, mac_other, MAC(0), 0x88b5, 60);
	frame_eth(in, MAC(0), mac_other, 0x88b5, 60);
	for (i = 0; i < 5; i++)
		tx_frame(&a, out, 60, 0);
	run();
	wire_rx(in, 60);
	EQ(rx_drain(&a), 1);
	tx_frame(&a, out, 60, 0);
	wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), SVNIC_QCTRL_TX);
	EQ(queue_status(&a), SVNIC_QSTATUS_TX);

	old = a;
	a.rx_size = 128;
	a.buf_size = 4096;
	a.rx = mem_alloc(0, 4096);
	a.cmpl = mem_alloc(0, 4096);
	a.rx_prod = 0;
	a.rx_cons = 0;
	queue_state(&a)->rx_prod = 0;
	queue_state(&a)->rx_event = 0;
	queue_state(&a)->rx_kick = 0;
	/*
	 * The registers of the transmit half and of both halves keep their
	 * values.
	 */
	queue_config(&a);
	wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), SVNIC_QCTRL_TX | SVNIC_QCTRL_RX);
	EQ(queue_status(&a), SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX);
	EQ(rd(0, SVNIC_QCFG(0, SVNIC_QCFG_RX_SIZE)), 128);
	queue_post(&a, 10);
	for (i = 0; i < 5; i++)
		tx_frame(&a, out, 60, 0);
	wire_rx(in, 60);
	EQ(rx_drain(&a), 1);
	EQ(tx_cons(&a), 11);
	EQ(h->wire_n, 11);
	/* The old ring has the frames that it had. */
	EQ(rx_drain(&old), 0);
	EQ(STAT(0, rx_errors), 0);
}

static void doorbell(uint32_t db, uint32_t val)
{
	wr(0, SVNIC_REF_DB_OFFSET + db, val);
	run();
}

static void index_errors(void)
{
	struct svnic_event event;

	setup(ALL_FEATURES(0) & ~SVNIC_F_EVENT_IDX);
	queue_start(&a);
	/* An index ahead by a full ring is valid, by one more it is not. */
	queue_post(&a, 64);
	run();
	EQ(queue_status(&a), 3);
	doorbell(SVNIC_DB_RX, 65);
	EQ(queue_status(&a), 1 | SVNIC_ERR_INDEX << SVNIC_QSTATUS_RX_ERR_SHIFT);
	CHECK(event_get(0, &event));
	EQ(event.type, SVNIC_EVENT_QUEUE_ERROR);
	EQ(event.vf, SVNIC_EVENT_SELF);
	EQ(event.data, 0x80000000 | SVNIC_ERR_INDEX << 16);
	doorbell(SVNIC_DB_TX, 257);
	EQ(queue_status(&a), SVNIC_ERR_INDEX << SVNIC_QSTATUS_RX_ERR_SHIFT |
	   SVNIC_ERR_INDEX << SVNIC_QSTATUS_TX_ERR_SHIFT);
	event_cons(0);
	CHECK(event_get(0, &event));
	EQ(event.data, SVNIC_ERR_INDEX << 16);
	CHECK(!event_get(0, &event));

	/*
	 * Doorbells of a half that is not active have no effect, also not
	 * later.
	 */
	doorbell(SVNIC_DB_TX, 1000);
	doorbell(SVNIC_DB_RX, 1000);
	queue_start(&a);
	run();
	EQ(queue_status(&a), 3);
	doorbell(SVNIC_DB_TX, 0x80000000);
	EQ(queue_error(&a, false), SVNIC_ERR_INDEX);
}

static void stale_doorbells(void)
{
	uint8_t frame[60];
	unsigned int i;

	setup(ALL_FEATURES(0));
	queue_start(&a);
	frame_eth(frame, mac_other, MAC(0), 0x88b5, 60);
	for (i = 0; i < 10; i++) {
		tx_frame(&a, frame, 60, 0);
		run();
	}
	EQ(tx_cons(&a), 10);
	for (i = 0; i <= 10; i++)
		doorbell(SVNIC_DB_TX, i);
	doorbell(SVNIC_DB_TX, (uint32_t)-100);
	EQ(queue_status(&a), 3);
	EQ(tx_cons(&a), 10);
	EQ(h->wire_n, 10);
}

static void memory_index(void)
{
	uint8_t frame[60];

	/* The same for an invalid index in memory. */
	setup(ALL_FEATURES(0));
	queue_start(&a);
	frame_eth(frame, mac_other, MAC(0), 0x88b5, 60);
	tx_frame(&a, frame, 60, 0);
	queue_state(&a)->tx_prod = 300;
	queue_state(&a)->rx_prod = 65;
	run();
	EQ(queue_error(&a, false), SVNIC_ERR_INDEX);
	EQ(queue_error(&a, true), SVNIC_ERR_INDEX);
	EQ(tx_cons(&a), 1);
	EQ(h->wire_n, 1);
}

static void halves_are_independent(void)
{
	uint8_t frame[60];
	struct queue b;

	setup(ALL_FEATURES(0));
	queue_alloc(&b, 0, 1);
	queue_start(&a);
	queue_start(&b);
	queue_post(&b, 10);
	doorbell(SVNIC_DB_TX, 10000);
	EQ(queue_status(&a), 2 | SVNIC_ERR_INDEX << 8);
	EQ(queue_status(&b), 3);
	/* The receive half of the same pair continues. */
	queue_post(&a, 10);
	run();
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 60);
	wire_rx(frame, 60);
	EQ(rx_drain(&a), 1);
	/* The other pair sends. */
	tx_frame(&b, frame, 60, 0);
	run();
	EQ(tx_cons(&b), 1);
	/* A driver that does not know of the error does not start it again. */
	wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 3);
	EQ(queue_status(&a), 2 | SVNIC_ERR_INDEX << 8);
	/* Writing the bit as 0 clears the error, as 1 starts the half again. */
	wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), SVNIC_QCTRL_RX);
	EQ(queue_status(&a), 2);
	queue_state(&a)->tx_prod = 0;
	queue_state(&a)->tx_cons = 0;
	queue_state(&a)->tx_kick = 0;
	wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 3);
	EQ(queue_status(&a), 3);
	tx_frame(&a, frame, 60, 0);
	run();
	EQ(tx_cons(&a), 1);
	wire_rx(frame, 60);
	EQ(rx_drain(&a), 1);
}

static void passing(void)
{
	static const uint32_t bases[] = { 0, 1000, 0x7ffffff0, 0x80000000,
					  0xffffffe0, 0xffffffff };
	uint32_t b, old, new, e, i;
	bool want;

	for (b = 0; b < sizeof(bases) / sizeof(bases[0]); b++) {
		for (old = 0; old < 40; old++) {
			for (new = old; new < 40; new++) {
				for (e = 0; e < 40; e++) {
					/* One of old, old + 1, .. new - 1. */
					want = false;
					for (i = old; i < new; i++)
						want |= i == e;
					EQ(svnic_passes(bases[b] + e,
							bases[b] + old,
							bases[b] + new), want);
				}
			}
		}
	}
}

/* A driver that asks for an interrupt at the next frame of each half. */
static void ask(uint64_t features)
{
	if (features & SVNIC_F_DB_ARM) {
		doorbell(SVNIC_DB_ARM_TX, a.tx_prod);
		doorbell(SVNIC_DB_ARM_RX, a.rx_cons);
	}
	queue_state(&a)->tx_event = a.tx_prod;
	queue_state(&a)->rx_event = a.rx_cons;
}

/* The rings work from the start indices on, for several passes. */
static void started_at(uint64_t features, uint32_t tx, uint32_t rx)
{
	static struct rxframe f;
	uint8_t frame[200];
	uint32_t i;

	setup(features);
	a.rx_fmt = tx & 1 ? SVNIC_RX_FMT_CMPL32 : SVNIC_RX_FMT_CMPL16;
	a.tx_start = tx;
	a.rx_start = rx;
	queue_start(&a);
	EQ(tx_cons(&a), tx);
	/* Nothing is posted yet. */
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 60);
	wire_rx(frame, 60);
	EQ(STAT(0, rx_no_buffer), 1);
	for (i = 0; i < 600; i++) {
		queue_post(&a, 1);
		run();
		frame_eth(frame, mac_other, MAC(0), 0x88b5, 60 + i % 100);
		tx_frame(&a, frame, 60 + i % 100, 0);
		frame_eth(frame, MAC(0), mac_other, 0x88b5, 60 + i % 100);
		wire_rx(frame, 60 + i % 100);
		EQ(tx_cons(&a), tx + i + 1);
		CHECK(rx_get(&a, &f));
		EQ(f.len, 60 + i % 100);
		CHECK(!memcmp(f.data, frame, f.len));
		CHECK(!rx_get(&a, &f));
		/* Interrupts were asked for, and are asked for again. */
		CHECK(irqs_take(0, 1) >= 1);
		ask(features);
		CHECK(!irqs_take(0, 1));
	}
	EQ(rd(0, SVNIC_QCFG(0, SVNIC_QCFG_TX_START)), tx);
	EQ(rd(0, SVNIC_QCFG(0, SVNIC_QCFG_RX_START)), rx);
	EQ(h->wire_n, 600);

	/* An old doorbell is ignored; one beyond the ring is an error. */
	doorbell(SVNIC_DB_TX, tx);
	doorbell(SVNIC_DB_TX, a.tx_prod - 0x7fffffff);
	doorbell(SVNIC_DB_RX, rx);
	queue_post(&a, 64);
	run();
	EQ(queue_status(&a), 3);
	EQ(h->wire_n, 600);
	doorbell(SVNIC_DB_TX, a.tx_prod + a.tx_size + 1);
	doorbell(SVNIC_DB_RX, a.rx_prod + 1);
	EQ(queue_error(&a, false), SVNIC_ERR_INDEX);
	EQ(queue_error(&a, true), SVNIC_ERR_INDEX);
	host_free();
}

static const uint32_t starts[] = {
	0, 1, 63, 64, 65, 100, 1000, 0x7fffffff, 0x80000000, 0x80000041,
	0xffffff00, 0xffffff80, 0xffffffc1, 0xffffffff,
};

#define STARTS	(sizeof(starts) / sizeof(starts[0]))

static void start_index(void)
{
	unsigned int i;

	for (i = 0; i < STARTS; i++) {
		started_at(ALL_FEATURES(0), starts[i], starts[i]);
		started_at(ALL_FEATURES(0) & ~SVNIC_F_EVENT_IDX, starts[i],
			   starts[(i + 5) % STARTS]);
		started_at(ALL_FEATURES(0) | SVNIC_F_DB_ARM,
			   starts[(i + 7) % STARTS], starts[i]);
		started_at((ALL_FEATURES(0) | SVNIC_F_DB_ARM) &
			   ~SVNIC_F_EVENT_IDX, starts[i],
			   starts[STARTS - 1 - i]);
	}
}

/* The state block as required for the start of either half */
static void state_set(uint32_t tx, uint32_t rx)
{
	*queue_state(&a) = (struct svnic_queue_state){
		.tx_prod = tx, .tx_event = tx, .tx_cons = tx, .tx_kick = tx,
		.rx_prod = rx, .rx_event = rx, .rx_kick = rx,
	};
}

/* Rings that were stopped continue with everything that is in them. */
static void start_again(void)
{
	uint32_t tx, rx, posted, i, n;
	uint8_t frame[60];

	setup(ALL_FEATURES(0));
	queue_start(&a);
	queue_post(&a, 64);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 60);
	for (i = 0; i < 50; i++) {
		for (n = rnd() % 40; n; n--) {
			wire_rx(frame, 60);
			tx_frame(&a, frame, 60, 0);
		}
		run();
		queue_post(&a, rx_drain(&a));
		run();
		wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
		tx = a.tx_prod;
		rx = a.rx_cons;
		posted = a.rx_prod;
		EQ(tx_cons(&a), tx);
		state_set(tx, rx);
		wr(0, SVNIC_QCFG(0, SVNIC_QCFG_TX_START), tx);
		wr(0, SVNIC_QCFG(0, SVNIC_QCFG_RX_START), rx);
		wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 3);
		EQ(queue_status(&a), 3);
		EQ(rx_drain(&a), 0);
		/* The postings are there, but must be announced. */
		queue_state(&a)->rx_prod = posted;
		doorbell(SVNIC_DB_RX, posted);
	}
	EQ(queue_status(&a), 3);
	EQ(STAT(0, rx_no_buffer), 0);
	EQ(STAT(0, rx_packets), a.rx_cons);
	EQ(STAT(0, tx_packets), a.tx_prod);
	CHECK(a.rx_cons > 500);
}

/* A stopped half does nothing; frames in flight are dropped. */
static void stop(void)
{
	unsigned int reads, writes;
	uint8_t frame[60];

	setup(ALL_FEATURES(0));
	queue_start(&a);
	queue_post(&a, 10);
	run();
	frame_eth(frame, mac_other, MAC(0), 0x88b5, 60);
	tx_frame(&a, frame, 60, 0);
	wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	EQ(queue_status(&a), 0);
	reads = h->reads;
	writes = h->writes;
	run();
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 60);
	wire_rx(frame, 60);
	EQ(h->reads, reads);
	EQ(h->writes, writes);
	EQ(STAT(0, rx_errors), 1);
	EQ(h->wire_n, 0);
	/* The same with a completion that is not written yet. */
	queue_start(&a);
	queue_post(&a, 10);
	run();
	svnic_core_wire_rx(h->core, &(struct svnic_frame){ .data = frame,
			   .len = 60 });
	wr(0, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	writes = h->writes;
	run();
	EQ(h->writes, writes);
	queue_start(&a);
	queue_post(&a, 10);
	wire_rx(frame, 60);
	EQ(rx_drain(&a), 1);
}

/* A ring does not see a doorbell of the one before. */
static void restart(void)
{
	uint8_t frame[60];

	setup(ALL_FEATURES(0));
	queue_start(&a);
	queue_post(&a, 64);
	run();
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 60);
	wire_rx(frame, 60);
	EQ(rx_drain(&a), 1);
	queue_start(&a);
	wire_rx(frame, 60);
	EQ(queue_status(&a), 3);
	EQ(STAT(0, rx_no_buffer), 1);
	EQ(STAT(0, rx_packets), 1);
}

/* Without EVENT_IDX only tx_cons of the state block is accessed. */
static void no_event_idx(void)
{
	struct svnic_queue_state *s;
	uint8_t frame[60];
	unsigned int i;

	setup(ALL_FEATURES(0) & ~SVNIC_F_EVENT_IDX);
	queue_start(&a);
	s = queue_state(&a);
	memset(s, 0x5a, sizeof(*s));
	queue_post(&a, 8);
	for (i = 0; i < 5; i++) {
		frame_eth(frame, mac_other, MAC(0), 0x88b5, 60);
		tx_frame(&a, frame, 60, 0);
		run();
		EQ(s->tx_cons, i + 1);
		EQ(irqs_take(0, 1), 1);
		frame_eth(frame, MAC(0), mac_other, 0x88b5, 60);
		wire_rx(frame, 60);
		EQ(rx_drain(&a), 1);
		EQ(irqs_take(0, 1), 1);
	}
	EQ(s->tx_kick, 0x5a5a5a5a);
	EQ(s->rx_kick, 0x5a5a5a5a);
	/* Not more buffers than announced by the doorbell. */
	for (i = 0; i < 10; i++)
		wire_rx(frame, 60);
	EQ(rx_drain(&a), 3);
	EQ(STAT(0, rx_no_buffer), 7);
	queue_post(&a, 8);
	run();
	wire_rx(frame, 60);
	EQ(rx_drain(&a), 1);
	EQ(queue_status(&a), 3);
}

const struct test queue_tests[] = {
	TEST(start_checks),
	TEST(not_enabled),
	TEST(granted),
	TEST(locked_while_active),
	TEST(replaced_alone),
	TEST(index_errors),
	TEST(stale_doorbells),
	TEST(memory_index),
	TEST(halves_are_independent),
	TEST(passing),
	TEST(start_index),
	TEST(start_again),
	TEST(stop),
	TEST(restart),
	TEST(no_event_idx),
	{ 0 },
};
