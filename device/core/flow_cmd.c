// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: commands for flow rules and RSS contexts (section 5.8).
 */
#include "svnic_core_bytes.h"
#include "svnic_core_flow.h"
#include "svnic_core_priv.h"
#include "svnic_core_vport.h"

/* Section 5.6: true if no bit is set that is not defined. */
bool svnic_rss_bits_ok(const struct svnic_rss_state *s)
{
	return !(s->ctrl & ~SVNIC_RSS_CTRL_MASK ||
		 s->fields_ipv4 & ~SVNIC_RSS_FIELDS_IPV4_MASK ||
		 s->fields_ipv6 & ~SVNIC_RSS_FIELDS_IPV6_MASK);
}

/* True if a context may have this state. */
bool svnic_rss_state_ok(const struct svnic_fn *fn,
			const struct svnic_rss_state *s)
{
	unsigned int i;

	if (!(s->ctrl & SVNIC_RSS_ENABLE) || !svnic_rss_bits_ok(s))
		return false;
	for (i = 0; i < SVNIC_RSS_ENTRIES; i++)
		if (s->table[i] >= fn->max_queues)
			return false;
	return true;
}

static bool svnic_flow_action_ok(const struct svnic_fn *fn,
				 const struct svnic_flow_action *action)
{
	uint32_t a = svnic_le16(action->a), b = svnic_le32(action->b);

	if (action->c)
		return false;
	switch (svnic_le16(action->type)) {
	case SVNIC_FLOW_DROP:
		return !a && !b;
	case SVNIC_FLOW_QUEUE:
		return a < fn->max_queues && !b;
	case SVNIC_FLOW_RSS:
		return b < fn->max_queues;
	default:
		return false;
	}
}

/* Everything but whether there is the context that the rule names. */
enum svnic_error svnic_flow_check(const struct svnic_fn *fn,
				  const struct svnic_flow_rule *rule)
{
	static const struct svnic_flow_action end;
	static const struct svnic_flow_key possible = {
		.dmac = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		.smac = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		.type = 0xffff,
		.vlan = 0xffff,
		.proto = 0xff,
		.tos = 0xff,
		.sip = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		.dip = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		.sport = 0xffff,
		.dport = 0xffff,
	};
	const uint8_t *key = (const uint8_t *)&rule->key;
	const uint8_t *mask = (const uint8_t *)&rule->mask;
	const uint8_t *can = (const uint8_t *)&possible;
	unsigned int i;

	for (i = 0; i < sizeof(possible); i++)
		if (mask[i] & ~can[i] || key[i] & ~mask[i])
			return SVNIC_ERR_PARAM;
	if (!svnic_flow_action_ok(fn, &rule->action[0]))
		return SVNIC_ERR_PARAM;
	for (i = 1; i < SVNIC_FLOW_ACTIONS; i++)
		if (memcmp(&rule->action[i], &end, sizeof(end)))
			return SVNIC_ERR_PARAM;
	return SVNIC_ERR_NONE;
}

static bool svnic_flow_make(struct svnic_core *core, struct svnic_fn *fn)
{
	if (!fn->flow)
		fn->flow = svnic_flow_new(core->ops.now(core->host));
	return fn->flow;
}

enum svnic_error svnic_cmd_rss_set(struct svnic_core *core,
				   struct svnic_fn *fn,
				   const struct svnic_cmd *cmd, void *data)
{
	const struct svnic_rss_set *set = &cmd->rss_set;
	uint16_t context = svnic_le16(set->context);
	const struct svnic_rss_data *from = data;
	struct svnic_vport_grant grant;
	struct svnic_rss_state s;

	s.ctrl = svnic_le32(set->ctrl);
	s.fields_ipv4 = svnic_le32(set->fields_ipv4);
	s.fields_ipv6 = svnic_le32(set->fields_ipv6);
	memcpy(s.key, from->key, sizeof(s.key));
	memcpy(s.table, from->table, sizeof(s.table));
	if (!context || svnic_le16(set->entries) != SVNIC_RSS_ENTRIES ||
	    !svnic_rss_state_ok(fn, &s))
		return SVNIC_ERR_PARAM;
	svnic_vport_get_grant(core, fn, &grant);
	if (context > svnic_le16(grant.rss_contexts))
		return SVNIC_ERR_GRANT;
	if (!svnic_flow_make(core, fn))
		return SVNIC_ERR_NO_SPACE;
	return svnic_flow_set_ctx(fn->flow, context, &s);
}

enum svnic_error svnic_cmd_rss_del(struct svnic_core *core,
				   struct svnic_fn *fn,
				   const struct svnic_cmd *cmd, void *data)
{
	(void)core;
	(void)data;
	return svnic_flow_del_ctx(fn->flow, svnic_le16(cmd->rss_del.context));
}

enum svnic_error svnic_cmd_flow_set(struct svnic_core *core,
				    struct svnic_fn *fn,
				    const struct svnic_cmd *cmd, void *data)
{
	uint16_t index = svnic_le16(cmd->flow.index);
	struct svnic_vport_grant grant;
	enum svnic_error error;

	error = svnic_flow_check(fn, data);
	if (error)
		return error;
	svnic_vport_get_grant(core, fn, &grant);
	if (index >= svnic_le16(grant.flow_rules))
		return SVNIC_ERR_GRANT;
	if (!svnic_flow_make(core, fn))
		return SVNIC_ERR_NO_SPACE;
	return svnic_flow_set(fn->flow, index, data);
}

enum svnic_error svnic_cmd_flow_del(struct svnic_core *core,
				    struct svnic_fn *fn,
				    const struct svnic_cmd *cmd, void *data)
{
	(void)core;
	(void)data;
	return svnic_flow_del(fn->flow, svnic_le16(cmd->flow.index));
}
