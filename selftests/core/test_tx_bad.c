// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections 5.1 and 5.2: every malformed chain. */
#include "svnic_core_priv.h"
#include "test.h"

#define SOP	SVNIC_TXD_SOP
#define EOP	SVNIC_TXD_EOP
#define CSUM	SVNIC_TXD_CSUM
#define TSO	SVNIC_TXD_TSO
#define CTX	SVNIC_TXD_CTX

static struct queue *t;

static void setup(void)
{
	net_up(1, 0);
	t = &q[1];
}

/*
 * The chain must stop the ring with SVNIC_ERR_DESC. Two good frames before it
 * are sent; nothing else is.
 */
static void malformed(const struct svnic_tx_desc *descs, unsigned int n)
{
	static uint8_t frame[100];
	uint64_t errors = STAT(1, tx_errors);
	struct svnic_event event;

	queue_start(t);
	wire_clear();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	tx_put_piece(t, frame, 100, SOP | EOP);
	tx_put_piece(t, frame, 50, SOP);
	tx_put_piece(t, frame + 50, 50, EOP);
	while (n--)
		tx_put(t, descs++);
	tx_put_piece(t, frame, 100, SOP | EOP);
	tx_ring(t);
	run();
	EQ(queue_error(t, false), SVNIC_ERR_DESC);
	EQ(queue_status(t) & 3, 2);
	EQ(tx_cons(t), 3);
	EQ(h->wire_n, 2);
	EQ(STAT(1, tx_errors), errors + 1);
	CHECK(event_get(1, &event));
	EQ(event.type, SVNIC_EVENT_QUEUE_ERROR);
	EQ(event.data, SVNIC_ERR_DESC << 16);
	EQ(event.vf, SVNIC_EVENT_SELF);
	event_cons(1);
	do {
		CHECK(event_get(0, &event));
	} while (event.type == SVNIC_EVENT_COMMAND);
	EQ(event.type, SVNIC_EVENT_QUEUE_ERROR);
	EQ(event.data, SVNIC_ERR_DESC << 16);
	EQ(event.vf, 0);
	/* The PF has got an event, and would get one about the next error. */
	vport_info(1);
	/* The ring does nothing more. */
	tx_ring(t);
	run();
	EQ(h->wire_n, 2);
}

/*
 * The frame must be dropped and counted, and no other: the frames before and
 * behind it are sent.
 */
static void dropped(const struct svnic_tx_desc *descs, unsigned int n)
{
	static uint8_t frame[100];
	uint64_t errors = STAT(1, tx_errors), sent = STAT(1, tx_packets);
	uint32_t cons = n + 2;

	queue_start(t);
	wire_clear();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	tx_put_piece(t, frame, 100, SOP | EOP);
	while (n--)
		tx_put(t, descs++);
	tx_put_piece(t, frame, 100, SOP | EOP);
	tx_ring(t);
	run();
	EQ(queue_status(t), 3);
	EQ(tx_cons(t), cons);
	EQ(h->wire_n, 2);
	EQ(STAT(1, tx_errors), errors + 1);
	EQ(STAT(1, tx_packets), sent + 2);
	EQ(events_drain(1), 0);
}

static void one(struct svnic_tx_desc desc)
{
	malformed(&desc, 1);
}

static void bad_flags(void)
{
	static uint8_t frame[100];
	struct svnic_tx_desc d[3];
	unsigned int bit;

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	/* T1: flags that are not defined. */
	for (bit = 6; bit < 15; bit++)
		one(tx_piece(t, frame, 100, SOP | EOP | 1 << bit));
	/* T2: no SOP; SOP twice. */
	one(tx_piece(t, frame, 100, EOP));
	one(tx_piece(t, frame, 100, 0));
	d[0] = tx_piece(t, frame, 50, SOP);
	d[1] = tx_piece(t, frame, 50, SOP | EOP);
	malformed(d, 2);
	d[1] = tx_piece(t, frame, 50, SOP);
	malformed(d, 2);
	/* T4: TSO with no context. */
	one(tx_piece(t, frame, 100, SOP | EOP | TSO | CSUM));
	/* T5: len 0, first and later. */
	d[0] = tx_piece(t, frame, 50, SOP | EOP);
	d[0].len = 0;
	malformed(d, 1);
	d[0] = tx_piece(t, frame, 50, SOP);
	d[1] = tx_piece(t, frame, 50, EOP);
	d[1].len = 0;
	malformed(d, 2);
	/* T6, T13: CSUM, VLAN, TSO, INLINE, CTX on a later piece. */
	d[0] = tx_piece(t, frame, 50, SOP);
	for (bit = 2; bit < 16; bit++) {
		d[1] = tx_piece(t, frame, 50, EOP | 1 << bit);
		malformed(d, 2);
	}
}

static void bad_lengths(void)
{
	static uint8_t frame[70000];
	static struct svnic_tx_desc d[64];
	unsigned int i;

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	/* T9: shorter than a header; T10: longer than FRAME_MAX. */
	one(tx_piece(t, frame, 13, SOP | EOP));
	one(tx_piece(t, frame, 1, SOP | EOP));
	one(tx_piece(t, frame, SVNIC_FRAME_MAX + 1, SOP | EOP));
	one(tx_piece(t, frame, 65535, SOP | EOP));
	d[0] = tx_piece(t, frame, 9000, SOP);
	d[1] = tx_piece(t, frame, 217, EOP);
	malformed(d, 2);
	/* T8: no EOP in TX_CHAIN entries, of any length. */
	d[0] = tx_piece(t, frame, 1, SOP);
	for (i = 1; i < 64; i++)
		d[i] = tx_piece(t, frame, 1, 0);
	malformed(d, SVNIC_TX_CHAIN);
	malformed(d, 64);
	for (i = 0; i < 64; i++)
		d[i] = tx_piece(t, frame, 65535, i ? 0 : SOP);
	malformed(d, 64);
	d[47] = tx_piece(t, frame, 1, EOP);
	malformed(d, 48);
}

static void bad_csum(void)
{
	static uint8_t frame[600];
	struct svnic_tx_desc d;
	unsigned int start;

	setup();
	/* T7: in the Ethernet header, or in a tag: the frame is dropped. */
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 600);
	for (start = 0; start < 14; start++) {
		d = tx_piece(t, frame, 100, SOP | EOP | CSUM);
		d.csum_start = start;
		d.csum_offset = 20;
		dropped(&d, 1);
	}
	frame_vlan(frame, 100, 0x8100, 5);
	for (start = 0; start < 18; start++) {
		d = tx_piece(t, frame, 100, SOP | EOP | CSUM);
		d.csum_start = start;
		dropped(&d, 1);
	}
	frame_eth(frame, mac_other, MAC(1), 0x88a8, 600);
	d = tx_piece(t, frame, 100, SOP | EOP | CSUM);
	d.csum_start = 17;
	dropped(&d, 1);
	/* T11: beyond the end. */
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 600);
	d = tx_piece(t, frame, 100, SOP | EOP | CSUM);
	d.csum_start = 34;
	d.csum_offset = 65;
	malformed(&d, 1);
	d = tx_piece(t, frame, 14, SOP | EOP | CSUM);
	d.csum_start = 255;
	d.csum_offset = 255;
	malformed(&d, 1);
	d = tx_piece(t, frame, 100, SOP | EOP | CSUM);
	d.csum_start = 34;
	d.csum_offset = 64;
	queue_start(t);
	tx_put(t, &d);
	tx_ring(t);
	run();
	EQ(queue_status(t), 3);
}

static void bad_context(void)
{
	static struct tcp_frame f;
	struct svnic_tx_desc d[2];
	struct svnic_tx_tso *tso = (struct svnic_tx_tso *)&d[0], good = {
		.mss = 100, .hdr_len = 54, .flags = CTX, .l3_start = 14,
	};
	unsigned int i;

	setup();
	frame_l4(&f, &(struct tcp_args){ .payload = 1000 }, true);
	d[1] = tx_piece(t, f.data, f.len, SOP | EOP | CSUM | TSO);
	d[1].csum_start = 34;
	d[1].csum_offset = 16;
	/* T3: reserved fields, flags, what follows. */
	for (i = 0; i < 3; i++) {
		*tso = good;
		tso->rsvd0[i] = 1;
		malformed(d, 2);
	}
	for (i = 0; i < 3; i++) {
		*tso = good;
		tso->rsvd1[i] = 0x80;
		malformed(d, 2);
	}
	for (i = 0; i < 15; i++) {
		*tso = good;
		tso->flags |= 1 << i;
		malformed(d, 2);
	}
	*tso = good;
	d[1].flags = SOP | EOP | CSUM;
	malformed(d, 2);
	d[1].flags = SOP | EOP | TSO;		/* S1 */
	malformed(d, 2);
	d[1].flags = EOP | CSUM | TSO;
	malformed(d, 2);
	d[1] = d[0];				/* another context */
	malformed(d, 2);
}

/* Only type 0 is defined, and a chain has at most one context of it. */
static void context_types(void)
{
	static struct tcp_frame f;
	struct svnic_tx_desc d[3];
	struct svnic_tx_tso *tso = (struct svnic_tx_tso *)d, good = {
		.mss = 100, .hdr_len = 54, .flags = CTX, .l3_start = 14,
	};
	uint16_t first, second;

	setup();
	frame_l4(&f, &(struct tcp_args){ .payload = 1000 }, true);
	for (first = 0; first <= SVNIC_TXD_CTX_TYPE_MASK; first++) {
		tso[0] = good;
		tso[0].flags |= first;
		d[1] = tx_piece(t, f.data, f.len, SOP | EOP | CSUM | TSO);
		d[1].csum_start = 34;
		d[1].csum_offset = 16;
		d[2] = d[1];
		if (first)
			malformed(d, 2);
		for (second = 0; second <= SVNIC_TXD_CTX_TYPE_MASK; second++) {
			tso[1] = good;
			tso[1].flags |= second;
			malformed(d, 3);
		}
	}
	/* Also not one with all other fields 0. */
	memset(d, 0, sizeof(d[0]));
	d[0].flags = CTX | 1;
	d[1] = tx_piece(t, f.data, f.len, SOP | EOP);
	malformed(d, 2);
}

static void not_accepted(void)
{
	static struct tcp_frame f;
	struct svnic_tx_desc d[2];
	struct svnic_tx_tso *tso = (struct svnic_tx_tso *)&d[0];

	net_up(1, SVNIC_F_TX_CSUM | SVNIC_F_TSO | SVNIC_F_TSO_TUNNEL |
	       SVNIC_F_VLAN_INSERT);
	t = &q[1];
	frame_l4(&f, &(struct tcp_args){ .payload = 1000 }, true);
	d[0] = tx_piece(t, f.data, f.len, SOP | EOP | CSUM);
	d[0].csum_start = 34;
	d[0].csum_offset = 16;
	malformed(d, 1);
	one(tx_piece(t, f.data, f.len, SOP | EOP | SVNIC_TXD_VLAN));
	d[1] = tx_piece(t, f.data, f.len, SOP | EOP | CSUM | TSO);
	*tso = (struct svnic_tx_tso){
		.mss = 100, .hdr_len = 54, .flags = CTX, .l3_start = 14,
	};
	malformed(d, 2);
}

/* T13 and T14, and other rules that apply to inline frames. */
static void bad_inline(void)
{
	static uint8_t frame[SVNIC_TX_INLINE + 16];
	static struct tcp_frame f;
	struct svnic_tx_desc d[20] = { 0 }, good = tx_inline(100, 0);
	struct svnic_tx_tso *tso = (struct svnic_tx_tso *)&d[0];
	unsigned int bit, i;

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, sizeof(frame));
	memcpy(&d[1], frame, 100);
	for (bit = 0; bit < 2; bit++) {		/* SOP, EOP */
		d[0] = good;
		d[0].flags &= ~(1u << bit);
		malformed(d, 8);
	}
	d[0] = tx_inline(50, 0);		/* whose end comes later */
	d[0].flags &= ~EOP;
	d[1] = tx_piece(t, frame + 50, 50, EOP);
	malformed(d, 2);
	memcpy(&d[1], frame, 100);
	for (bit = 0; bit < 64; bit += 21) {
		d[0] = good;
		d[0].addr = 1ULL << bit;
		malformed(d, 8);
	}
	d[0] = tx_inline(100, TSO);		/* T4, T13 */
	malformed(d, 8);
	d[0] = tx_inline(0, 0);			/* T5 */
	malformed(d, 1);
	d[0] = tx_inline(13, 0);			/* T9 */
	malformed(d, 2);
	d[0] = tx_inline(100, CSUM);		/* T11 */
	d[0].csum_start = 34;
	d[0].csum_offset = 65;
	malformed(d, 8);
	d[0] = tx_inline(100, CSUM);		/* T7 */
	d[0].csum_start = 13;
	dropped(d, 8);
	for (i = 1; i < 65536; i *= 2) {	/* T14, posted or not */
		d[0] = tx_inline(SVNIC_TX_INLINE + i, 0);
		malformed(d, i & 1 ? 17 : 1);
	}
	/* The piece is not the first. */
	d[0] = tx_piece(t, frame, 50, SOP);
	d[1] = tx_inline(50, 0);
	d[1].flags &= ~SOP;
	malformed(d, 6);

	/* After a context. */
	frame_l4(&f, &(struct tcp_args){ .payload = 100 }, true);
	*tso = (struct svnic_tx_tso){
		.mss = 64, .hdr_len = 54, .flags = CTX, .l3_start = 14,
	};
	d[1] = tx_inline(f.len, CSUM | TSO);
	d[1].csum_start = f.l4;
	d[1].csum_offset = 16;
	memcpy(&d[2], f.data, f.len);
	malformed(d, 12);
	d[1].flags &= ~TSO;
	malformed(d, 12);

	/* The longest frame that breaks no rule. */
	queue_start(t);
	d[0] = tx_inline(SVNIC_TX_INLINE, 0);
	tx_put_inline(t, &d[0], frame);
	tx_ring(t);
	run();
	EQ(queue_status(t), 3);
	EQ(tx_cons(t), t->tx_prod);
}

static void inline_not_accepted(void)
{
	static uint8_t frame[100];
	struct svnic_tx_desc d[8];

	net_up(1, SVNIC_F_TX_INLINE);
	t = &q[1];
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	d[0] = tx_inline(100, 0);
	memcpy(&d[1], frame, 100);
	malformed(d, 8);
}

const struct test tx_bad_tests[] = {
	TEST(bad_flags),
	TEST(bad_lengths),
	TEST(bad_csum),
	TEST(bad_context),
	TEST(context_types),
	TEST(not_accepted),
	TEST(bad_inline),
	TEST(inline_not_accepted),
	{ 0 },
};
