// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands of a function about itself: flow rules and RSS contexts (5.8). */
#include "flows.h"
#include "svnic_core_flow.h"

#define RING	16

static struct {
	uint64_t	ring;
	uint64_t	data;
	uint32_t	prod;
} own[FNS_MAX];

/* The PF has a command ring already. */
void own_start(unsigned int fn)
{
	own[fn].data = mem_alloc(fn, 4096);
	own[fn].prod = 0;
	if (!fn)
		return;
	own[fn].ring = mem_alloc(fn, RING * sizeof(struct svnic_cmd));
	wr64(fn, SVNIC_REG_CMD_BASE_LO, own[fn].ring);
	wr(fn, SVNIC_REG_CMD_SIZE, RING);
	EQ(rd(fn, SVNIC_REG_CMD_SIZE), RING);
}

uint64_t own_data(unsigned int fn)
{
	return own[fn].data;
}

/* Other events that arrive before the answer are dropped. */
enum svnic_error own_cmd(unsigned int fn, struct svnic_cmd *cmd)
{
	struct svnic_event event;

	if (!fn)
		return admin(cmd);
	cmd->cookie = own[fn].prod;
	memcpy(mem_at(own[fn].ring + own[fn].prod++ % RING * sizeof(*cmd)),
	       cmd, sizeof(*cmd));
	wr(fn, SVNIC_REG_CMD_PROD, own[fn].prod);
	run();
	do {
		CHECK(event_get(fn, &event));
	} while (event.type != SVNIC_EVENT_COMMAND);
	event_cons(fn);
	EQ(event.data & 0xffff, cmd->cookie);
	EQ(event.data2, 0);
	return event.data >> 16;
}

struct svnic_cmd flow_cmd(unsigned int fn, uint16_t index,
			  const struct svnic_flow_rule *rule)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_FN_FLOW_SET, 0);

	cmd.flow.index = index;
	cmd.data_addr = own[fn].data;
	cmd.data_len = sizeof(*rule);
	memcpy(mem_at(own[fn].data), rule, sizeof(*rule));
	return cmd;
}

enum svnic_error flow_set(unsigned int fn, uint16_t index,
			  const struct svnic_flow_rule *rule)
{
	struct svnic_cmd cmd = flow_cmd(fn, index, rule);

	return own_cmd(fn, &cmd);
}

enum svnic_error flow_del(unsigned int fn, uint16_t index)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_FN_FLOW_DEL, 0);

	cmd.flow.index = index;
	return own_cmd(fn, &cmd);
}

struct svnic_cmd ctx_cmd(unsigned int fn, uint16_t context,
			 const struct svnic_rss_state *s)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_FN_RSS_SET, 0);
	struct svnic_rss_data *to = mem_at(own[fn].data);

	cmd.rss_set.context = context;
	cmd.rss_set.entries = sizeof(s->table);
	cmd.rss_set.ctrl = s->ctrl;
	cmd.rss_set.fields_ipv4 = s->fields_ipv4;
	cmd.rss_set.fields_ipv6 = s->fields_ipv6;
	cmd.data_addr = own[fn].data;
	cmd.data_len = SVNIC_RSS_DATA_LEN;
	memcpy(to->key, s->key, sizeof(s->key));
	memcpy(to->table, s->table, sizeof(s->table));
	return cmd;
}

enum svnic_error ctx_set(unsigned int fn, uint16_t context,
			 const struct svnic_rss_state *s)
{
	struct svnic_cmd cmd = ctx_cmd(fn, context, s);

	return own_cmd(fn, &cmd);
}

enum svnic_error ctx_del(unsigned int fn, uint16_t context)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_FN_RSS_DEL, 0);

	cmd.rss_del.context = context;
	return own_cmd(fn, &cmd);
}

/* A context with random key and @pair in all entries of its table */
struct svnic_rss_state ctx_to(uint8_t pair)
{
	struct svnic_rss_state s = {
		.ctrl = SVNIC_RSS_ENABLE,
		.fields_ipv4 = 0x1b1b03,
		.fields_ipv6 = 0x1b1b03,
	};
	unsigned int i;

	for (i = 0; i < sizeof(s.key); i++)
		s.key[i] = rnd();
	memset(s.table, pair, sizeof(s.table));
	return s;
}

/* All frames to one place, before key and mask are set */
struct svnic_flow_rule flow_to(enum svnic_flow_type type, uint16_t a,
			       uint32_t b)
{
	struct svnic_flow_rule rule;

	memset(&rule, 0, sizeof(rule));
	rule.action[0].type = type;
	rule.action[0].a = a;
	rule.action[0].b = b;
	return rule;
}

/* Grants rules and contexts to a VF that is not READY. */
enum svnic_error flow_grant(unsigned int vf, uint16_t rules, uint16_t contexts)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_GRANT, vf);

	cmd.grant = vport_info(vf).grant;
	cmd.grant.flow_rules = rules;
	cmd.grant.rss_contexts = contexts;
	return admin(&cmd);
}

/* Starts a function again, and @n of its pairs. */
void flow_restart(unsigned int fn, struct queue *pair, unsigned int n)
{
	unsigned int i;

	fn_up(fn, ALL_FEATURES(fn));
	for (i = 0; i < n; i++) {
		queue_start(&pair[i]);
		queue_post(&pair[i], pair[i].rx_size);
	}
	own_start(fn);
	run();
	events_drain(fn);
}

/* VF @fn gets a grant, and is started again with @n pairs. */
void flow_up(unsigned int fn, uint16_t rules, uint16_t contexts,
	     struct queue *pair, unsigned int n)
{
	unsigned int i;

	EQ(vport_disable(fn), 0);
	EQ(flow_grant(fn, rules, contexts), 0);
	EQ(vport_enable(fn, 0), 0);
	wr(fn, SVNIC_REG_CTRL, 0);
	for (i = 0; i < n; i++)
		queue_alloc(&pair[i], fn, i);
	flow_restart(fn, pair, n);
	events_drain(0);
}
