// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 5.8: what flow rules match. */
#include <time.h>

#include "flows.h"
#include "svnic_core_bytes.h"

/* The frame matches with this mask, but not with another key. */
static void compare(const struct svnic_flow_key *mask, const uint8_t *port)
{
	struct svnic_flow_rule rule;

	rule = flow_for(mask, flow_to(SVNIC_FLOW_QUEUE, 2, 0));
	EQ(flow_set(1, 7, &rule), 0);
	wire_rx(flow_f.data, flow_f.len);
	EQ(flow_got(), 2);
	/* The tag of the port VLAN was removed. */
	CHECK(!port || memcmp(flow_r.data + 12, port, 4) || flow_want.vlan);
	flow_spoil(&rule);
	EQ(flow_set(1, 7, &rule), 0);
	EQ(flow_send(), 0);
}

static void some_bits(struct svnic_flow_key *mask, unsigned int i)
{
	uint8_t *at = flow_field(mask, i);
	unsigned int j;

	do {
		for (j = 0; j < flow_fields[i].len; j++)
			at[j] = rnd();
	} while (!at[0] && !at[flow_fields[i].len - 1]);
}

/* Each field of the frame alone, part of it, some fields, all */
static void compare_masks(const uint8_t *port)
{
	static const struct svnic_flow_key none;
	struct svnic_flow_key mask;
	unsigned int i;

	for (i = 0; i < FLOW_FIELDS; i++) {
		mask = none;
		memset(flow_field(&mask, i), 0xff, flow_fields[i].len);
		compare(&mask, port);
		mask = none;
		some_bits(&mask, i);
		compare(&mask, port);
	}
	mask = none;
	for (i = 0; i < FLOW_FIELDS; i++)
		if (rnd() % 2)
			some_bits(&mask, i);
	some_bits(&mask, rnd() % FLOW_FIELDS);
	compare(&mask, port);
	for (i = 0; i < FLOW_FIELDS; i++)
		memset(flow_field(&mask, i), 0xff, flow_fields[i].len);
	compare(&mask, port);
}

/* A frame of each kind, with and without tags */
static void compare_all(uint16_t port_proto)
{
	struct tcp_frame *f = &flow_f;
	enum flow_kind kind;
	enum flow_tags tags;

	for (kind = 0; kind < KINDS; kind++) {
		for (tags = 0; tags < TAGS; tags++) {
			flow_make(kind, tags, kind * TAGS + tags);
			if (port_proto)
				f->len = frame_vlan(f->data, f->len, port_proto,
						    rnd() << 12 | 0x123);
			compare_masks(port_proto ? f->data + 12 : NULL);
		}
	}
}

static void each_field(void)
{
	flow_setup();
	compare_all(0);
	wr(1, SVNIC_REG_RX_CTRL, 0);
	compare_all(0);
}

/* The tag of a port VLAN is no part of the frame, whatever its priority. */
static void port_vlan(void)
{
	flow_setup();
	EQ(vport_vlan(1, 0x123, 0x8100), 0);
	compare_all(0x8100);
	EQ(vport_vlan(1, 0x4123, 0x88a8), 0);
	wr(1, SVNIC_REG_RX_CTRL, 0);
	compare_all(0x88a8);
}

/* All match the frame. The lowest counts, in whatever order they came. */
static void lowest(void)
{
	static const uint8_t index[4] = { 3, 5, 9, 40 };
	static const struct svnic_flow_key none;
	struct svnic_flow_rule rule[4];
	struct svnic_flow_key mask;
	unsigned int i, n, turn, order[4];

	flow_setup();
	flow_make(TCP4, NO_TAG, 1);
	for (turn = 0; turn < 96; turn++) {
		for (i = 0; i < 4; i++) {
			/* In half of the turns all have the same mask. */
			mask = none;
			memset(flow_field(&mask, turn % 2 ? 0 : i), 0xff, 2);
			rule[i] = flow_for(&mask, flow_to(SVNIC_FLOW_QUEUE, i,
							  0));
			order[i] = i;
		}
		for (i = 0; i < 4; i++) {
			n = rnd() % (i + 1);
			order[i] = order[n];
			order[n] = i;
		}
		for (i = 0, n = 3; i < 4; i++) {
			EQ(flow_set(1, index[order[i]], &rule[order[i]]), 0);
			n = order[i] < n ? order[i] : n;
			EQ(flow_send(), n);
		}
		/* Replaced by one that does not match, and back. */
		flow_spoil(&rule[0]);
		EQ(flow_set(1, index[0], &rule[0]), 0);
		EQ(flow_send(), 1);
		flow_spoil(&rule[0]);
		rule[0] = flow_for(&rule[0].mask, rule[0]);
		EQ(flow_set(1, index[0], &rule[0]), 0);
		EQ(flow_send(), 0);
		for (i = 0; i < 4; i++) {
			EQ(flow_del(1, index[i]), 0);
			EQ(flow_send(), i < 3 ? i + 1 : 0);
			EQ(flow_del(1, index[i]), SVNIC_ERR_NOT_FOUND);
		}
	}
}

/* ---- A naive model; its context 0 is that of the registers ---- */

#define MASKS	20	/* more than there may be */
#define SHAPES	64

static struct {
	bool			used[FLOW_RULES];
	struct svnic_flow_rule	rule[FLOW_RULES];
	int			ctx[FLOW_CTXS + 1];	/* pair, or -1 */
	struct svnic_flow_key	mask[MASKS];
} model;

static void shape(uint32_t i)
{
	flow_make(i % KINDS, i / 3 % TAGS, i);
}

static const struct svnic_flow_action *model_match(void)
{
	const uint8_t *key, *mask, *w = (const uint8_t *)&flow_want;
	unsigned int i, j;

	for (i = 0; i < FLOW_RULES; i++) {
		if (!model.used[i])
			continue;
		key = (const uint8_t *)&model.rule[i].key;
		mask = (const uint8_t *)&model.rule[i].mask;
		for (j = 0; j < 64 && (w[j] & mask[j]) == key[j]; j++)
			;
		if (j == 64)
			return &model.rule[i].action[0];
	}
	return NULL;
}

/* Number of different masks of all rules and @rule */
static unsigned int model_masks(const struct svnic_flow_rule *rule)
{
	unsigned int i, j, n = 1;

	for (i = 0; i < FLOW_RULES; i++) {
		if (!model.used[i] || !memcmp(&model.rule[i].mask, &rule->mask,
					      sizeof(rule->mask)))
			continue;
		for (j = 0; j < i; j++)
			if (model.used[j] && !memcmp(&model.rule[j].mask,
						     &model.rule[i].mask,
						     sizeof(rule->mask)))
				break;
		n += j == i;
	}
	return n;
}

static bool model_names(unsigned int ctx)
{
	unsigned int i;

	for (i = 0; i < FLOW_RULES; i++)
		if (model.used[i] &&
		    model.rule[i].action[0].type == SVNIC_FLOW_RSS &&
		    model.rule[i].action[0].a == ctx)
			return true;
	return false;
}

static void model_set(uint32_t pick)
{
	static const enum svnic_flow_type types[] = {
		SVNIC_FLOW_DROP, SVNIC_FLOW_QUEUE, SVNIC_FLOW_RSS,
		SVNIC_FLOW_RSS,
	};
	const struct svnic_flow_key *mask = &model.mask[pick % MASKS];
	unsigned int index = (pick >> 5) % FLOW_RULES, a = 0, b = 0;
	enum svnic_flow_type type = types[(pick >> 12) % 4];
	enum svnic_error error = 0;
	struct svnic_flow_rule rule;

	if (type == SVNIC_FLOW_QUEUE)
		a = (pick >> 14) % FLOW_PAIRS;
	if (type == SVNIC_FLOW_RSS) {
		a = (pick >> 14) % (FLOW_CTXS + 1);
		b = (pick >> 18) % FLOW_PAIRS;
	}
	shape((pick >> 20) % SHAPES);
	rule = flow_for(mask, flow_to(type, a, b));
	if (pick >> 28 < 4)
		flow_spoil(&rule);
	if (type == SVNIC_FLOW_RSS && model.ctx[a] < 0)
		error = SVNIC_ERR_NOT_FOUND;
	else if (model_masks(&rule) > 16)
		error = SVNIC_ERR_NO_SPACE;
	EQ(flow_set(1, index, &rule), error);
	if (error)
		return;
	model.used[index] = true;
	model.rule[index] = rule;
}

static void model_ctx(uint32_t pick)
{
	unsigned int n = pick % (FLOW_CTXS + 1), to = (pick >> 8) % FLOW_PAIRS;
	struct svnic_rss_state s = ctx_to(to);
	enum svnic_error error = 0;

	if (!n) {
		model.ctx[0] = pick >> 20 & 1;
		wr(1, SVNIC_REG_RSS_CTRL, model.ctx[0]);
		return;
	}
	if (pick & 0x100000) {
		EQ(ctx_set(1, n, &s), 0);
		model.ctx[n] = to;
		return;
	}
	if (model.ctx[n] < 0)
		error = SVNIC_ERR_NOT_FOUND;
	else if (model_names(n))
		error = SVNIC_ERR_IN_USE;
	EQ(ctx_del(1, n), error);
	if (!error)
		model.ctx[n] = -1;
}

static void model_frame(uint32_t pick)
{
	uint64_t packets = STAT(1, rx_packets), errors = STAT(1, rx_errors);
	const struct svnic_flow_action *action;
	unsigned int to = model.ctx[0];

	shape(pick % SHAPES);
	action = model_match();
	if (action && action->type == SVNIC_FLOW_QUEUE)
		to = action->a;
	else if (action && action->type == SVNIC_FLOW_RSS)
		to = model.ctx[action->a] + action->b;
	else if (action)
		to = FLOW_NOWHERE;
	EQ(flow_send(), to < FLOW_PAIRS ? to : FLOW_NOWHERE);
	EQ(STAT(1, rx_packets), packets + (to < FLOW_PAIRS));
	EQ(STAT(1, rx_errors), errors + (action && to >= FLOW_PAIRS &&
					 action->type != SVNIC_FLOW_DROP));
}

/*
 * Random rules and frames; the frames are few, so that many rules match them.
 * Registers' RSS goes to pair 1 if it is enabled.
 */
static void random_rules(void)
{
	unsigned int i, j, step;
	uint32_t pick;

	flow_setup();
	memset(&model, 0, sizeof(model));
	for (i = 1; i <= FLOW_CTXS; i++)
		model.ctx[i] = -1;
	wr(1, SVNIC_REG_RSS_FIELDS_IPV4, 0x1b1b03);
	for (i = 0; i < SVNIC_RSS_ENTRIES; i += 4)
		wr(1, SVNIC_REG_RSS_TABLE + i, 0x01010101);
	/* Mask 0 is empty: its rules match all frames, so it is rare. */
	for (i = 1; i < MASKS; i++)
		for (j = 0; j <= i / FLOW_FIELDS; j++)
			some_bits(&model.mask[i], (i + j * 3) % FLOW_FIELDS);
	for (step = 0; step < 6000; step++) {
		rnd_seed(step + 1000);
		pick = rnd();
		switch (rnd() % 16) {
		case 0 ... 3:
			if (pick % MASKS || pick >> 5 & 1)
				model_set(pick);
			break;
		case 4 ... 6:
			i = pick % FLOW_RULES;
			EQ(flow_del(1, i), model.used[i] ? 0 :
			   SVNIC_ERR_NOT_FOUND);
			model.used[i] = false;
			break;
		case 7:
			model_ctx(pick);
			break;
		default:
			model_frame(pick);
		}
	}
	for (i = 0; i < FLOW_RULES; i++)
		flow_del(1, i);
	for (i = 0; i < SHAPES; i++) {
		shape(i);
		EQ(flow_send(), model.ctx[0]);
	}
}

#define MANY	250
#define KEYS	150

/* As many rules of one mask as there can be, some of them with the same key */
static void one_mask(void)
{
	static const struct svnic_flow_key mask = { .sport = 0xffff };
	unsigned int index, i, step;
	struct svnic_flow_rule rule;
	int key[MANY];

	net_up(1, 0);
	flow_up(1, MANY, 0, flow_pair, FLOW_PAIRS);
	EQ(vport_flags(1, SVNIC_VPORT_PROMISC, SVNIC_VPORT_PROMISC), 0);
	memset(key, 0xff, sizeof(key));
	flow_make(TCP4, NO_TAG, 1);
	/* First more of them, then fewer */
	for (step = 0; step < 6000; step++) {
		index = rnd() % MANY;
		if (rnd() % 4 < (step < 3000 ? 3 : 1)) {
			key[index] = rnd() % KEYS;
			flow_put16(&flow_want.sport, key[index]);
			rule = flow_for(&mask, flow_to(SVNIC_FLOW_QUEUE,
						       1 + index % 3, 0));
			EQ(flow_set(1, index, &rule), 0);
		} else {
			EQ(flow_del(1, index), key[index] < 0 ?
			   SVNIC_ERR_NOT_FOUND : 0);
			key[index] = -1;
		}
		flow_put16(&flow_want.sport, rnd() % KEYS);
		memcpy(flow_f.data + flow_f.l4, &flow_want.sport, 2);
		for (i = 0; i < MANY; i++)
			if (key[i] == flow_f.data[flow_f.l4 + 1])
				break;
		EQ(flow_send(), i < MANY ? 1 + i % 3 : 0);
	}
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* CPU time of the core for some frames to pair @to, in ns */
static uint64_t frames_ns(unsigned int to)
{
	uint64_t best = ~0ULL, ns, start;
	unsigned int i, turn;

	for (turn = 0; turn < 5; turn++) {
		for (i = 0, ns = 0; i < 200; i++) {
			start = cpu_ns();
			wire_rx(flow_f.data, flow_f.len);
			ns += cpu_ns() - start;
			EQ(flow_got(), to);
		}
		best = ns < best ? ns : best;
	}
	return best;
}

/* Work does not grow with the number of rules, if their masks are the same. */
static void many_rules(void)
{
	static const struct svnic_flow_key mask = { .dport = 0xffff,
						    .sip = { 0xff, 0xff } };
	struct svnic_core_config config = host_config();
	struct svnic_flow_rule rule;
	unsigned int i, n = 60000;
	uint64_t few;

	config.flow_rules = 65535;
	host_new(&config);
	net_up(1, 0);
	flow_up(1, n, 0, flow_pair, FLOW_PAIRS);
	EQ(vport_flags(1, SVNIC_VPORT_PROMISC, SVNIC_VPORT_PROMISC), 0);
	flow_make(TCP4, NO_TAG, 1);
	rule = flow_for(&mask, flow_to(SVNIC_FLOW_QUEUE, 1, 0));
	EQ(flow_set(1, 0, &rule), 0);
	few = frames_ns(1);
	/* Half of them have the same key. */
	for (i = n - 1; i; i--) {
		if (i % 2)
			flow_put16(&rule.key.dport, i);
		else
			rule = flow_for(&mask, rule);
		EQ(flow_set(1, i, &rule), 0);
	}
	CHECK(frames_ns(1) < 3 * few);
	/* One that no rule matches */
	svnic_put_be16(flow_f.data + flow_f.l4 + 2, n);
	CHECK(frames_ns(0) < 3 * few);
}

/* Keys that differ anywhere are in different buckets. */
static void near_keys(void)
{
	struct svnic_flow_key mask = { .sport = 0 };
	struct svnic_core_config config = host_config();
	unsigned int at, i, n = 8192;
	struct svnic_flow_rule rule;
	uint64_t few;

	config.flow_rules = 65535;
	for (at = 0; at < 16; at += 2) {
		host_new(&config);
		net_up(1, 0);
		flow_up(1, n, 0, flow_pair, FLOW_PAIRS);
		EQ(vport_flags(1, SVNIC_VPORT_PROMISC, SVNIC_VPORT_PROMISC),
		   0);
		flow_make(TCP6, NO_TAG, 1);
		memset(&mask, 0, sizeof(mask));
		memset(&mask.dip[at], 0xff, 2);
		rule = flow_for(&mask, flow_to(SVNIC_FLOW_QUEUE, 1, 0));
		EQ(flow_set(1, 0, &rule), 0);
		/* One that no rule matches */
		memset(flow_f.data + flow_f.l3 + 24 + at, 0xff, 2);
		few = frames_ns(0);
		for (i = 1; i < n; i++) {
			rule.key.dip[at] = i >> 8;
			rule.key.dip[at + 1] = i;
			EQ(flow_set(1, n - i, &rule), 0);
		}
		CHECK(frames_ns(0) < 3 * few);
	}
}

const struct test flow_tests[] = {
	TEST(each_field),
	TEST(port_vlan),
	TEST(lowest),
	TEST(random_rules),
	TEST(one_mask),
	TEST(many_rules),
	TEST(near_keys),
	{ 0 },
};
