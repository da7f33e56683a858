// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 5.8: what is done with frames that match. */
#include "flows.h"
#include "svnic_core_bytes.h"

static void stats_of(struct svnic_fn_stats *stats)
{
	unsigned int i;

	for (i = 0; i < offsetof(struct svnic_fn_stats, mbx_requests); i += 8)
		*(uint64_t *)((uint8_t *)stats + i) = stat(1, i);
}

/* Nothing of the frame is seen, and no counter of received frames moves. */
static void dropped(void)
{
	struct svnic_fn_stats before = { 0 }, after = { 0 };
	struct svnic_flow_key none = { 0 };
	struct svnic_flow_rule rule;

	flow_setup();
	rule = flow_for(&none, flow_to(SVNIC_FLOW_DROP, 0, 0));
	EQ(flow_set(1, 0, &rule), 0);
	/* Also one that is too long, a copy, one for which no buffer is left */
	queue_start(&flow_pair[0]);
	stats_of(&before);
	flow_make(TCP4, TWO_TAGS, 3);
	EQ(flow_send(), FLOW_NOWHERE);
	flow_f.len = frame_eth(flow_f.data, mac_bcast, mac_other, 0x88b5, 100);
	EQ(flow_send(), FLOW_NOWHERE);
	CHECK(rx_get(&q[2], &flow_r));	/* others get theirs */
	flow_f.len = frame_eth(flow_f.data, mac_other, mac_other, 0x88b5, 9100);
	EQ(flow_send(), FLOW_NOWHERE);
	stats_of(&after);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	EQ(flow_del(1, 0), 0);
	EQ(flow_send(), FLOW_NOWHERE);
	EQ(STAT(1, rx_errors), before.rx_errors + 1);
}

/* The hash is that of the registers, also while RSS is off. */
static void to_queue(void)
{
	struct svnic_flow_key none = { 0 };
	struct svnic_flow_rule rule;
	uint32_t hash, info;
	unsigned int i, on;
	enum flow_kind kind;

	flow_setup();
	rss_start(1);
	for (i = 0; i < 40; i += 4)
		wr(1, SVNIC_REG_RSS_KEY + i, rnd());
	for (kind = 0; kind < KINDS; kind++) {
		for (on = 0; on < 2; on++) {
			wr(1, SVNIC_REG_RSS_CTRL, on);
			flow_make(kind, NO_TAG, kind);
			EQ(flow_send(), 0);
			hash = flow_r.first.hash;
			info = flow_r.info & ~SVNIC_RXC_PHASE;
			for (i = 0; i < FLOW_PAIRS; i++) {
				rule = flow_for(&none,
						flow_to(SVNIC_FLOW_QUEUE, i,
							0));
				EQ(flow_set(1, 0, &rule), 0);
				EQ(flow_send(), i);
				EQ(flow_r.first.hash, hash);
				EQ(flow_r.info & ~SVNIC_RXC_PHASE, info);
			}
			EQ(flow_del(1, 0), 0);
		}
	}
}

static uint32_t get_le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The hash of TCP, from an octet of fields, without the flow label */
static uint32_t ref_hash(const struct svnic_rss_state *s, bool v6,
			 uint8_t octet)
{
	const uint8_t *ip = flow_f.data + 14, *at;
	unsigned int n = 0, bit, len, i;
	uint8_t in[40], key[80];

	memcpy(key, s->key, 40);
	memcpy(key + 40, s->key, 40);
	for (bit = 0; bit < 5; bit++) {
		if (!(octet & 1 << bit) || bit == 2)
			continue;
		len = bit > 2 ? 2 : v6 ? 16 : 4;
		at = bit > 2 ? flow_f.data + flow_f.l4 : ip + (v6 ? 8 : 12);
		for (i = 0; i < len; i++) {
			in[n] = at[bit % 3 == 1 ? len + i : i];
			if (s->ctrl & SVNIC_RSS_SYM_XOR &&
			    (octet >> (bit > 2 ? 3 : 0) & 3) == 3)
				in[n] = at[i] ^ at[len + i];
			n++;
		}
	}
	return n ? ref_toeplitz(key, in, n) : 0;
}

/* Each context has its own key, fields and table; the registers keep theirs. */
static void contexts(void)
{
	static const uint8_t octets[] = { 0x03, 0x1b, 0x08, 0x11, 0, 0x18 };
	struct svnic_rss_state s[FLOW_CTXS + 1];
	struct svnic_flow_key none = { 0 };
	unsigned int i, c, b, to, turn;
	struct svnic_flow_rule rule;
	uint32_t hash;
	bool v6;

	flow_setup();
	for (turn = 0; turn < 300; turn++) {
		v6 = rnd() % 2;
		c = turn % (FLOW_CTXS + 1);
		for (i = 0; i <= FLOW_CTXS; i++) {
			if (turn > FLOW_CTXS && i != c)
				continue;
			s[i] = ctx_to(0);
			s[i].ctrl |= rnd() % 2 * SVNIC_RSS_SYM_XOR;
			s[i].fields_ipv4 = octets[rnd() % 6] << 8;
			s[i].fields_ipv6 = octets[rnd() % 6] << 8;
			for (b = 0; b < sizeof(s[i].table); b++)
				s[i].table[b] = rnd() % FLOW_PAIRS;
			if (i)
				EQ(ctx_set(1, i, &s[i]), 0);
		}
		wr(1, SVNIC_REG_RSS_CTRL, s[0].ctrl);
		wr(1, SVNIC_REG_RSS_FIELDS_IPV4, s[0].fields_ipv4);
		wr(1, SVNIC_REG_RSS_FIELDS_IPV6, s[0].fields_ipv6);
		for (i = 0; i < 40; i += 4)
			wr(1, SVNIC_REG_RSS_KEY + i, get_le32(s[0].key + i));
		for (i = 0; i < SVNIC_RSS_ENTRIES; i += 4)
			wr(1, SVNIC_REG_RSS_TABLE + i,
			   get_le32(s[0].table + i));
		b = rnd() % FLOW_PAIRS;
		rule = flow_for(&none, flow_to(SVNIC_FLOW_RSS, c, b));
		flow_make(v6 ? TCP6 : TCP4, NO_TAG, turn);
		for (i = 0; i < 2; i++) {
			const struct svnic_rss_state *by = &s[i ? c : 0];

			if (i)
				EQ(flow_set(1, 0, &rule), 0);
			hash = ref_hash(by, v6, (v6 ? by->fields_ipv6 :
					by->fields_ipv4) >> 8);
			to = by->table[hash % SVNIC_RSS_ENTRIES] + i * b;
			EQ(flow_send(), to < FLOW_PAIRS ? to : FLOW_NOWHERE);
			if (to < FLOW_PAIRS)
				EQ(flow_r.first.hash, hash);
		}
		EQ(flow_del(1, 0), 0);
	}
}

/* Pairs that do not run, or do not exist, cost only their frames. */
static void lost(void)
{
	struct svnic_flow_key mask = { .dport = 0xffff }, none = { 0 };
	struct svnic_rss_state s = ctx_to(3);
	struct svnic_flow_rule rule;
	uint64_t errors;

	flow_setup();
	EQ(ctx_set(1, 4, &s), 0);
	wr(1, SVNIC_QCFG(3, SVNIC_QCFG_CTRL), SVNIC_QCTRL_TX);
	errors = STAT(1, rx_errors);
	flow_make(UDP4, NO_TAG, 5);
	rule = flow_for(&mask, flow_to(SVNIC_FLOW_QUEUE, 3, 0));
	EQ(flow_set(1, 1, &rule), 0);
	EQ(flow_send(), FLOW_NOWHERE);
	EQ(STAT(1, rx_errors), ++errors);
	rule = flow_for(&mask, flow_to(SVNIC_FLOW_RSS, 4, 0));
	EQ(flow_set(1, 1, &rule), 0);
	EQ(flow_send(), FLOW_NOWHERE);
	EQ(STAT(1, rx_errors), ++errors);
	rule = flow_for(&mask, flow_to(SVNIC_FLOW_RSS, 4, 3));
	EQ(flow_set(1, 1, &rule), 0);
	EQ(flow_send(), FLOW_NOWHERE);
	EQ(STAT(1, rx_errors), ++errors);
	/* Registers without RSS: pair 0, plus b */
	rule = flow_for(&mask, flow_to(SVNIC_FLOW_RSS, 0, 3));
	EQ(flow_set(1, 1, &rule), 0);
	EQ(flow_send(), FLOW_NOWHERE);
	EQ(STAT(1, rx_errors), ++errors);
	queue_start(&flow_pair[3]);
	queue_post(&flow_pair[3], 64);
	EQ(flow_send(), 3);
	/* With a table entry that no pair has */
	wr(1, SVNIC_REG_RSS_CTRL, SVNIC_RSS_ENABLE);
	wr(1, SVNIC_REG_RSS_TABLE, 0xff);
	EQ(flow_send(), FLOW_NOWHERE);
	EQ(STAT(1, rx_errors), ++errors);
	wr(1, SVNIC_REG_RSS_TABLE, 0);
	flow_make(UDP4, NO_TAG, 6);
	EQ(flow_send(), 0);
	rule = flow_for(&none, flow_to(SVNIC_FLOW_RSS, 0, 1));
	EQ(flow_set(1, 9, &rule), 0);
	EQ(flow_send(), 1);
	EQ(STAT(1, rx_errors), errors);
}

/* ---- Frames to be cut ---- */

/* VF 2 sends 5 segments; returns how many frames come to pair @to. */
static unsigned int large(unsigned int to, bool tunnel)
{
	struct svnic_tx_tso ctx = { .mss = 1000, .flags = SVNIC_TXD_CTX };
	struct svnic_tx_desc d = { .csum_offset = 16 };
	uint32_t more = tunnel ? 20 : 0;
	unsigned int i, n = 0;
	uint8_t *ip = flow_f.data + 14;

	if (tunnel) {
		memmove(ip + 20, ip, flow_f.len - 14);
		memset(ip, 0, 20);
		ip[0] = 0x45;
		ip[9] = ip[20] >> 4 == 4 ? 4 : 41;
		svnic_put_be16(flow_f.data + 12, 0x0800);
		ctx.outer_l3 = 14;
		flow_f.len += 20;
	}
	ctx.hdr_len = flow_f.hdr_len + more;
	ctx.l3_start = flow_f.l3 + more;
	d.csum_start = flow_f.l4 + more;
	d.addr = tx_room(&q[2], flow_f.data, flow_f.len);
	d.len = flow_f.len;
	d.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_CSUM |
		  SVNIC_TXD_TSO;
	tx_put(&q[2], &ctx);
	tx_put(&q[2], &d);
	tx_ring(&q[2]);
	run();
	for (i = 0; i < FLOW_PAIRS; i++) {
		while (rx_get(&flow_pair[i], &flow_r)) {
			EQ(i, to);
			queue_post(&flow_pair[i], flow_r.bufs);
			n++;
		}
	}
	run();
	return n;
}

static void make_large(bool v6)
{
	frame_l4(&flow_f, &(struct tcp_args){ .payload = 4500, .v6 = v6,
		 .src = 7, .dst = 9, .sport = 5, .dport = 80, .smac = MAC(2),
		 .dmac = MAC(1) }, true);
	memset(&flow_want, 0, sizeof(flow_want));
	memcpy(flow_want.dmac, flow_f.data, 6);
	memcpy(flow_want.smac, flow_f.data + 6, 6);
	memcpy(&flow_want.type, flow_f.data + 12, 2);
	flow_want.proto = 6;
	memcpy(flow_want.sip, flow_f.data + (v6 ? 22 : 26), v6 ? 16 : 4);
	memcpy(flow_want.dip, flow_f.data + (v6 ? 38 : 30), v6 ? 16 : 4);
	flow_put16(&flow_want.sport, 5);
	flow_put16(&flow_want.dport, 80);
}

/* A rule for all fields of the frame */
static void large_rule(struct svnic_flow_rule action)
{
	struct svnic_flow_rule rule;
	struct svnic_flow_key mask;
	unsigned int i;

	memset(&mask, 0, sizeof(mask));
	for (i = 0; i < FLOW_FIELDS; i++)
		memset(flow_field(&mask, i), 0xff, flow_fields[i].len);
	rule = flow_for(&mask, action);
	EQ(flow_set(1, 0, &rule), 0);
}

/* Whole and as segments: each is treated like the frame. */
static void tso(void)
{
	struct svnic_fn_stats before = { 0 }, after = { 0 };
	unsigned int v6, whole, segs;
	uint64_t errors;

	flow_setup();
	for (v6 = 0; v6 < 2; v6++) {
		for (whole = 0; whole < 2; whole++) {
			wr(1, SVNIC_REG_RX_CTRL, whole ?
			   SVNIC_RX_CTRL_COALESCE : 0);
			segs = whole ? 1 : 5;
			make_large(v6);
			EQ(large(0, false), segs);
			large_rule(flow_to(SVNIC_FLOW_QUEUE, 2, 0));
			EQ(large(2, false), segs);
			EQ(!(flow_r.info & SVNIC_RXC_COALESCED), !whole);
			/* Frames that do not match */
			svnic_put_be16(flow_f.data + flow_f.l4 + 2, 81);
			EQ(large(0, false), segs);
			make_large(v6);
			large_rule(flow_to(SVNIC_FLOW_DROP, 0, 0));
			stats_of(&before);
			EQ(large(0, false), 0);
			stats_of(&after);
			CHECK(!memcmp(&before, &after, sizeof(before)));
			wr(1, SVNIC_QCFG(3, SVNIC_QCFG_CTRL), 0);
			large_rule(flow_to(SVNIC_FLOW_RSS, 0, 3));
			errors = STAT(1, rx_errors);
			EQ(large(0, false), 0);
			EQ(STAT(1, rx_errors), errors + 5);
			EQ(flow_del(1, 0), 0);
			EQ(queue_status(&q[2]), 3);
		}
	}
}

/* In a tunnel only the outer headers are compared. */
static void tunnel(void)
{
	struct svnic_flow_key inner = { .dport = 0xffff };
	struct svnic_flow_key outer = { .type = 0xffff, .proto = 0xff,
					.sip = { 0xff } };
	struct svnic_flow_rule rule;
	unsigned int v6;

	flow_setup();
	for (v6 = 0; v6 < 2; v6++) {
		make_large(v6);
		rule = flow_for(&inner, flow_to(SVNIC_FLOW_QUEUE, 1, 0));
		EQ(flow_set(1, 0, &rule), 0);
		flow_put16(&flow_want.type, 0x0800);
		flow_want.proto = v6 ? 41 : 4;
		memset(flow_want.sip, 0, 16);
		rule = flow_for(&outer, flow_to(SVNIC_FLOW_QUEUE, 2, 0));
		EQ(flow_set(1, 5, &rule), 0);
		EQ(large(2, true), 5);
	}
}

/* Each function has its own rules, for its own copy; the PF too. */
static void functions(void)
{
	static const struct svnic_flow_key none;
	struct svnic_flow_rule rule;
	static struct queue pf[2];

	flow_setup();
	queue_alloc(&pf[1], 0, 1);
	queue_start(&pf[1]);
	queue_post(&pf[1], 64);
	own_start(0);
	rule = flow_for(&none, flow_to(SVNIC_FLOW_QUEUE, 1, 0));
	EQ(flow_set(0, 207, &rule), 0);
	rule = flow_for(&none, flow_to(SVNIC_FLOW_QUEUE, 2, 0));
	EQ(flow_set(1, 0, &rule), 0);
	flow_f.len = frame_eth(flow_f.data, mac_bcast, mac_other, 0x88b5, 100);
	EQ(flow_send(), 2);
	EQ(rx_drain(&q[2]), 1);
	EQ(rx_drain(&q[0]), 0);
	EQ(rx_drain(&pf[1]), 1);
	/* One that VF 2 sends */
	memcpy(flow_f.data + 6, MAC(2), 6);
	tx_frame(&q[2], flow_f.data, flow_f.len, 0);
	run();
	EQ(flow_got(), 2);
	EQ(rx_drain(&pf[1]), 1);
	EQ(h->wire_n, 1);
}

const struct test flow_action_tests[] = {
	TEST(dropped),
	TEST(to_queue),
	TEST(contexts),
	TEST(lost),
	TEST(tso),
	TEST(tunnel),
	TEST(functions),
	{ 0 },
};
