// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands for flow rules and RSS contexts, and what must hold after them */
#include "flow.h"
#include "svnic_core_flow.h"
#include "svnic_core_priv.h"

/* Fields of a frame like those that the fuzzers send */
static void some_key(struct input *in, struct svnic_flow_key *key)
{
	uint8_t pick = in8(in);
	bool v6 = pick & 1;

	memcpy(key->dmac, pick & 0x80 ? mac_bcast : MAC(pick >> 4 & 3), 6);
	memcpy(key->smac, pick & 0x40 ? mac_other : MAC(pick >> 2 & 3), 6);
	key->type = v6 ? htobe16(0x86dd) : htobe16(0x0800);
	key->vlan = pick & 4 ? htobe16(5) : pick & 8 ? htobe16(0xe000) : 0;
	key->proto = pick & 2 ? 17 : 6;
	key->sip[0] = v6 ? 0xfd : 10;
	key->dip[0] = v6 ? 0xfd : 10;
	key->sip[v6 ? 15 : 3] = 1;
	key->dip[v6 ? 15 : 3] = 2;
}

/* A field each for the bits of a number, or part of one; few of them differ. */
static void some_mask(struct input *in, struct svnic_flow_key *mask)
{
	static const struct {
		uint8_t at, len;
	} fields[8] = {
		{ 0, 6 }, { 6, 6 }, { 12, 2 }, { 14, 2 }, { 20, 1 }, { 21, 1 },
		{ 24, 32 }, { 56, 4 },
	};
	uint8_t pick = in8(in), *to = (uint8_t *)mask;
	unsigned int i;

	/* Mostly one or two of them, so that the device has room. */
	if (pick & 0x80)
		pick &= 0x07;
	for (i = 0; i < 8; i++)
		if (pick & 1 << i)
			memset(to + fields[i].at, pick == 0x41 ? 0x0f : 0xff,
			       fields[i].len);
}

static void some_rule(struct input *in, struct svnic_flow_rule *rule)
{
	uint8_t *key = (uint8_t *)&rule->key, pick;
	const uint8_t *mask = (const uint8_t *)&rule->mask;
	unsigned int i;

	memset(rule, 0, sizeof(*rule));
	some_key(in, &rule->key);
	some_mask(in, &rule->mask);
	for (i = 0; i < sizeof(rule->key); i++)
		key[i] &= mask[i];
	pick = in8(in);
	rule->action[0].type = 1 + pick % 3;
	if (pick % 3 == 1) {
		rule->action[0].a = pick >> 2 & 3;
	} else if (pick % 3 == 2) {
		/* Most contexts do not exist. */
		rule->action[0].a = (pick >> 2 & 3) == 3 ? 1 + pick % 2 : 0;
		rule->action[0].b = pick >> 4 & 3;
	}
	if (pick >> 5 == 7)
		((uint8_t *)rule)[in8(in) % sizeof(*rule)] = in8(in);
}

static void some_ctx(struct input *in, struct svnic_cmd *cmd,
		     struct svnic_rss_data *to)
{
	uint8_t pick = in8(in);
	unsigned int i;

	cmd->rss_set.context = pick & 2 ? 1 + pick % 2 : 1 + pick % 4;
	cmd->rss_set.entries = SVNIC_RSS_ENTRIES;
	cmd->rss_set.ctrl = SVNIC_RSS_ENABLE | (pick >> 2 & 6);
	cmd->rss_set.fields_ipv4 = 0x1b1b03 & in32(in);
	cmd->rss_set.fields_ipv6 = 0x1f1f07 & in32(in);
	memset(to->key, in8(in), sizeof(to->key));
	in_bytes(in, to->key, 8);
	for (i = 0; i < SVNIC_RSS_ENTRIES; i++)
		to->table[i] = (pick >> 5) * i % 3;
	if (pick >> 5 == 7)
		to->table[in8(in) % SVNIC_RSS_ENTRIES] = in8(in);
}

struct svnic_cmd flow_some_cmd(struct input *in, uint64_t data)
{
	uint8_t pick = in8(in);
	struct svnic_cmd cmd;

	cmd = admin_cmd(SVNIC_FN_FLOW_SET, 0);
	cmd.data_addr = data;
	switch (pick >> 5) {
	case 0:
		cmd.opcode = SVNIC_FN_FLOW_DEL;
		cmd.flow.index = pick % 16;
		break;
	case 1:
		cmd.opcode = SVNIC_FN_RSS_DEL;
		cmd.rss_del.context = pick % 5;
		break;
	case 2 ... 3:
		cmd.opcode = SVNIC_FN_RSS_SET;
		cmd.data_len = SVNIC_RSS_DATA_LEN;
		some_ctx(in, &cmd, mem_at(data));
		break;
	default:
		cmd.flow.index = pick % 32 < 30 ? pick % 16 : in16(in);
		cmd.data_len = sizeof(struct svnic_flow_rule);
		some_rule(in, mem_at(data));
	}
	return cmd;
}

/* Answers to earlier commands are consumed unread. */
void flow_post(struct input *in, unsigned int fn, uint64_t ring, uint64_t data)
{
	const struct svnic_fn_state *s = &h->core->fn[fn].s;
	struct svnic_cmd cmd = flow_some_cmd(in, data);

	if (s->cmd_base != ring || !s->cmd_size ||
	    s->cmd_size > FLOW_RING_SIZE)
		return;
	wr(fn, SVNIC_REG_EVQ_CONS, s->evq_prod);
	memcpy(mem_at(ring + s->cmd_prod % s->cmd_size * sizeof(cmd)), &cmd,
	       sizeof(cmd));
	wr(fn, SVNIC_REG_CMD_PROD, s->cmd_prod + 1);
	run();
}

static void check_rules(const struct svnic_fn *fn, uint32_t rules)
{
	const struct svnic_flow_rule *rule;
	uint32_t i;

	for (i = 0; i < rules; i++) {
		rule = svnic_flow_get(fn->flow, i);
		if (!rule)
			continue;
		MUST(!svnic_flow_check(fn, rule));
		MUST(rule->action[0].type != SVNIC_FLOW_RSS ||
		     !rule->action[0].a ||
		     svnic_flow_ctx(fn->flow, rule->action[0].a));
	}
}

void flow_check(void)
{
	const struct svnic_core *core = h->core;
	uint32_t rules, ctxs, used_rules, used_ctxs, fn;
	const struct svnic_vport_state *v;

	svnic_flow_used(core->fn[0].flow, &rules, &ctxs);
	check_rules(&core->fn[0], rules);
	ctxs--;		/* that of the registers */
	for (fn = 1; fn < core->fns; fn++) {
		v = &core->fn[fn].s.vport;
		svnic_flow_used(core->fn[fn].flow, &used_rules, &used_ctxs);
		MUST(used_rules <= v->flow_rules);
		MUST(used_ctxs <= v->rss_contexts + 1u);
		check_rules(&core->fn[fn], used_rules);
		rules += v->flow_rules;
		ctxs += v->rss_contexts;
	}
	MUST(rules <= core->config.flow_rules);
	MUST(ctxs <= core->config.rss_contexts);
	for (fn = 0; fn < core->fns; fn++)
		MUST(core->fn[fn].s.enabled || !core->fn[fn].flow);
}

static uint64_t sum(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len--)
		sum = (sum ^ *p++) * 0x100000001b3;
	return sum;
}

uint64_t flow_digest(unsigned int fn)
{
	const struct svnic_flow *flow = h->core->fn[fn].flow;
	const struct svnic_flow_rule *rule;
	const struct svnic_rss_ctx *ctx;
	uint32_t rules, ctxs, i;
	uint64_t digest = 0;

	svnic_flow_used(flow, &rules, &ctxs);
	for (i = 0; i < rules; i++) {
		rule = svnic_flow_get(flow, i);
		digest = sum(digest + i + 1, rule, rule ? sizeof(*rule) : 0);
	}
	for (i = 0; i < ctxs; i++) {
		ctx = svnic_flow_ctx(flow, i);
		digest = sum(digest + i + 1, ctx ? &ctx->s : NULL,
			     ctx ? sizeof(ctx->s) : 0);
	}
	return digest;
}
