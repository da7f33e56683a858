// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections 5.8 and 10.4: commands for flow rules and contexts, grants. */
#include "svnic_core_flow.h"
#include "flows.h"

#define STATE_MAX	32768
#define FLOW_ENTRY	6	/* of the saved state */

static uint8_t before[STATE_MAX], after[STATE_MAX];

/* Rules and contexts of VF 1, as they are saved; returns their length. */
static size_t flow_state(uint8_t *to)
{
	size_t len = svnic_core_save(h->core, 1, NULL, 0), at;
	struct svnic_tlv *tlv;

	CHECK(len && len <= STATE_MAX);
	EQ(svnic_core_save(h->core, 1, to, len), len);
	for (at = 0; at < len; at += 8 + ((tlv->len + 7) & ~7u)) {
		tlv = (struct svnic_tlv *)(to + at);
		if (tlv->type != FLOW_ENTRY)
			continue;
		len = tlv->len;
		memmove(to, tlv + 1, len);
		return len;
	}
	CHECK(!"entry of flow rules");
}

/* The command fails, and changes nothing. */
static void fails(struct svnic_cmd cmd, enum svnic_error error)
{
	size_t len = flow_state(before);

	EQ(own_cmd(1, &cmd), error);
	EQ(flow_state(after), len);
	CHECK(!memcmp(before, after, len));
}

static void set_fails(uint16_t index, const struct svnic_flow_rule *rule,
		      enum svnic_error error)
{
	fails(flow_cmd(1, index, rule), error);
}

static void ctx_fails(uint16_t ctx, const struct svnic_rss_state *s,
		      enum svnic_error error)
{
	fails(ctx_cmd(1, ctx, s), error);
}

static void del_fails(uint16_t index, enum svnic_error error)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_FN_FLOW_DEL, 0);

	cmd.flow.index = index;
	fails(cmd, error);
}

static void ctx_del_fails(uint16_t ctx, enum svnic_error error)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_FN_RSS_DEL, 0);

	cmd.rss_del.context = ctx;
	fails(cmd, error);
}

/* There is rule 3, and context 2. */
static void setup(void)
{
	struct svnic_flow_rule rule = flow_to(SVNIC_FLOW_RSS, 2, 0);
	struct svnic_rss_state s = ctx_to(2);

	flow_setup();
	EQ(ctx_set(1, 2, &s), 0);
	EQ(flow_set(1, 3, &rule), 0);
	flow_make(TCP4, NO_TAG, 1);
	EQ(flow_send(), 2);
}

/* What is common to commands; there is only one right length of the data. */
static void bad_command(struct svnic_cmd good, unsigned int params)
{
	static const uint32_t lens[] = { 0, 1, 7, 8, 0x7fffffff, 0xffffffff };
	struct svnic_cmd cmd;
	unsigned int i;

	for (i = 0; i < 40; i++) {
		cmd = good;
		cmd.params[i] = 1;
		if (i >= params)
			fails(cmd, SVNIC_ERR_PARAM);
	}
	cmd = good;
	cmd.rsvd0 = 1;
	fails(cmd, SVNIC_ERR_PARAM);
	cmd = good;
	cmd.rsvd1 = 1;
	fails(cmd, SVNIC_ERR_PARAM);
	for (i = 1; i < 3; i++) {
		cmd = good;
		cmd.vport = i;
		fails(cmd, SVNIC_ERR_PARAM);
	}
	if (!good.data_len)
		return;
	for (i = 0; i < 6; i++) {
		cmd = good;
		cmd.data_len = lens[i];
		fails(cmd, SVNIC_ERR_PARAM);
	}
	cmd = good;
	cmd.data_len--;
	fails(cmd, SVNIC_ERR_PARAM);
	cmd.data_len += 2;
	fails(cmd, SVNIC_ERR_PARAM);
	for (i = 1; i < 8; i++) {
		cmd = good;
		cmd.data_addr += i;
		fails(cmd, SVNIC_ERR_PARAM);
	}
	/* Memory of nobody, of another function, and an error of the bus */
	h->lenient = true;
	cmd = good;
	cmd.data_addr = 4096;
	fails(cmd, SVNIC_ERR_DMA);
	cmd.data_addr = mem_alloc(2, 4096);
	fails(cmd, SVNIC_ERR_DMA);
	h->fail_fn = 1;
	h->fail_read = 2;	/* first the command is read */
	fails(good, SVNIC_ERR_DMA);
	h->lenient = false;
}

/* A bit that is one in the key, the mask, or both */
static void bad_bit(unsigned int bit, const struct svnic_flow_rule *good)
{
	static const struct {
		uint16_t from, to;
	} rsvd[] = { { 16, 20 }, { 22, 24 }, { 60, 64 } };
	unsigned int at = bit / 8, i;
	struct svnic_flow_rule rule;
	bool can = true;

	for (i = 0; i < 3; i++)
		can = can && (at < rsvd[i].from || at >= rsvd[i].to);
	rule = *good;
	((uint8_t *)&rule.key)[at] |= 1 << bit % 8;
	set_fails(0, &rule, SVNIC_ERR_PARAM);
	((uint8_t *)&rule.mask)[at] |= 1 << bit % 8;
	if (!can)
		set_fails(0, &rule, SVNIC_ERR_PARAM);
	((uint8_t *)&rule.key)[at] = 0;
	if (!can)
		set_fails(0, &rule, SVNIC_ERR_PARAM);
	if (!can)
		return;
	EQ(flow_set(1, 0, &rule), 0);
	EQ(flow_del(1, 0), 0);
}

static void bad_rules(void)
{
	const struct svnic_flow_rule good = flow_to(SVNIC_FLOW_QUEUE, 1, 0);
	struct svnic_flow_rule rule;
	unsigned int i, bit;

	setup();
	bad_command(flow_cmd(1, 0, &good), 2);
	for (bit = 0; bit < 512; bit++)
		bad_bit(bit, &good);
	/* The second to fourth action, and what the first does not use */
	for (bit = 0; bit < 3 * 128; bit++) {
		rule = good;
		((uint8_t *)&rule.action[1])[bit / 8] ^= 1 << bit % 8;
		set_fails(0, &rule, SVNIC_ERR_PARAM);
	}
	for (bit = 0; bit < 64; bit++) {
		for (i = SVNIC_FLOW_DROP; i <= SVNIC_FLOW_RSS; i++) {
			rule = flow_to(i, 0, 0);
			rule.action[0].c = 1ULL << bit;
			set_fails(0, &rule, SVNIC_ERR_PARAM);
		}
	}
	for (i = 0; i < 65536; i = i < 16 ? i + 1 : i * 2) {
		rule = flow_to(i, 0, 0);
		if (!i || i > SVNIC_FLOW_RSS)
			set_fails(0, &rule, SVNIC_ERR_PARAM);
		rule = flow_to(SVNIC_FLOW_DROP, i, 0);
		if (i)
			set_fails(0, &rule, SVNIC_ERR_PARAM);
		rule = flow_to(SVNIC_FLOW_DROP, 0, i * 65536);
		if (i)
			set_fails(0, &rule, SVNIC_ERR_PARAM);
		rule = flow_to(SVNIC_FLOW_QUEUE, i, 0);
		if (i >= FLOW_PAIRS)
			set_fails(0, &rule, SVNIC_ERR_PARAM);
		rule = flow_to(SVNIC_FLOW_QUEUE, 0, i * 65536 + !i);
		set_fails(0, &rule, SVNIC_ERR_PARAM);
		rule = flow_to(SVNIC_FLOW_RSS, 0, i);
		if (i >= FLOW_PAIRS)
			set_fails(0, &rule, SVNIC_ERR_PARAM);
		rule = flow_to(SVNIC_FLOW_RSS, i, 0);
		if (i && i != 2)
			set_fails(0, &rule, SVNIC_ERR_NOT_FOUND);
		if (i >= FLOW_RULES)
			set_fails(i, &good, SVNIC_ERR_GRANT);
		if (i != 3)
			del_fails(i, SVNIC_ERR_NOT_FOUND);
	}
	set_fails(FLOW_RULES, &good, SVNIC_ERR_GRANT);
	set_fails(65535, &good, SVNIC_ERR_GRANT);
	EQ(flow_set(1, FLOW_RULES - 1, &good), 0);
	bad_command(admin_cmd(SVNIC_FN_FLOW_DEL, 0), 2);
	/* A replacement that fails leaves what is there. */
	rule = flow_to(SVNIC_FLOW_RSS, 1, 0);
	set_fails(3, &rule, SVNIC_ERR_NOT_FOUND);
	EQ(flow_send(), 2);
}

static void bad_contexts(void)
{
	const struct svnic_rss_state good = ctx_to(1);
	struct svnic_rss_state s;
	struct svnic_cmd cmd;
	unsigned int i;

	setup();
	bad_command(ctx_cmd(1, 1, &good), sizeof(struct svnic_rss_set));
	bad_command(ctx_cmd(1, 2, &good), sizeof(struct svnic_rss_set));
	for (i = 0; i < 32; i++) {
		s = good;
		s.ctrl ^= 1U << i;
		if (i < 1 || i > 2)
			ctx_fails(1, &s, SVNIC_ERR_PARAM);
		s = good;
		s.fields_ipv4 = 1U << i;
		if (!(0x1b1b03 >> i & 1))
			ctx_fails(1, &s, SVNIC_ERR_PARAM);
		s = good;
		s.fields_ipv6 = 1U << i;
		if (!(0x1f1f07 >> i & 1))
			ctx_fails(2, &s, SVNIC_ERR_PARAM);
	}
	for (i = 0; i < SVNIC_RSS_ENTRIES; i++) {
		s = good;
		s.table[i] = i % 2 ? FLOW_PAIRS : 255;
		ctx_fails(1, &s, SVNIC_ERR_PARAM);
	}
	for (i = 0; i < 65536; i = i < 8 ? i + 1 : i * 2) {
		cmd = ctx_cmd(1, 1, &good);
		cmd.rss_set.entries = i;
		if (i != SVNIC_RSS_ENTRIES)
			fails(cmd, SVNIC_ERR_PARAM);
		if (i > FLOW_CTXS)
			ctx_fails(i, &good, SVNIC_ERR_GRANT);
		if (i != 2)
			ctx_del_fails(i, SVNIC_ERR_NOT_FOUND);
	}
	ctx_fails(0, &good, SVNIC_ERR_PARAM);
	bad_command(admin_cmd(SVNIC_FN_RSS_DEL, 0), 2);
	/* All that is defined */
	s = good;
	s.ctrl = 7;
	s.fields_ipv4 = 0x1b1b03;
	s.fields_ipv6 = 0x1f1f07;
	EQ(ctx_set(1, FLOW_CTXS, &s), 0);
	s.fields_ipv4 = 0;
	s.fields_ipv6 = 0;
	EQ(ctx_set(1, FLOW_CTXS, &s), 0);
	EQ(ctx_del(1, FLOW_CTXS), 0);
}

/* A context is in use as long as any rule names it. */
static void in_use(void)
{
	struct svnic_flow_rule rule = flow_to(SVNIC_FLOW_RSS, 2, 0);
	struct svnic_rss_state s = ctx_to(1);

	setup();
	EQ(flow_set(1, 4, &rule), 0);
	EQ(flow_set(1, 4, &rule), 0);
	ctx_del_fails(2, SVNIC_ERR_IN_USE);
	EQ(flow_del(1, 3), 0);
	ctx_del_fails(2, SVNIC_ERR_IN_USE);
	/* It can be changed; the rule follows. */
	EQ(flow_send(), 2);
	EQ(ctx_set(1, 2, &s), 0);
	EQ(flow_send(), 1);
	EQ(ctx_set(1, 1, &s), 0);
	rule = flow_to(SVNIC_FLOW_RSS, 1, 2);
	EQ(flow_set(1, 4, &rule), 0);
	EQ(flow_send(), 3);
	ctx_del_fails(1, SVNIC_ERR_IN_USE);
	EQ(ctx_del(1, 2), 0);
	EQ(flow_send(), 3);
	rule = flow_to(SVNIC_FLOW_RSS, 2, 0);
	set_fails(4, &rule, SVNIC_ERR_NOT_FOUND);
	rule = flow_to(SVNIC_FLOW_RSS, 0, 2);
	EQ(flow_set(1, 4, &rule), 0);
	EQ(flow_send(), 2);
	EQ(ctx_del(1, 1), 0);
	ctx_del_fails(1, SVNIC_ERR_NOT_FOUND);
}

static struct svnic_flow_rule masked(unsigned int n)
{
	struct svnic_flow_rule rule = flow_to(SVNIC_FLOW_QUEUE, 1, 0);

	flow_put16(&rule.mask.sport, n);
	flow_put16(&rule.key.sport, n);
	return rule;
}

/* 16 masks; one that is replaced by another counts until that is there. */
static void masks(void)
{
	struct svnic_flow_rule rule;
	unsigned int i;

	flow_setup();
	for (i = 0; i < 16; i++) {
		rule = masked(i);
		EQ(flow_set(1, i, &rule), 0);
	}
	rule = masked(16);
	set_fails(20, &rule, SVNIC_ERR_NO_SPACE);
	set_fails(5, &rule, SVNIC_ERR_NO_SPACE);
	/* Rules of the same masks */
	for (i = 0; i < 32; i++) {
		rule = masked(i % 16);
		rule.key.sport = 0;
		EQ(flow_set(1, i, &rule), 0);
		EQ(flow_set(1, i, &rule), 0);
	}
	rule = masked(16);
	set_fails(20, &rule, SVNIC_ERR_NO_SPACE);
	EQ(flow_del(1, 5), 0);
	set_fails(5, &rule, SVNIC_ERR_NO_SPACE);
	EQ(flow_del(1, 21), 0);
	EQ(flow_set(1, 5, &rule), 0);
	/* The only rule of mask 16 gets that of others, and back. */
	rule = masked(17);
	set_fails(5, &rule, SVNIC_ERR_NO_SPACE);
	rule = masked(4);
	EQ(flow_set(1, 5, &rule), 0);
	rule = masked(17);
	EQ(flow_set(1, 5, &rule), 0);
	set_fails(6, &(struct svnic_flow_rule){ .mask.dport = 1,
		  .action[0].type = SVNIC_FLOW_DROP }, SVNIC_ERR_NO_SPACE);
}

/* ---- Grants ---- */

/* A rule that a function may just have, and not one more; as to contexts */
static void limits(unsigned int fn, unsigned int rules, unsigned int ctxs)
{
	struct svnic_flow_rule rule = flow_to(SVNIC_FLOW_DROP, 0, 0);
	struct svnic_rss_state s = ctx_to(0);

	EQ(flow_set(fn, rules, &rule), SVNIC_ERR_GRANT);
	EQ(ctx_set(fn, ctxs + 1, &s), SVNIC_ERR_GRANT);
	if (rules) {
		EQ(flow_set(fn, rules - 1, &rule), 0);
		EQ(flow_del(fn, rules - 1), 0);
	}
	if (ctxs) {
		EQ(ctx_set(fn, ctxs, &s), 0);
		EQ(ctx_del(fn, ctxs), 0);
	}
}

static void granted(unsigned int fn, unsigned int rules, unsigned int ctxs)
{
	struct svnic_vport_grant grant = vport_info(fn).grant;
	struct svnic_cmd cmd = admin_cmd(SVNIC_FN_CAPS_GET, 0);
	const struct svnic_vport_grant *own;

	EQ(grant.flow_rules, rules);
	EQ(grant.rss_contexts, ctxs);
	if (fn)
		return;
	cmd.data_addr = own_data(0);
	cmd.data_len = 24;
	EQ(own_cmd(0, &cmd), 0);
	own = mem_at(own_data(0) + 8);
	EQ(own->flow_rules, rules);
	EQ(own->rss_contexts, ctxs);
}

/* 256 rules and 16 contexts: what the VFs do not have is the PF's. */
static void grants(void)
{
	struct svnic_flow_rule rule = flow_to(SVNIC_FLOW_DROP, 0, 0);
	struct svnic_rss_state s = ctx_to(0);
	unsigned int i;

	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	own_start(0);
	/* No more than there are, also if the PF uses, or used, none. */
	for (i = 0; i < 2; i++) {
		granted(0, 256, 16);
		EQ(flow_grant(1, 257, 0), SVNIC_ERR_NO_SPACE);
		EQ(flow_grant(1, 0, 17), SVNIC_ERR_NO_SPACE);
		EQ(flow_grant(1, 65535, 65535), SVNIC_ERR_NO_SPACE);
		granted(1, 0, 0);
		limits(0, 256, 16);
	}
	granted(0, 256, 16);
	EQ(flow_grant(1, 256, 16), 0);
	granted(1, 256, 16);
	granted(0, 0, 0);
	limits(0, 0, 0);
	EQ(flow_grant(2, 1, 0), SVNIC_ERR_NO_SPACE);
	EQ(flow_grant(2, 0, 1), SVNIC_ERR_NO_SPACE);
	EQ(flow_grant(1, 100, 10), 0);
	EQ(flow_grant(2, 50, 2), 0);
	granted(0, 106, 4);
	limits(0, 106, 4);
	/* All up to the highest that the PF uses are in use. */
	EQ(flow_set(0, 99, &rule), 0);
	EQ(ctx_set(0, 3, &s), 0);
	EQ(flow_grant(2, 57, 2), SVNIC_ERR_NO_SPACE);
	EQ(flow_grant(2, 50, 4), SVNIC_ERR_NO_SPACE);
	EQ(flow_grant(2, 56, 3), 0);
	granted(0, 100, 3);
	limits(0, 100, 3);
	EQ(flow_del(0, 99), SVNIC_ERR_NOT_FOUND);
	EQ(ctx_del(0, 3), SVNIC_ERR_NOT_FOUND);
	EQ(flow_set(0, 98, &rule), 0);
	EQ(ctx_set(0, 3, &s), 0);
	EQ(flow_grant(2, 57, 3), 0);
	EQ(ctx_del(0, 3), 0);
	EQ(flow_grant(2, 57, 6), 0);
	granted(0, 99, 0);
	/* A VF that ceases to exist gives back what it had. */
	svnic_core_set_vfs(h->core, 2);
	svnic_core_set_vfs(h->core, 0);
	granted(1, 0, 0);
	granted(0, 256, 16);
	limits(0, 256, 16);
}

/* What a VF uses cannot be taken from it. */
static void grants_in_use(void)
{
	struct svnic_flow_rule rule = flow_to(SVNIC_FLOW_DROP, 0, 0);
	struct svnic_rss_state s = ctx_to(0);

	flow_setup();
	limits(1, FLOW_RULES, FLOW_CTXS);
	EQ(flow_set(1, 30, &rule), 0);
	EQ(ctx_set(1, 3, &s), 0);
	EQ(flow_grant(1, 48, 4), SVNIC_ERR_NOT_READY);
	EQ(vport_disable(1), 0);
	EQ(flow_grant(1, 30, 4), SVNIC_ERR_GRANT);
	EQ(flow_grant(1, 48, 2), SVNIC_ERR_GRANT);
	EQ(flow_grant(1, 0, 0), SVNIC_ERR_GRANT);
	granted(1, FLOW_RULES, FLOW_CTXS);
	EQ(flow_grant(1, 31, 3), 0);
	granted(1, 31, 3);
	EQ(flow_set(1, 31, &rule), SVNIC_ERR_GRANT);
	EQ(ctx_set(1, 4, &s), SVNIC_ERR_GRANT);
	EQ(ctx_del(1, 3), 0);
	EQ(flow_del(1, 30), 0);
	EQ(flow_grant(1, 0, 0), 0);
	limits(1, 0, 0);
	EQ(flow_grant(1, 5, 1), 0);
	limits(1, 5, 1);
	/* A reset leaves the grant. */
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	run();
	granted(1, 5, 1);
	svnic_core_flr(h->core, 1);
	granted(1, 5, 1);
}

/* ---- Life ---- */

/* Without the feature there are no such commands; it needs two others. */
static void feature(void)
{
	static const uint64_t needs[] = { SVNIC_F_COMMAND, SVNIC_F_RSS };
	struct svnic_flow_rule rule = flow_to(SVNIC_FLOW_DROP, 0, 0);
	struct svnic_rss_state s = ctx_to(0);
	unsigned int i;

	flow_setup();
	CHECK(rd(1, SVNIC_REG_FEATURES_LO) & SVNIC_F_FLOW);
	wr(1, SVNIC_REG_CTRL, 0);
	fn_up(1, ALL_FEATURES(1) & ~SVNIC_F_FLOW);
	own_start(1);
	EQ(flow_set(1, 0, &rule), SVNIC_ERR_OPCODE);
	EQ(flow_del(1, 0), SVNIC_ERR_OPCODE);
	EQ(ctx_set(1, 1, &s), SVNIC_ERR_OPCODE);
	EQ(ctx_del(1, 1), SVNIC_ERR_OPCODE);
	for (i = 0; i < 2; i++) {
		wr(1, SVNIC_REG_CTRL, 0);
		wr64(1, SVNIC_REG_ACCEPT_LO, ALL_FEATURES(1) & ~needs[i]);
		wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
		EQ(rd(1, SVNIC_REG_STATUS), SVNIC_STATUS_READY |
		   SVNIC_ERR_FEATURES << 16);
	}
}

static void gone(unsigned int fn)
{
	EQ(flow_del(fn, 3), SVNIC_ERR_NOT_FOUND);
	EQ(ctx_del(fn, 2), SVNIC_ERR_NOT_FOUND);
}

/* Rules and contexts end with ENABLED, by whatever; not with READY. */
static void life(void)
{
	struct svnic_flow_rule rule = flow_to(SVNIC_FLOW_RSS, 2, 0);
	struct svnic_rss_state s = ctx_to(2);
	unsigned int way;

	flow_setup();
	flow_make(TCP4, NO_TAG, 1);
	for (way = 0; way < 4; way++) {
		EQ(ctx_set(1, 2, &s), 0);
		EQ(flow_set(1, 3, &rule), 0);
		EQ(flow_send(), 2);
		if (way == 0) {
			wr(1, SVNIC_REG_CTRL, 0);
		} else if (way == 1) {
			wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
			EQ(vport_enable(1, vport_info(1).reset_seq), 0);
		} else if (way == 2) {
			svnic_core_flr(h->core, 1);
			EQ(vport_enable(1, vport_info(1).reset_seq), 0);
		} else {
			EQ(vport_disable(1), 0);
			EQ(vport_enable(1, vport_info(1).reset_seq), 0);
			queue_start(&flow_pair[2]);
			queue_post(&flow_pair[2], 64);
			EQ(flow_send(), 2);
			EQ(flow_del(1, 3), 0);
			EQ(ctx_del(1, 2), 0);
			break;
		}
		flow_restart(1, flow_pair, FLOW_PAIRS);
		EQ(vport_flags(1, SVNIC_VPORT_PROMISC, SVNIC_VPORT_PROMISC), 0);
		EQ(flow_send(), 0);
		gone(1);
	}
}

/* The same of the PF, whose VFs keep theirs in a reset, but not in an FLR. */
static void life_of_pf(void)
{
	struct svnic_flow_rule rule = flow_to(SVNIC_FLOW_RSS, 2, 0);
	struct svnic_rss_state s = ctx_to(2);
	unsigned int way;

	flow_setup();
	own_start(0);
	EQ(ctx_set(1, 2, &s), 0);
	EQ(flow_set(1, 3, &rule), 0);
	for (way = 0; way < 3; way++) {
		EQ(ctx_set(0, 2, &s), 0);
		EQ(flow_set(0, 3, &rule), 0);
		if (way == 2)
			svnic_core_flr(h->core, 0);
		else
			wr(0, SVNIC_REG_CTRL, way ? SVNIC_CTRL_RESET : 0);
		fn_up(0, ALL_FEATURES(0));
		own_start(0);
		run();
		events_drain(0);
		gone(0);
		granted(0, way == 2 ? 256 : 256 - FLOW_RULES,
			way == 2 ? 16 : 16 - FLOW_CTXS);
		granted(1, way == 2 ? 0 : FLOW_RULES, way == 2 ? 0 : FLOW_CTXS);
		if (way == 2)
			break;
		flow_make(TCP4, NO_TAG, way);
		EQ(flow_send(), 2);
	}
}

const struct test flow_cmd_tests[] = {
	TEST(bad_rules),
	TEST(bad_contexts),
	TEST(in_use),
	TEST(masks),
	TEST(grants),
	TEST(grants_in_use),
	TEST(feature),
	TEST(life),
	TEST(life_of_pf),
	{ 0 },
};
