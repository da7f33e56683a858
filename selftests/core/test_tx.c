// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections 5.1 and 5.2: transmission, and every malformed chain. */
#include "svnic_core_priv.h"
#include "test.h"

#define SOP	SVNIC_TXD_SOP
#define EOP	SVNIC_TXD_EOP
#define CSUM	SVNIC_TXD_CSUM
#define TSO	SVNIC_TXD_TSO
#define CTX	SVNIC_TXD_CTX
#define INLINE	SVNIC_TXD_INLINE

static struct queue *t;

static void setup(void)
{
	net_up(1, 0);
	t = &q[1];
}

static struct svnic_tx_desc piece(const void *data, uint32_t len,
				  uint16_t flags)
{
	return (struct svnic_tx_desc){
		.addr = tx_room(t, data, len),
		.len = len,
		.flags = flags,
	};
}

static void put(const void *data, uint32_t len, uint16_t flags)
{
	struct svnic_tx_desc desc = piece(data, len, flags);

	tx_put(t, &desc);
}

/* The frame on the wire is the same, except for padding. */
static void on_wire(unsigned int i, const uint8_t *frame, uint32_t len)
{
	uint32_t wire_len = len < 60 ? 60 : len, n;

	CHECK(i < h->wire_n);
	EQ(h->wire[i].f.len, wire_len);
	CHECK(!memcmp(h->wire[i].data, frame, len));
	for (n = len; n < wire_len; n++)
		EQ(h->wire[i].data[n], 0);
	CHECK(!h->wire[i].f.csum_partial && !h->wire[i].f.gso_size);
}

static void lengths(void)
{
	static const uint32_t lens[] = { 14, 15, 42, 59, 60, 61, 1514, 1518,
					 4096, 9018, 9216 };
	static uint8_t frame[10000];
	unsigned int i;

	setup();
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		/* These bytes must not appear in the padding. */
		memset(frame, 0xee, sizeof(frame));
		frame_eth(frame, mac_other, MAC(1), 0x88b5, 9000);
		tx_frame(t, frame, 9000, 0);
		run();
		wire_clear();
		frame_eth(frame, mac_other, MAC(1), 0x88b5, lens[i]);
		tx_frame(t, frame, lens[i], 0);
		run();
		EQ(h->wire_n, 1);
		on_wire(0, frame, lens[i]);
	}
	EQ(queue_status(t), 3);
}

static void pieces(void)
{
	static uint8_t frame[9216];
	unsigned int n, i, at, len;

	setup();
	for (n = 1; n <= SVNIC_TX_CHAIN; n++) {
		frame_eth(frame, mac_other, MAC(1), 0x88b5, 9216);
		for (i = at = 0; i < n; i++, at += len) {
			len = n - i == 1 ? 1 + rnd() % (9216 - at) :
			      1 + rnd() % (2 * 100);
			put(frame + at, len, (i ? 0 : SOP) |
			    (i == n - 1 ? EOP : 0));
		}
		if (at < 14) {
			/* Too short for a frame; make it longer. */
			((struct svnic_tx_desc *)mem_at(t->tx))
				[(t->tx_prod - 1) & 255].len = 14;
			at = 0;
		}
		tx_ring(t);
		run();
		EQ(tx_cons(t), t->tx_prod);
		EQ(h->wire_n, 1);
		if (at)
			on_wire(0, frame, at);
		wire_clear();
	}
	EQ(queue_status(t), 3);
}

/* A chain may be longer than the quarter of a ring that is a batch. */
static void small_ring(void)
{
	uint8_t frame[480];
	unsigned int n, i;

	setup();
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	t->tx_size = 64;
	queue_start(t);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, sizeof(frame));
	for (n = 2; n <= SVNIC_TX_CHAIN; n++) {
		for (i = 0; i < n; i++)
			put(frame + 10 * i, 10, (i ? 0 : SOP) |
			    (i == n - 1 ? EOP : 0));
		tx_ring(t);
		run();
		EQ(tx_cons(t), t->tx_prod);
		EQ(h->wire_n, 1);
		on_wire(0, frame, 10 * n);
		wire_clear();
	}
	EQ(queue_status(t), 3);
}

static void batches(void)
{
	uint8_t frame[100];
	unsigned int i;

	setup();
	for (i = 0; i < 1000; i++) {
		frame_eth(frame, mac_other, MAC(1), 0x88b5, 60 + i % 40);
		put(frame, 60 + i % 40, SOP | EOP);
		if (i % 250 != 249)
			continue;
		tx_ring(t);
		run();
		EQ(tx_cons(t), i + 1);
	}
	EQ(h->wire_n, 1000);
	for (i = 0; i < 1000; i++) {
		frame_eth(frame, mac_other, MAC(1), 0x88b5, 60 + i % 40);
		on_wire(i, frame, 60 + i % 40);
	}
	EQ(STAT(1, tx_packets), 1000);
}

/* A chain that is posted in parts waits, and delays no other ring. */
static void in_parts(void)
{
	uint8_t frame[300];
	unsigned int i;

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 300);
	for (i = 0; i < 3; i++) {
		put(frame + i * 100, 100, (i ? 0 : SOP) | (i == 2 ? EOP : 0));
		tx_ring(t);
		run();
		EQ(h->wire_n, i == 2);
		EQ(tx_cons(t), i == 2 ? 3 : 0);
	}
	on_wire(0, frame, 300);
	/* Behind complete frames, in one batch with them. */
	put(frame, 60, SOP | EOP);
	put(frame, 100, SOP);
	tx_ring(t);
	run();
	EQ(tx_cons(t), 4);
	frame_eth(frame, mac_other, MAC(0), 0x88b5, 300);
	tx_frame(&q[0], frame, 300, 0);
	run();
	EQ(tx_cons(&q[0]), 1);
	put(frame, 100, EOP);
	tx_ring(t);
	run();
	EQ(tx_cons(t), 6);
	EQ(h->wire_n, 4);
	EQ(h->wire[3].f.len, 200);
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
	put(frame, 100, SOP | EOP);
	put(frame, 50, SOP);
	put(frame + 50, 50, EOP);
	while (n--)
		tx_put(t, descs++);
	put(frame, 100, SOP | EOP);
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
	put(frame, 100, SOP | EOP);
	while (n--)
		tx_put(t, descs++);
	put(frame, 100, SOP | EOP);
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
		one(piece(frame, 100, SOP | EOP | 1 << bit));
	/* T2: no SOP; SOP twice. */
	one(piece(frame, 100, EOP));
	one(piece(frame, 100, 0));
	d[0] = piece(frame, 50, SOP);
	d[1] = piece(frame, 50, SOP | EOP);
	malformed(d, 2);
	d[1] = piece(frame, 50, SOP);
	malformed(d, 2);
	/* T4: TSO with no context. */
	one(piece(frame, 100, SOP | EOP | TSO | CSUM));
	/* T5: len 0, first and later. */
	d[0] = piece(frame, 50, SOP | EOP);
	d[0].len = 0;
	malformed(d, 1);
	d[0] = piece(frame, 50, SOP);
	d[1] = piece(frame, 50, EOP);
	d[1].len = 0;
	malformed(d, 2);
	/* T6, T13: CSUM, VLAN, TSO, INLINE, CTX on a later piece. */
	d[0] = piece(frame, 50, SOP);
	for (bit = 2; bit < 16; bit++) {
		d[1] = piece(frame, 50, EOP | 1 << bit);
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
	one(piece(frame, 13, SOP | EOP));
	one(piece(frame, 1, SOP | EOP));
	one(piece(frame, SVNIC_FRAME_MAX + 1, SOP | EOP));
	one(piece(frame, 65535, SOP | EOP));
	d[0] = piece(frame, 9000, SOP);
	d[1] = piece(frame, 217, EOP);
	malformed(d, 2);
	/* T8: no EOP in TX_CHAIN entries, of any length. */
	d[0] = piece(frame, 1, SOP);
	for (i = 1; i < 64; i++)
		d[i] = piece(frame, 1, 0);
	malformed(d, SVNIC_TX_CHAIN);
	malformed(d, 64);
	for (i = 0; i < 64; i++)
		d[i] = piece(frame, 65535, i ? 0 : SOP);
	malformed(d, 64);
	d[47] = piece(frame, 1, EOP);
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
		d = piece(frame, 100, SOP | EOP | CSUM);
		d.csum_start = start;
		d.csum_offset = 20;
		dropped(&d, 1);
	}
	frame_vlan(frame, 100, 0x8100, 5);
	for (start = 0; start < 18; start++) {
		d = piece(frame, 100, SOP | EOP | CSUM);
		d.csum_start = start;
		dropped(&d, 1);
	}
	frame_eth(frame, mac_other, MAC(1), 0x88a8, 600);
	d = piece(frame, 100, SOP | EOP | CSUM);
	d.csum_start = 17;
	dropped(&d, 1);
	/* T11: beyond the end. */
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 600);
	d = piece(frame, 100, SOP | EOP | CSUM);
	d.csum_start = 34;
	d.csum_offset = 65;
	malformed(&d, 1);
	d = piece(frame, 14, SOP | EOP | CSUM);
	d.csum_start = 255;
	d.csum_offset = 255;
	malformed(&d, 1);
	d = piece(frame, 100, SOP | EOP | CSUM);
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
	d[1] = piece(f.data, f.len, SOP | EOP | CSUM | TSO);
	d[1].csum_start = 34;
	d[1].csum_offset = 16;
	/* T3: reserved fields, flags, what follows. */
	for (i = 0; i < 6; i++) {
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
		d[1] = piece(f.data, f.len, SOP | EOP | CSUM | TSO);
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
	d[1] = piece(f.data, f.len, SOP | EOP);
	malformed(d, 2);
}

static void not_accepted(void)
{
	static struct tcp_frame f;
	struct svnic_tx_desc d[2];
	struct svnic_tx_tso *tso = (struct svnic_tx_tso *)&d[0];

	net_up(1, SVNIC_F_TX_CSUM | SVNIC_F_TSO | SVNIC_F_VLAN_INSERT);
	t = &q[1];
	frame_l4(&f, &(struct tcp_args){ .payload = 1000 }, true);
	d[0] = piece(f.data, f.len, SOP | EOP | CSUM);
	d[0].csum_start = 34;
	d[0].csum_offset = 16;
	malformed(d, 1);
	one(piece(f.data, f.len, SOP | EOP | SVNIC_TXD_VLAN));
	d[1] = piece(f.data, f.len, SOP | EOP | CSUM | TSO);
	*tso = (struct svnic_tx_tso){
		.mss = 100, .hdr_len = 54, .flags = CTX, .l3_start = 14,
	};
	malformed(d, 2);
}

/* An inline frame; its descriptor has no flags but @flags. */
static struct svnic_tx_desc in_ring(uint32_t len, uint16_t flags)
{
	return (struct svnic_tx_desc){
		.len = len,
		.flags = SOP | EOP | INLINE | flags,
	};
}

static void put_inline(const void *frame, uint32_t len)
{
	struct svnic_tx_desc d = in_ring(len, 0);

	tx_put_inline(t, &d, frame);
}

/* All lengths, at each place of the ring; no other memory is read. */
static void inlined(void)
{
	static uint8_t frame[SVNIC_TX_INLINE];
	unsigned int len, wraps = 0, i;
	uint64_t reads, octets;
	uint32_t first;

	setup();
	for (i = 0; i < SVNIC_TX_INLINE; i++)
		frame[i] = i;
	frame_eth(frame, mac_other, MAC(1), 0x88b5, SVNIC_TX_INLINE);
	for (i = 0; i < 4096; i++) {
		len = 14 + i % (SVNIC_TX_INLINE - 13);
		first = t->tx_prod % t->tx_size;
		put_inline(frame, len);
		reads = STAT(1, dma_reads);
		octets = STAT(1, dma_read_bytes);
		tx_ring(t);
		run();
		EQ(tx_cons(t), t->tx_prod);
		EQ(h->wire_n, 1);
		on_wire(0, frame, len);
		wire_clear();
		/*
		 * Descriptors and frame, in two requests at the end of the
		 * ring.
		 */
		wraps += first + 1 + (len + 15) / 16 > t->tx_size;
		EQ(STAT(1, dma_reads) - reads,
		   first + 1 + (len + 15) / 16 > t->tx_size ? 3 : 2);
		EQ(STAT(1, dma_read_bytes) - octets,
		   16 * (1 + (len + 15) / 16) + 16);
	}
	CHECK(wraps > 50);
	EQ(STAT(1, tx_packets), 4096);
	EQ(STAT(1, tx_errors), 0);
	EQ(queue_status(t), 3);
}

/* Between other frames, more than a batch; tx_cons moves by whole chains. */
static void inlined_mixed(void)
{
	static uint8_t frame[300];
	unsigned int i, n;

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 300);
	for (i = 0; i < 600; i += n) {
		/* A ring full of chains of 5 + 2 entries. */
		for (n = 0; n < 36; n++) {
			put_inline(frame, 64);
			put(frame, 100 + n, SOP);
			put(frame + 100 + n, 100, EOP);
		}
		tx_ring(t);
		run();
		EQ(tx_cons(t), t->tx_prod);
		EQ(h->wire_n, 2 * n);
		for (n = 0; n < 36; n++) {
			on_wire(2 * n, frame, 64);
			on_wire(2 * n + 1, frame, 200 + n);
		}
		wire_clear();
	}
	EQ(queue_status(t), 3);
}

/* Entries that are not posted yet are waited for, one by one. */
static void inlined_in_parts(void)
{
	uint8_t frame[100];
	struct svnic_tx_desc d;
	uint32_t end, i;

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	for (i = 0; i < 40; i++) {
		put(frame, 60, SOP | EOP);
		d = in_ring(100, 0);
		tx_put_inline(t, &d, frame);
		end = t->tx_prod;
		for (t->tx_prod -= 8; t->tx_prod != end; ) {
			t->tx_prod++;
			tx_ring(t);
			run();
			EQ(h->wire_n, t->tx_prod == end ? 2 : 1);
			EQ(tx_cons(t), t->tx_prod == end ? end : end - 8);
		}
		on_wire(1, frame, 100);
		wire_clear();
	}
	EQ(queue_status(t), 3);
}

static void inlined_offloads(void)
{
	static struct tcp_frame f, want;
	struct svnic_tx_desc d;
	struct tcp_args args = { .payload = 40 };

	setup();
	frame_l4(&f, &args, true);
	frame_l4(&want, &args, false);
	d = in_ring(f.len, CSUM);
	d.csum_start = f.l4;
	d.csum_offset = 16;
	tx_put_inline(t, &d, f.data);
	d = in_ring(f.len, CSUM | SVNIC_TXD_VLAN);
	d.csum_start = f.l4;
	d.csum_offset = 16;
	d.vlan_tci = 5;
	tx_put_inline(t, &d, f.data);
	tx_ring(t);
	run();
	EQ(h->wire_n, 2);
	on_wire(0, want.data, want.len);
	on_wire(1, want.data, frame_vlan(want.data, want.len, 0x8100, 5));
	/* To a neighbour. */
	frame_eth(f.data, MAC(0), MAC(1), 0x88b5, 70);
	put_inline(f.data, 70);
	tx_ring(t);
	run();
	EQ(h->wire_n, 2);
	EQ(rx_drain(&q[0]), 1);
	EQ(STAT(1, tx_packets), 3);
}

/* T13 and T14, and other rules that apply to inline frames. */
static void bad_inline(void)
{
	static uint8_t frame[SVNIC_TX_INLINE + 16];
	static struct tcp_frame f;
	struct svnic_tx_desc d[20] = { 0 }, good = in_ring(100, 0);
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
	d[0] = in_ring(50, 0);			/* whose end comes later */
	d[0].flags &= ~EOP;
	d[1] = piece(frame + 50, 50, EOP);
	malformed(d, 2);
	memcpy(&d[1], frame, 100);
	for (bit = 0; bit < 64; bit += 21) {
		d[0] = good;
		d[0].addr = 1ULL << bit;
		malformed(d, 8);
	}
	d[0] = in_ring(100, TSO);		/* T4, T13 */
	malformed(d, 8);
	d[0] = in_ring(0, 0);			/* T5 */
	malformed(d, 1);
	d[0] = in_ring(13, 0);			/* T9 */
	malformed(d, 2);
	d[0] = in_ring(100, CSUM);		/* T11 */
	d[0].csum_start = 34;
	d[0].csum_offset = 65;
	malformed(d, 8);
	d[0] = in_ring(100, CSUM);		/* T7 */
	d[0].csum_start = 13;
	dropped(d, 8);
	for (i = 1; i < 65536; i *= 2) {	/* T14, posted or not */
		d[0] = in_ring(SVNIC_TX_INLINE + i, 0);
		malformed(d, i & 1 ? 17 : 1);
	}
	/* The piece is not the first. */
	d[0] = piece(frame, 50, SOP);
	d[1] = in_ring(50, 0);
	d[1].flags &= ~SOP;
	malformed(d, 6);

	/* After a context. */
	frame_l4(&f, &(struct tcp_args){ .payload = 100 }, true);
	*tso = (struct svnic_tx_tso){
		.mss = 64, .hdr_len = 54, .flags = CTX, .l3_start = 14,
	};
	d[1] = in_ring(f.len, CSUM | TSO);
	d[1].csum_start = f.l4;
	d[1].csum_offset = 16;
	memcpy(&d[2], f.data, f.len);
	malformed(d, 12);
	d[1].flags &= ~TSO;
	malformed(d, 12);

	/* The longest frame that breaks no rule. */
	queue_start(t);
	put_inline(frame, SVNIC_TX_INLINE);
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
	d[0] = in_ring(100, 0);
	memcpy(&d[1], frame, 100);
	malformed(d, 8);
}

/* Fields of features that are not used are ignored. */
static void unused_fields(void)
{
	struct svnic_tx_desc d;
	uint8_t frame[60];

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	d = piece(frame, 60, SOP | EOP);
	d.vlan_tci = 0xffff;
	d.csum_start = 255;
	d.csum_offset = 255;
	tx_put(t, &d);
	d = piece(frame, 30, SOP);
	tx_put(t, &d);
	d = piece(frame, 30, EOP);
	d.vlan_tci = 0xffff;
	d.csum_start = 255;
	d.csum_offset = 255;
	tx_put(t, &d);
	tx_ring(t);
	run();
	EQ(h->wire_n, 2);
	on_wire(0, frame, 60);
	EQ(queue_status(t), 3);
}

/* If the wire is busy, only frames for the wire wait. */
static void wire_busy(void)
{
	uint8_t frame[60], local[60];
	unsigned int i;

	setup();
	h->wire_room = 3;
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	for (i = 0; i < 10; i++)
		put(frame, 60, SOP | EOP);
	tx_ring(t);
	run();
	EQ(h->wire_n, 3);
	EQ(tx_cons(t), 3);
	/* Another function can reach its neighbour meanwhile. */
	frame_eth(local, MAC(1), MAC(0), 0x88b5, 60);
	tx_frame(&q[0], local, 60, 0);
	run();
	EQ(tx_cons(&q[0]), 1);
	EQ(rx_drain(&q[1]), 1);
	/* Its own frames for the wire wait, too. */
	frame_eth(frame, mac_other, MAC(0), 0x88b5, 60);
	tx_frame(&q[0], frame, 60, 0);
	run();
	EQ(tx_cons(&q[0]), 1);
	h->wire_room = 5;
	run();
	EQ(h->wire_n, 8);
	h->wire_room = 100;
	run();
	EQ(h->wire_n, 11);
	EQ(tx_cons(t), 10);
	EQ(tx_cons(&q[0]), 2);
	EQ(STAT(1, tx_packets), 10);
}

/* With a busy wire, a broadcast is neither lost nor duplicated. */
static void wire_busy_broadcast(void)
{
	uint8_t frame[60];

	setup();
	h->wire_room = 0;
	frame_eth(frame, mac_bcast, MAC(1), 0x88b5, 60);
	tx_frame(t, frame, 60, 0);
	run();
	run();
	EQ(rx_drain(&q[0]), 0);
	h->wire_room = 1;
	run();
	EQ(h->wire_n, 1);
	EQ(rx_drain(&q[0]), 1);
	EQ(tx_cons(t), 1);
	EQ(STAT(1, tx_bcast), 1);
}

/* A queue with a full ring does not delay another one for long. */
static void fairness(void)
{
	unsigned int i, first = 0;
	uint8_t frame[60];

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	for (i = 0; i < 256; i++)
		put(frame, 60, SOP | EOP);
	tx_ring(t);
	frame_eth(frame, mac_other, MAC(0), 0x88b5, 60);
	tx_frame(&q[0], frame, 60, 0);
	run();
	EQ(h->wire_n, 257);
	while (h->wire[first].data[11] != 0)
		first++;
	CHECK(first <= 128);
}

/* One read of descriptors and one write back for a batch. */
static void batched_dma(void)
{
	struct svnic_queue_state *s;
	uint8_t frame[60];
	uint64_t reads, writes;
	unsigned int i;

	setup();
	s = queue_state(t);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	for (i = 0; i < 32; i++)
		put(frame, 60, SOP | EOP);
	reads = STAT(1, dma_reads);
	writes = STAT(1, dma_writes);
	s->tx_event = 1000;
	tx_ring(t);
	run();
	/* Descriptors, 32 frames, state block. */
	EQ(STAT(1, dma_reads) - reads, 1 + 32 + 1);
	EQ(STAT(1, dma_writes) - writes, 1);
	EQ(irqs_take(1, 1), 0);
	EQ(s->tx_kick, 32);
	/* The example of A.3: one frame, three reads, one write. */
	reads = STAT(1, dma_reads);
	writes = STAT(1, dma_writes);
	s->tx_event = 32;
	tx_frame(t, frame, 60, 0);
	run();
	EQ(STAT(1, dma_reads) - reads, 3);
	EQ(STAT(1, dma_writes) - writes, 1);
	EQ(irqs_take(1, 1), 1);
}

/* tx_cons moves by quarters of the ring, with a decision for each. */
static void quarters(void)
{
	struct svnic_queue_state *s;
	uint8_t frame[60];
	uint64_t writes;
	unsigned int i;

	setup();
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	t->tx_size = 64;
	queue_start(t);
	s = queue_state(t);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	s->tx_event = 1000;
	tx_frame(t, frame, 60, 0);
	run();
	EQ(irqs_take(1, 1), 0);
	/* The event index is changed after it was read. */
	s->tx_event = 10;
	writes = STAT(1, dma_writes);
	for (i = 0; i < 64; i++)
		put(frame, 60, SOP | EOP);
	tx_ring(t);
	run();
	EQ(tx_cons(t), 65);
	EQ(STAT(1, dma_writes) - writes, 4);
	EQ(irqs_take(1, 1), 1);
}

static struct queue *race_q;
static unsigned int race_posts;

/* Posts one more frame without a doorbell while the device writes tx_kick. */
static void race_spy(struct host *host, unsigned int fn, uint64_t addr,
		     size_t len, bool write)
{
	(void)host;
	(void)fn;
	(void)len;
	if (!write || addr != race_q->state + 64 || !race_posts)
		return;
	race_posts--;
	race_q->tx_prod++;
	queue_state(race_q)->tx_prod = race_q->tx_prod;
}

/* Section 4.5, C1 to C3: a posting just before the device sleeps is seen. */
static void sleep_race(void)
{
	uint8_t frame[60];
	unsigned int i;

	setup();
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	for (i = 0; i < 6; i++)
		put(frame, 60, SOP | EOP);
	t->tx_prod = 1;
	race_q = t;
	race_posts = 5;
	h->spy = race_spy;
	tx_ring(t);
	run();
	EQ(h->wire_n, 6);
	EQ(tx_cons(t), 6);
	EQ(STAT(1, doorbells), 2);	/* the buffers, and this */
}

const struct test tx_tests[] = {
	TEST(lengths),
	TEST(pieces),
	TEST(small_ring),
	TEST(batches),
	TEST(in_parts),
	TEST(bad_flags),
	TEST(bad_lengths),
	TEST(bad_csum),
	TEST(bad_context),
	TEST(context_types),
	TEST(not_accepted),
	TEST(inlined),
	TEST(inlined_mixed),
	TEST(inlined_in_parts),
	TEST(inlined_offloads),
	TEST(bad_inline),
	TEST(inline_not_accepted),
	TEST(unused_fields),
	TEST(wire_busy),
	TEST(wire_busy_broadcast),
	TEST(fairness),
	TEST(batched_dma),
	TEST(quarters),
	TEST(sleep_race),
	{ 0 },
};
