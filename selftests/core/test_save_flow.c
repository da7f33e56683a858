// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections 5.8 and 10.9: a VF's flow rules and RSS contexts are saved. */
#include "flows.h"
#include "svnic_core_priv.h"

#define STATE_MAX	32768
#define RULE_LEN	(2 + sizeof(struct svnic_flow_rule))
#define CTX_LEN		(2 + sizeof(struct svnic_rss_state))
#define SHAPES		64
#define FLOW_ENTRY	6

static uint8_t state[STATE_MAX], other[STATE_MAX];
static size_t state_len;

static void save(void)
{
	state_len = svnic_core_save(h->core, 1, NULL, 0);
	CHECK(state_len && state_len <= STATE_MAX);
	EQ(svnic_core_save(h->core, 1, state, state_len), state_len);
}

/* The VF is cleared, and gets the state that was saved. */
static void reload(void)
{
	svnic_fn_clear(h->core, &h->core->fn[1]);
	CHECK(svnic_core_load(h->core, 1, state, state_len));
	EQ(svnic_core_save(h->core, 1, other, STATE_MAX), state_len);
	CHECK(!memcmp(other, state, state_len));
}

static size_t entry_len(const uint8_t *tlv)
{
	return 8 + ((((const struct svnic_tlv *)tlv)->len + 7) & ~7u);
}

/* The entry of rules and contexts in a state */
static uint8_t *find(uint8_t *p)
{
	while (((struct svnic_tlv *)p)->type != FLOW_ENTRY)
		p += entry_len(p);
	return p;
}

static uint8_t *flow_entry(void)
{
	return find(state) + 8;
}

/* Contexts are before the rules. */
static uint8_t *saved_ctx(unsigned int i)
{
	return flow_entry() + 4 + i * CTX_LEN;
}

static uint8_t *saved_rule(unsigned int i)
{
	return flow_entry() + 4 + *(uint16_t *)flow_entry() * CTX_LEN +
	       i * RULE_LEN;
}

static struct svnic_flow_rule some_rule(unsigned int ctx)
{
	struct svnic_flow_rule rule;

	switch (rnd() % 3) {
	case 0:
		rule = flow_to(SVNIC_FLOW_DROP, 0, 0);
		break;
	case 1:
		rule = flow_to(SVNIC_FLOW_QUEUE, rnd() % FLOW_PAIRS, 0);
		break;
	default:
		rule = flow_to(SVNIC_FLOW_RSS, ctx, rnd() % 2);
	}
	return rule;
}

/* Random contexts, and rules for frames of all kinds */
static void some_rules(void)
{
	struct svnic_flow_key mask;
	struct svnic_flow_rule rule;
	struct svnic_rss_state s;
	unsigned int i, n, at;
	uint32_t seed;

	for (i = 1; i <= FLOW_CTXS; i += 2) {
		s = ctx_to(0);
		for (n = 0; n < sizeof(s.table); n++)
			s.table[n] = rnd() % FLOW_PAIRS;
		EQ(ctx_set(1, i, &s), 0);
	}
	for (i = 0; i < FLOW_RULES; i += 1 + rnd() % 3) {
		seed = rnd();
		at = i % FLOW_FIELDS;
		memset(&mask, 0, sizeof(mask));
		memset(flow_field(&mask, at), 0xff, flow_fields[at].len);
		flow_make(seed % KINDS, 0, seed % SHAPES);
		rnd_seed(seed);
		rule = some_rule(1 + 2 * (i % 2));
		rule = flow_for(&mask, rule);
		EQ(flow_set(1, i, &rule), 0);
	}
}

static void see(unsigned int *pairs, uint32_t *hashes)
{
	unsigned int i, kind, n = 0;

	for (kind = 0; kind < KINDS; kind++) {
		for (i = 0; i < 4; i++, n++) {
			flow_make(kind, 0, i * KINDS + kind);
			pairs[n] = flow_send();
			hashes[n] = pairs[n] == FLOW_NOWHERE ? 0 :
				    flow_r.first.hash;
		}
	}
}

/* Frames are delivered as before, and commands go on. */
static void flows(void)
{
	static unsigned int pairs[2][4 * KINDS];
	static uint32_t hashes[2][4 * KINDS];
	struct svnic_flow_rule rule = flow_to(SVNIC_FLOW_RSS, 1, 0);
	struct svnic_rss_state s = ctx_to(2);
	unsigned int turn;

	flow_setup();
	rss_start(1);
	for (turn = 0; turn < 20; turn++) {
		rnd_seed(turn);
		some_rules();
		see(pairs[0], hashes[0]);
		save();
		reload();
		see(pairs[1], hashes[1]);
		CHECK(!memcmp(pairs[0], pairs[1], sizeof(pairs[0])));
		CHECK(!memcmp(hashes[0], hashes[1], sizeof(hashes[0])));
		EQ(flow_set(1, 0, &rule), 0);
		EQ(ctx_del(1, 1), SVNIC_ERR_IN_USE);
		EQ(ctx_set(1, 1, &s), 0);
		EQ(flow_send(), 2);
		EQ(flow_del(1, 0), 0);
	}
}

static void refused(void)
{
	static struct svnic_fn_state before;

	before = h->core->fn[1].s;
	CHECK(!svnic_core_load(h->core, 1, state, state_len));
	CHECK(!memcmp(&before, &h->core->fn[1].s, sizeof(before)));
	CHECK(!h->core->fn[1].flow);
}

/* The state with other bytes somewhere is refused. */
static void bad_bytes(uint8_t *at, const void *bytes, size_t len)
{
	uint8_t old[256];

	memcpy(old, at, len);
	memcpy(at, bytes, len);
	refused();
	memcpy(at, old, len);
}

static void bad16(uint8_t *at, uint16_t val)
{
	bad_bytes(at, &val, sizeof(val));
}

static void bad32(uint8_t *at, uint32_t val)
{
	bad_bytes(at, &val, sizeof(val));
}

/* Contexts 1, 3, 4, and rules 2, 5, 9, that name 0, 1, 3 */
static void setup(void)
{
	struct svnic_rss_state s = ctx_to(2);
	struct svnic_flow_rule rule;

	flow_setup();
	EQ(ctx_set(1, 1, &s), 0);
	EQ(ctx_set(1, 3, &s), 0);
	EQ(ctx_set(1, 4, &s), 0);
	rule = flow_to(SVNIC_FLOW_RSS, 0, 0);
	EQ(flow_set(1, 2, &rule), 0);
	rule = flow_to(SVNIC_FLOW_RSS, 1, 0);
	EQ(flow_set(1, 5, &rule), 0);
	rule = flow_to(SVNIC_FLOW_RSS, 3, 0);
	EQ(flow_set(1, 9, &rule), 0);
	save();
	svnic_fn_clear(h->core, &h->core->fn[1]);
}

static void bad_numbers(void)
{
	uint8_t *ctx[3], *rule[3], *body;

	setup();
	body = flow_entry();
	ctx[0] = saved_ctx(0);
	ctx[1] = saved_ctx(1);
	ctx[2] = saved_ctx(2);
	rule[0] = saved_rule(0);
	rule[1] = saved_rule(1);
	rule[2] = saved_rule(2);
	/* How many there are */
	bad16(body, 2);
	bad16(body, 4);
	bad16(body, FLOW_CTXS + 1);
	bad16(body, 65535);
	bad16(body + 2, 2);
	bad16(body + 2, 4);
	bad16(body + 2, FLOW_RULES + 1);
	bad16(body + 2, 65535);
	/* Not ascending, twice, beyond the grant, not the one that is named */
	bad16(ctx[0], 0);
	bad16(ctx[0], 3);
	bad16(ctx[0], 4);
	bad16(ctx[0], 2);
	bad16(ctx[1], 1);
	bad16(ctx[1], 0);
	bad16(ctx[1], FLOW_CTXS + 1);
	bad16(ctx[1], 65535);
	bad16(ctx[1], 4);
	bad16(ctx[2], 0);
	bad16(ctx[2], 1);
	bad16(ctx[2], 2);
	bad16(ctx[2], 3);
	bad16(ctx[2], FLOW_CTXS + 1);
	bad16(rule[0], 5);
	bad16(rule[0], 6);
	bad16(rule[1], 2);
	bad16(rule[1], 1);
	bad16(rule[2], 5);
	bad16(rule[2], 0);
	bad16(rule[2], FLOW_RULES);
	bad16(rule[2], 65535);
	/* What the rules name */
	bad16(rule[1] + 2 + 128 + 2, 2);
	bad16(rule[1] + 2 + 128 + 2, 65535);
	reload();
	/* A smaller grant */
	EQ(vport_disable(1), 0);
	wr(1, SVNIC_REG_CTRL, 0);
	EQ(flow_grant(1, 9, 4), 0);
	EQ(vport_enable(1, 0), 0);
	refused();
	EQ(vport_disable(1), 0);
	EQ(flow_grant(1, 10, 3), 0);
	EQ(vport_enable(1, 0), 0);
	refused();
	EQ(vport_disable(1), 0);
	EQ(flow_grant(1, 10, 4), 0);
	EQ(vport_enable(1, 0), 0);
	reload();
}

static void bad_contents(void)
{
	uint8_t *ctx, *rule, byte, i;
	unsigned int bit;

	setup();
	ctx = saved_ctx(1) + 2;
	rule = saved_rule(1) + 2;
	bad32(ctx, 0);
	bad32(ctx, 2);
	for (bit = 3; bit < 32; bit++)
		bad32(ctx, 1 | 1U << bit);
	for (bit = 0; bit < 32; bit++) {
		if (!(0x1b1b03 >> bit & 1))
			bad32(ctx + 4, 1U << bit);
		if (!(0x1f1f07 >> bit & 1))
			bad32(ctx + 8, 1U << bit);
	}
	for (bit = 0; bit < SVNIC_RSS_ENTRIES; bit++)
		bad_bytes(ctx + 12 + SVNIC_RSS_KEY_LEN + bit,
			  &(uint8_t){ FLOW_PAIRS + bit }, 1);
	/* The mask is empty, so no bit of the key may be set. */
	for (bit = 0; bit < 512; bit++) {
		byte = 1 << bit % 8;
		bad_bytes(rule + bit / 8, &byte, 1);
		i = bit / 8;
		if ((i >= 16 && i < 20) || (i >= 22 && i < 24) || i >= 60)
			bad_bytes(rule + 64 + i, &byte, 1);
	}
	for (bit = 0; bit < 16; bit++)
		if (bit != SVNIC_FLOW_QUEUE && bit != SVNIC_FLOW_RSS)
			bad16(rule + 128, bit);
	bad32(rule + 128 + 4, FLOW_PAIRS);
	for (i = 128 + 8; i < 192; i++)
		bad_bytes(rule + i, &(uint8_t){ 1 }, 1);
	reload();
}

/* 17 masks fit into the grant, but not into the table. */
static void bad_masks(void)
{
	struct svnic_flow_rule rule = flow_to(SVNIC_FLOW_DROP, 0, 0);
	unsigned int i;

	flow_setup();
	for (i = 0; i < 17; i++) {
		rule.mask.dmac[0] = i % 16;
		EQ(flow_set(1, i, &rule), 0);
	}
	save();
	svnic_fn_clear(h->core, &h->core->fn[1]);
	bad_bytes(saved_rule(16) + 2 + 64, &(uint8_t){ 16 }, 1);
	bad_bytes(saved_rule(0) + 2 + 64, &(uint8_t){ 255 }, 1);
	reload();
}

/* Rules need the feature, and a VF that is ENABLED. */
static void bad_places(void)
{
	uint64_t accept = ALL_FEATURES(1) & ~SVNIC_F_FLOW;
	uint8_t *from, *to, *behind;
	size_t len;

	setup();
	/* In the entry of the function, the first */
	bad_bytes(state + 8 + 16, &accept, 8);
	reload();
	/* The rules get into the state of a VF that is not ENABLED. */
	wr(1, SVNIC_REG_CTRL, 0);
	len = svnic_core_save(h->core, 1, other, STATE_MAX);
	CHECK(len && svnic_core_load(h->core, 1, other, len));
	from = find(state);
	to = find(other);
	behind = to + entry_len(to);
	CHECK(len + entry_len(from) <= STATE_MAX);
	memmove(to + entry_len(from), behind, other + len - behind);
	state_len = len + entry_len(from) - (behind - to);
	memcpy(to, from, entry_len(from));
	memcpy(state, other, state_len);
	refused();
}

const struct test save_flow_tests[] = {
	TEST(flows),
	TEST(bad_numbers),
	TEST(bad_contents),
	TEST(bad_masks),
	TEST(bad_places),
	{ 0 },
};
