// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 10.9: save and restore of the state of a VF. */
#include <stdlib.h>

#include "svnic_core_priv.h"
#include "test.h"

#define STEPS		600
#define STATE_MAX	16384

/* What is visible from outside of VF 1 in a step */
struct seen {
	uint64_t	stats[20];	/* but those of PCI Express */
	uint32_t	cons;
	uint32_t	wire_n;
	uint32_t	wire_sum;
	uint32_t	got;
	uint32_t	irqs[2];
	uint32_t	events;
	uint32_t	status;
};

static struct seen stay[STEPS], go[STEPS];
static uint8_t state[STATE_MAX], other[STATE_MAX];
static struct rxframe r;

static uint32_t sum(const uint8_t *p, uint32_t len, uint32_t old)
{
	while (len--)
		old = (old ^ *p++) * 16777619u;
	return old;
}

/* The VF's state is saved, cleared and loaded again. */
static void reload(void)
{
	size_t len = svnic_core_save(h->core, 1, NULL, 0);
	struct svnic_qp *qp = h->core->fn[1].qp;
	unsigned int i;

	CHECK(len && len <= STATE_MAX && len % 8 == 0);
	EQ(svnic_core_save(h->core, 1, state, len - 1), 0);
	EQ(svnic_core_save(h->core, 1, state, len), len);
	svnic_fn_clear(h->core, &h->core->fn[1]);
	/* The NIC that loads the state had other queues. */
	for (i = 0; i < h->core->fn[1].max_queues; i++) {
		qp[i].cmpl_size ^= sizeof(struct svnic_rx_cmpl) ^
				   sizeof(struct svnic_rx_cmpl32);
		qp[i].cmpl_source = true;
	}
	CHECK(svnic_core_load(h->core, 1, state, len));
	EQ(svnic_core_save(h->core, 1, other, sizeof(other)), len);
	CHECK(!memcmp(state, other, len));
}

static void send_some(void)
{
	static struct tcp_frame f;
	struct svnic_tx_tso ctx = { .mss = 1000, .flags = SVNIC_TXD_CTX };
	struct svnic_tx_desc d = { .csum_offset = 16 };
	struct queue *p = &q[1];
	uint32_t len, kind = rnd() % 6;
	uint8_t frame[200];

	if (kind < 3) {
		len = 60 + rnd() % 100;
		frame_eth(frame, kind == 0 ? MAC(2) : kind == 1 ? mac_bcast :
			  mac_other, MAC(1), 0x88b5, len);
		tx_frame(p, frame, len, 0);
		return;
	}
	frame_l4(&f, &(struct tcp_args){ .payload = 200 + rnd() % 9000,
		 .smac = MAC(1), .dmac = kind == 3 ? MAC(2) : mac_other }, true);
	ctx.hdr_len = f.hdr_len;
	ctx.l3_start = f.l3;
	d.addr = tx_room(p, f.data, f.len);
	d.csum_start = f.l4;
	d.len = f.len;
	d.flags = SVNIC_TXD_SOP | SVNIC_TXD_CSUM | SVNIC_TXD_TSO;
	tx_put(p, &ctx);
	if (kind == 5) {
		/* its end comes later */
		d.len = f.len / 2;
		tx_put(p, &d);
		tx_ring(p);
		run();
		d.addr += d.len;
		d.len = f.len - d.len;
		d.flags = 0;
	}
	d.flags |= SVNIC_TXD_EOP;
	tx_put(p, &d);
	tx_ring(p);
}

static void step(void)
{
	struct queue *p = &q[1];
	uint8_t frame[200];
	uint32_t len;

	switch (rnd() % 10) {
	case 0 ... 2:
		if (p->tx_prod - tx_cons(p) < 200)
			send_some();
		break;
	case 3 ... 4:
		len = 60 + rnd() % 100;
		frame_eth(frame, rnd() % 2 ? MAC(1) : mac_bcast, mac_other,
			  0x88b5, len);
		svnic_core_wire_rx(h->core, &(struct svnic_frame){
				   .data = frame, .len = len });
		break;
	case 5:
		advance(1 + rnd() % 100);
		break;
	case 6:
		h->wire_room = rnd() % 4 ? 1000 : 1;
		break;
	case 7:
		queue_state(p)->tx_event = rnd() % 4 ? tx_cons(p) :
						       p->tx_prod + 1;
		queue_state(p)->rx_event = p->rx_cons;
		svnic_core_doorbell(h->core, 1, SVNIC_REF_DB_OFFSET +
				    SVNIC_DB_ARM_TX, tx_cons(p), 4);
		svnic_core_doorbell(h->core, 1, SVNIC_REF_DB_OFFSET +
				    SVNIC_DB_ARM_RX, p->rx_cons, 4);
		break;
	case 8:
		wr(1, SVNIC_REG_MODERATION_RX + 4, rnd() % 3 * 50);
		wr(1, SVNIC_REG_MODERATION_TX + 4,
		   rnd() % 3 * 80 | (rnd() % 5) << 16);
		break;
	default:
		run();
	}
}

static void look(struct seen *s)
{
	static const uint64_t own[] = {
		offsetof(struct svnic_fn_stats, dma_reads),
		offsetof(struct svnic_fn_stats, dma_read_bytes),
		offsetof(struct svnic_fn_stats, dma_writes),
		offsetof(struct svnic_fn_stats, dma_write_bytes),
		offsetof(struct svnic_fn_stats, interrupts),
	};
	struct svnic_event ev;
	uint64_t at;
	unsigned int i, n = 0;

	memset(s, 0, sizeof(*s));
	for (at = 0; at < own[0]; at += 8)
		s->stats[n++] = stat(1, at);
	s->status = rd(1, SVNIC_REG_STATUS) ^ queue_status(&q[1]) << 8;
	s->cons = tx_cons(&q[1]);
	s->wire_n = h->wire_n;
	for (i = 0; i < h->wire_n; i++)
		s->wire_sum = sum(h->wire[i].data, h->wire[i].f.len,
				  s->wire_sum);
	wire_clear();
	while (rx_get(&q[1], &r))
		s->got = sum(r.data, r.len, s->got + r.info);
	while (rx_get(&q[2], &r))
		s->got = sum(r.data, r.len, s->got + r.info);
	queue_post(&q[1], q[1].rx_size - (q[1].rx_prod - q[1].rx_cons));
	queue_post(&q[2], q[2].rx_size - (q[2].rx_prod - q[2].rx_cons));
	while (event_get(1, &ev))
		s->events = s->events * 31 + ev.type + ev.data;
	event_cons(1);
	s->irqs[0] = irqs_take(1, 0);
	s->irqs[1] = irqs_take(1, 1);
}

static void trace(uint64_t seed, struct seen *log, bool reloads)
{
	unsigned int i;

	host_free();
	host_new(NULL);
	net_up(2, 0);
	EQ(vport_filter(1, mac_mcast, true), 0);
	EQ(vport_vid(1, 7, true), 0);
	EQ(vport_svid(1, 4094, true), 0);
	wr(1, SVNIC_REG_CTRL, 0);
	fn_up(1, ALL_FEATURES(1) | (seed & 1 ? SVNIC_F_DB_ARM : 0));
	if (seed & 2) {
		q[1].tx_start = 0xffffffff - 17 * seed;
		q[1].rx_start = 0x80000000 - 17 * seed;
	}
	/* Hashes of each kind; without the rest of the state pair 0 has all. */
	rss_start(1);
	wr(1, SVNIC_REG_RSS_CTRL, seed << 1 | SVNIC_RSS_ENABLE);
	if (seed & 4)
		q[1].rx_fmt = SVNIC_RX_FMT_CMPL32;
	queue_start(&q[1]);
	queue_post(&q[1], q[1].rx_size);
	run();
	rnd_seed(seed);
	h->wire_room = 1000;
	for (i = 0; i < STEPS; i++) {
		step();
		if (reloads)
			reload();
		run();
		if (reloads)
			reload();
		look(&log[i]);
	}
	EQ(queue_status(&q[1]), 3);
	CHECK(STAT(1, rx_packets) > 50 && STAT(1, tx_packets) > 50);
}

/* A trace of packets continues without a difference after a save anywhere. */
static void round_trip(void)
{
	unsigned int seed, i;

	for (seed = 1; seed <= 10; seed++) {
		trace(seed, stay, false);
		trace(seed, go, true);
		for (i = 0; i < STEPS; i++) {
			EQ(go[i].wire_n, stay[i].wire_n);
			EQ(go[i].irqs[1], stay[i].irqs[1]);
			EQ(go[i].cons, stay[i].cons);
			EQ(memcmp(&go[i], &stay[i], sizeof(*go)), 0);
		}
	}
}

/* A request in flight is reported to the PF of the loading NIC. */
static void mailbox(void)
{
	struct svnic_event ev;
	uint64_t box;

	net_up(1, 0);
	box = mem_alloc(1, 512);
	wr64(1, SVNIC_REG_MBX_BASE_LO, box);
	events_drain(0);
	wr(1, SVNIC_REG_MBX_DB, 32);
	run();
	CHECK(event_get(0, &ev));
	EQ(ev.type, SVNIC_EVENT_MBX_REQUEST);
	event_cons(0);
	h->core->fn[1].s.told = 0;	/* as the next PF's NIC knows of none */
	reload();
	run();
	CHECK(rd(1, SVNIC_REG_STATUS) & SVNIC_STATUS_MBX_BUSY);
	CHECK(event_get(0, &ev));
	EQ(ev.type, SVNIC_EVENT_MBX_REQUEST);
	EQ(ev.data, 32);
}

/* A doorbell with an index that is not in the ring */
static void fail_half(void)
{
	queue_start(&q[1]);
	wr(1, SVNIC_REF_DB_OFFSET + SVNIC_DB_TX, q[1].tx_size + 1);
	run();
	EQ(queue_error(&q[1], false), SVNIC_ERR_INDEX);
}

/* What section 11.6 keeps when a VF is not ENABLED any more */
static void kept(void)
{
	struct svnic_event ev;

	net_up(1, 0);
	events_drain(0);
	wr(1, SVNIC_REG_EVQ_SIZE, 0);
	svnic_core_set_link(h->core, false);
	svnic_core_set_link(h->core, true);
	/* The second error is kept for the PF, too. */
	fail_half();
	fail_half();
	wr(1, SVNIC_REG_CTRL, 0);
	/* A doorbell that was not looked at yet; it is ignored later. */
	wr(1, SVNIC_REF_DB_OFFSET + SVNIC_DB_TX, 1);
	reload();
	run();
	EQ(rd(1, SVNIC_REG_STATUS), SVNIC_STATUS_READY);

	fn_up(1, ALL_FEATURES(1));
	CHECK(event_get(1, &ev));
	EQ(ev.type, SVNIC_EVENT_LINK);
	CHECK(event_get(1, &ev));
	EQ(ev.type, SVNIC_EVENT_QUEUE_ERROR);
	EQ(ev.data, SVNIC_ERR_INDEX << SVNIC_QUEUE_ERROR_CODE_SHIFT);
	CHECK(!event_get(1, &ev));
	events_drain(0);
	vport_info(1);
	CHECK(event_get(0, &ev));
	EQ(ev.type, SVNIC_EVENT_QUEUE_ERROR);
	EQ(ev.vf, 0);
}

/* A frame of which many short segments were charged, and some are sent. */
static void segments(void)
{
	static struct tcp_frame f;
	unsigned int i;

	net_up(2, 0);
	frame_l4(&f, &(struct tcp_args){ .payload = 60000, .smac = MAC(1),
		 .dmac = mac_other }, true);
	tx_tso(&q[1], &f, SVNIC_TSO_MSS_MIN);
	for (i = 0; tx_cons(&q[1]) != q[1].tx_prod; i++) {
		CHECK(i < 10);
		h->wire_room = 100;
		reload();
		run();
	}
	EQ(STAT(1, tx_packets), (60000 + 63) / 64);
	EQ(h->wire_n, (60000 + 63) / 64);
}

/* Nothing of @data is used, and nothing changes. */
static void refused(const uint8_t *data, size_t len)
{
	static struct svnic_fn_state before;
	static struct svnic_qp_state qp;

	before = h->core->fn[1].s;
	qp = h->core->fn[1].qp[0].s;
	CHECK(!svnic_core_load(h->core, 1, data, len));
	CHECK(!memcmp(&before, &h->core->fn[1].s, sizeof(before)));
	CHECK(!memcmp(&qp, &h->core->fn[1].qp[0].s, sizeof(qp)));
}

static struct svnic_tlv *entry(unsigned int n)
{
	uint8_t *p = state;

	while (n--)
		p += 8 + ((((struct svnic_tlv *)p)->len + 7) & ~7u);
	return (struct svnic_tlv *)p;
}

static size_t save(void)
{
	size_t len = svnic_core_save(h->core, 1, state, sizeof(state));

	CHECK(len);
	svnic_fn_clear(h->core, &h->core->fn[1]);
	return len;
}

/**
 * struct field - a member of the state, and a value that it cannot have
 * @at: address of the member
 * @size: its size in bytes
 * @val: the value
 */
struct field {
	void		*at;
	size_t		size;
	uint64_t	val;
};

#define FIELD(member, value) { &(member), sizeof(member), value }

/* Each of these values alone makes the state of VF 1 impossible. */
static void refused_values(const struct field *field)
{
	size_t len = svnic_core_save(h->core, 1, other, sizeof(other));

	CHECK(len);
	for (; field->at; field++) {
		memcpy(field->at, &field->val, field->size);
		EQ(save(), len);
		refused(state, len);
		CHECK(svnic_core_load(h->core, 1, other, len));
	}
}

static void impossible_news(struct svnic_fn *fn)
{
	const struct field fields[] = {
		FIELD(fn->s.error, SVNIC_ERR_EXISTS),
		FIELD(fn->s.pending, SVNIC_PEND_NOTIFY),
		FIELD(fn->s.notify, SVNIC_NOTIFY_CONFIG),
		FIELD(fn->s.pending, SVNIC_PEND_MBX_REPLY),
		FIELD(fn->s.queue_error_pf, SVNIC_ERR_STOPPED <<
					    SVNIC_QUEUE_ERROR_CODE_SHIFT),
		FIELD(fn->s.queue_error[SVNIC_TX][0], SVNIC_ERR_GRANT),
		{ 0 },
	};

	refused_values(fields);
}

/* Both halves of pair 0 run, and no other; nothing is to be sent. */
static void impossible_pairs(struct svnic_fn *fn)
{
	const struct field fields[] = {
		FIELD(fn->qp[0].s.error[SVNIC_TX], SVNIC_ERR_DESC),
		FIELD(fn->qp[0].s.error[SVNIC_RX], SVNIC_ERR_INDEX),
		FIELD(fn->qp[1].s.error[SVNIC_TX], SVNIC_ERR_EXISTS),
		FIELD(fn->qp[0].s.tx_seg, 1),
		FIELD(fn->qp[0].s.tx_copying, 1),
		FIELD(fn->qp[1].s.tx_seg, 1025),
		FIELD(fn->qp[1].s.tx_counted, 60),
		FIELD(fn->qp[1].s.tx_copy.step, 1),
		{ 0 },
	};

	refused_values(fields);
}

/* Vector 1 has news of pair 0, and a decision is due within 1000 us. */
static void impossible_vectors(struct svnic_fn *fn)
{
	const struct field fields[] = {
		FIELD(fn->vec[1].queues, 3),	/* pair 1 does not run */
		FIELD(fn->qp[0].s.vector, 2),	/* it has another vector */
		FIELD(fn->vec[0].events, 1),	/* no decision is due */
		FIELD(fn->vec[1].events, 1),	/* it is not vector 0 */
		FIELD(fn->vec[1].deadline, h->now + 10000001),
		{ 0 },
	};

	EQ(fn->vec[1].queues, 1);
	refused_values(fields);
}

/* A function that is not ENABLED makes no decisions. */
static void impossible_frames(struct svnic_fn *fn)
{
	const struct field fields[] = {
		FIELD(fn->vec[1].frames[SVNIC_TX], 1),
		FIELD(fn->vec[2].frames[SVNIC_RX], 1),
		{ 0 },
	};

	refused_values(fields);
}

/* Values that no driver reaches by any use of its registers and rings */
static void impossible(void)
{
	struct svnic_fn *fn;
	uint8_t frame[60];

	net_up(1, 0);
	fn = &h->core->fn[1];
	impossible_news(fn);
	impossible_pairs(fn);
	wr(1, SVNIC_REG_MODERATION_RX + 4, 1000);
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 60);
	wire_rx(frame, 60);
	wire_rx(frame, 60);
	impossible_vectors(fn);
	wr(1, SVNIC_REG_CTRL, 0);
	impossible_frames(fn);
}

static void bad(void)
{
	struct svnic_tlv *e;
	size_t len, n;
	unsigned int i;

	net_up(1, 0);
	EQ(vport_filter(1, mac_mcast, true), 0);
	/*
	 * Not while it is ENABLED, and not for the PF or a VF that does not
	 * exist.
	 */
	len = svnic_core_save(h->core, 1, state, sizeof(state));
	refused(state, len);
	EQ(svnic_core_save(h->core, 0, other, sizeof(other)), 0);
	EQ(svnic_core_save(h->core, 2, other, sizeof(other)), 0);
	CHECK(!svnic_core_load(h->core, 0, state, len));
	CHECK(!svnic_core_load(h->core, 2, state, len));

	len = save();
	for (n = 0; n < len; n++)
		refused(state, n);
	memcpy(other, state, len);
	memcpy(other + len, state, len);
	refused(other, len + len);		/* all of it twice */
	refused(other, len + 8);
	for (i = 0; i < 9; i++) {
		e = entry(i);
		e->type ^= 0x100;		/* unknown */
		refused(state, len);
		e->type ^= 0x100 ^ 3;		/* another, so one twice */
		refused(state, len);
		e->type ^= 3;
		e->version ^= 1;
		refused(state, len);
		e->version ^= 1;
		e->len -= 1;			/* short, long */
		refused(state, len);
		e->len += 2;
		refused(state, len);
		e->len = 0xfffffff8;
		refused(state, len);
		memcpy(state, other, len);
	}
	/* An invalid format has no effect in a half that does not run. */
	CHECK(svnic_core_load(h->core, 1, state, len));
	h->core->fn[1].qp[0].s.rx_fmt = 2;
	refused(state, save());
	memcpy(state, other, len);
	CHECK(svnic_core_load(h->core, 1, state, len));
	h->core->fn[1].qp[1].s.rx_fmt = 2;
	n = save();
	CHECK(svnic_core_load(h->core, 1, state, n));
	EQ(rd(1, SVNIC_QCFG(1, SVNIC_QCFG_RX_FMT)), 2);
	n = save();
	memcpy(state, other, len);
	/* A function that is not ENABLED makes no interrupt decisions. */
	CHECK(svnic_core_load(h->core, 1, state, len));
	wr(1, SVNIC_REG_CTRL, 0);
	n = svnic_core_save(h->core, 1, other, sizeof(other));
	CHECK(svnic_core_load(h->core, 1, other, n));
	memcpy(state, other, n);
	for (i = 0; i < 5; i++) {
		memset((uint8_t *)(entry(4) + 1) + 40 * i + 32, 0, 8);
		refused(state, n);
		memcpy(state, other, n);
	}
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	queue_start(&q[1]);
	len = save();
	/* Resources that the VF is not granted here */
	EQ(vport_disable(1), 0);
	EQ(vport_grant(1, 0, 5, 8, 8), 0);
	EQ(vport_enable(1, 0), 0);
	refused(state, len);			/* its pair */
	EQ(vport_disable(1), 0);
	EQ(vport_grant(1, 4, 5, 8, 8), 0);
	refused(state, len);			/* not READY */
	EQ(vport_enable(1, 0), 0);
	CHECK(svnic_core_load(h->core, 1, state, len));
}

/* A state with wrong bits is refused, or does no harm. */
static void wrong_bits(void)
{
	uint8_t frame[60];
	unsigned int i, n, taken = 0;
	size_t len;

	net_up(2, 0);
	EQ(vport_filter(1, mac_mcast, true), 0);
	EQ(vport_vid(1, 7, true), 0);
	frame_eth(frame, mac_bcast, MAC(2), 0x88b5, 60);
	h->lenient = true;
	for (i = 0; i < 1000; i++) {
		tx_frame(&q[2], frame, 60, 0);
		len = save();
		memcpy(other, state, len);
		for (n = 1 + rnd() % 3; n; n--)
			other[rnd() % len] ^= 1u << rnd() % 8;
		if (svnic_core_load(h->core, 1, other, len)) {
			taken++;
			advance(50);
			svnic_fn_clear(h->core, &h->core->fn[1]);
		}
		CHECK(svnic_core_load(h->core, 1, state, len));
		run();
		rx_drain(&q[1]);
		queue_zero(&q[1]);
		queue_start(&q[1]);
		queue_post(&q[1], 64);
		EQ(tx_cons(&q[2]), i + 1);
		if (i % 50 == 49)
			event_cons(1);
		wire_clear();
	}
	CHECK(taken > 50);
}

const struct test save_tests[] = {
	TEST(round_trip),
	TEST(mailbox),
	TEST(kept),
	TEST(segments),
	TEST(impossible),
	TEST(bad),
	TEST(wrong_bits),
	{ 0 },
};
