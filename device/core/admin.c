// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: commands of the PF (sections 10.1 to 10.7).
 */
#include "svnic_core_command.h"
#include "svnic_core_event.h"
#include "svnic_core_packet.h"
#include "svnic_core_priv.h"
#include "svnic_core_vport.h"

static enum svnic_error svnic_admin_nop(struct svnic_core *core,
					struct svnic_fn *fn,
					const struct svnic_cmd *cmd,
					void *data)
{
	(void)core;
	(void)fn;
	(void)cmd;
	(void)data;
	return SVNIC_ERR_NONE;
}

/* Section 10.2 */
static enum svnic_error svnic_admin_identify(struct svnic_core *core,
					     struct svnic_fn *fn,
					     const struct svnic_cmd *cmd,
					     void *data)
{
	const struct svnic_core_config *config = &core->config;
	struct svnic_identity *id = data;
	uint32_t queues;

	(void)fn;
	(void)cmd;
	queues = config->pf_queues + config->vf_max * config->vf_queues;
	id->vf_max = svnic_le32(config->vf_max);
	id->queues = svnic_le32(queues);
	id->vectors = svnic_le32(queues + core->fns);
	id->mac_filters = svnic_le32(config->mac_filters);
	id->vlan_filters = svnic_le32(config->vlan_filters);
	id->flow_rules = svnic_le32(config->flow_rules);
	id->rss_contexts = svnic_le32(config->rss_contexts);
	memcpy(id->fw_version, "ref-0.2", sizeof("ref-0.2"));
	memcpy(id->serial, config->serial, sizeof(id->serial));
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_vport_set(struct svnic_core *core,
					      struct svnic_fn *fn,
					      const struct svnic_cmd *cmd,
					      void *data)
{
	(void)data;
	return svnic_vport_set(core, fn, &cmd->vport_cfg);
}

static enum svnic_error svnic_admin_vport_get(struct svnic_core *core,
					      struct svnic_fn *fn,
					      const struct svnic_cmd *cmd,
					      void *data)
{
	struct svnic_vport_info *info = data;

	(void)cmd;
	svnic_vport_get(core, fn, info);
	info->reset_seq = svnic_le32(fn->s.reset_seq);
	info->status = svnic_le32(svnic_fn_status(core, fn));
	svnic_news_answered(core, fn, SVNIC_TOLD_RESET | SVNIC_TOLD_ERROR);
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_grant(struct svnic_core *core,
					  struct svnic_fn *fn,
					  const struct svnic_cmd *cmd,
					  void *data)
{
	(void)data;
	return svnic_vport_grant(core, fn, &cmd->grant);
}

static enum svnic_error svnic_admin_enable(struct svnic_core *core,
					   struct svnic_fn *fn,
					   const struct svnic_cmd *cmd,
					   void *data)
{
	(void)data;
	if (svnic_le32(cmd->enable.reset_seq) != fn->s.reset_seq) {
		svnic_news_answered(core, fn, SVNIC_TOLD_RESET);
		return SVNIC_ERR_STALE;
	}
	fn->s.reset_open = false;
	fn->s.ready = true;
	svnic_set_del(&core->pf.resets, fn->id);
	svnic_news_answered(core, fn, SVNIC_TOLD_RESET | SVNIC_TOLD_REQUEST);
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_disable(struct svnic_core *core,
					    struct svnic_fn *fn,
					    const struct svnic_cmd *cmd,
					    void *data)
{
	unsigned int i;

	(void)cmd;
	(void)data;
	for (i = 0; i < fn->max_queues; i++) {
		svnic_qp_fail(core, &fn->qp[i], SVNIC_TX, SVNIC_ERR_STOPPED);
		svnic_qp_fail(core, &fn->qp[i], SVNIC_RX, SVNIC_ERR_STOPPED);
	}
	fn->s.ready = false;
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_note_set(struct svnic_core *core,
					     struct svnic_fn *fn,
					     const struct svnic_cmd *cmd,
					     void *data)
{
	(void)core;
	(void)data;
	fn->s.vport.note = cmd->note;
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_note_get(struct svnic_core *core,
					     struct svnic_fn *fn,
					     const struct svnic_cmd *cmd,
					     void *data)
{
	(void)core;
	(void)cmd;
	memcpy(data, &fn->s.vport.note, sizeof(fn->s.vport.note));
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_rate_set(struct svnic_core *core,
					     struct svnic_fn *fn,
					     const struct svnic_cmd *cmd,
					     void *data)
{
	(void)data;
	return svnic_rate_set(core, fn, &cmd->rate);
}

static enum svnic_error svnic_admin_rate_get(struct svnic_core *core,
					     struct svnic_fn *fn,
					     const struct svnic_cmd *cmd,
					     void *data)
{
	(void)core;
	(void)cmd;
	svnic_rate_get(fn, data);
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_mac(struct svnic_core *core,
					struct svnic_fn *fn,
					const struct svnic_cmd *cmd,
					void *data)
{
	(void)data;
	if (cmd->mac.rsvd)
		return SVNIC_ERR_PARAM;
	return svnic_vport_mac(core, fn, &cmd->mac,
			       svnic_le16(cmd->opcode) == SVNIC_ADMIN_MAC_ADD);
}

static enum svnic_error svnic_admin_vlan(struct svnic_core *core,
					 struct svnic_fn *fn,
					 const struct svnic_cmd *cmd,
					 void *data)
{
	(void)data;
	return svnic_vport_vlan(core, fn, &cmd->vlan,
				svnic_le16(cmd->opcode) ==
				SVNIC_ADMIN_VLAN_ADD);
}

static enum svnic_error svnic_admin_clear(struct svnic_core *core,
					  struct svnic_fn *fn,
					  const struct svnic_cmd *cmd,
					  void *data)
{
	uint32_t what = svnic_le32(cmd->clear.what);

	(void)data;
	if (what > SVNIC_CLEAR_SHARED)
		return SVNIC_ERR_PARAM;
	if (what == SVNIC_CLEAR_ALL)
		svnic_vport_clear_filters(core, fn);
	else
		svnic_fdb_del_unicast(core, fn, what == SVNIC_CLEAR_SHARED);
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_reply(struct svnic_core *core,
					  struct svnic_fn *fn,
					  const struct svnic_cmd *cmd,
					  void *data)
{
	return svnic_mbx_reply(core, fn, svnic_le32(cmd->reply.seq), data,
			       svnic_le32(cmd->data_len));
}

static enum svnic_error svnic_admin_notify(struct svnic_core *core,
					   struct svnic_fn *fn,
					   const struct svnic_cmd *cmd,
					   void *data)
{
	uint32_t bits = svnic_le32(cmd->notify.bits);

	(void)data;
	if (!bits || bits & ~(SVNIC_NOTIFY_CONFIG | SVNIC_NOTIFY_RESET))
		return SVNIC_ERR_PARAM;
	svnic_news_notify(core, fn, bits);
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_stats(struct svnic_core *core,
					  struct svnic_fn *fn,
					  const struct svnic_cmd *cmd,
					  void *data)
{
	(void)core;
	(void)cmd;
	svnic_fn_stats_get(fn, data);
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_port_stats(struct svnic_core *core,
					       struct svnic_fn *fn,
					       const struct svnic_cmd *cmd,
					       void *data)
{
	(void)fn;
	(void)cmd;
	svnic_port_get(core, data);
	return SVNIC_ERR_NONE;
}

static const struct svnic_cmd_rule svnic_admin_rules[] = {
	[SVNIC_ADMIN_NOP] = { .run = svnic_admin_nop },
	[SVNIC_ADMIN_IDENTIFY] = {
		.run = svnic_admin_identify,
		.write = sizeof(struct svnic_identity),
	},
	[SVNIC_ADMIN_VPORT_SET] = {
		.run = svnic_admin_vport_set, .vport = true,
		.params = sizeof(struct svnic_vport_cfg),
	},
	[SVNIC_ADMIN_VPORT_GET] = {
		.run = svnic_admin_vport_get, .vport = true,
		.write = sizeof(struct svnic_vport_info),
	},
	[SVNIC_ADMIN_VPORT_GRANT] = {
		.run = svnic_admin_grant, .vport = true, .vf = true,
		.params = sizeof(struct svnic_vport_grant),
	},
	[SVNIC_ADMIN_VPORT_ENABLE] = {
		.run = svnic_admin_enable, .vport = true, .vf = true,
		.params = sizeof(struct svnic_admin_enable),
	},
	[SVNIC_ADMIN_VPORT_DISABLE] = {
		.run = svnic_admin_disable, .vport = true, .vf = true,
	},
	[SVNIC_ADMIN_NOTE_SET] = {
		.run = svnic_admin_note_set, .vport = true, .vf = true,
		.params = sizeof(struct svnic_vport_note),
	},
	[SVNIC_ADMIN_NOTE_GET] = {
		.run = svnic_admin_note_get, .vport = true, .vf = true,
		.write = sizeof(struct svnic_vport_note),
	},
	[SVNIC_ADMIN_RATE_SET] = {
		.run = svnic_admin_rate_set, .vport = true,
		.params = sizeof(struct svnic_vport_rate),
		.needs = SVNIC_F_RATE,
	},
	[SVNIC_ADMIN_RATE_GET] = {
		.run = svnic_admin_rate_get, .vport = true,
		.write = sizeof(struct svnic_vport_rate),
		.needs = SVNIC_F_RATE,
	},
	[SVNIC_ADMIN_MAC_ADD] = {
		.run = svnic_admin_mac, .vport = true,
		.params = sizeof(struct svnic_admin_mac),
	},
	[SVNIC_ADMIN_MAC_DEL] = {
		.run = svnic_admin_mac, .vport = true,
		.params = sizeof(struct svnic_admin_mac),
	},
	[SVNIC_ADMIN_VLAN_ADD] = {
		.run = svnic_admin_vlan, .vport = true,
		.params = sizeof(struct svnic_admin_vlan),
	},
	[SVNIC_ADMIN_VLAN_DEL] = {
		.run = svnic_admin_vlan, .vport = true,
		.params = sizeof(struct svnic_admin_vlan),
	},
	[SVNIC_ADMIN_FILTERS_CLEAR] = {
		.run = svnic_admin_clear, .vport = true,
		.params = sizeof(struct svnic_admin_clear),
	},
	[SVNIC_ADMIN_MBX_REPLY] = {
		.run = svnic_admin_reply, .vport = true, .vf = true,
		.params = sizeof(struct svnic_admin_reply),
		.read_min = sizeof(struct svnic_mbx_hdr),
		.read_max = SVNIC_MBX_MSG_MAX,
	},
	[SVNIC_ADMIN_NOTIFY] = {
		.run = svnic_admin_notify, .vport = true, .vf = true,
		.params = sizeof(struct svnic_admin_notify),
	},
	[SVNIC_ADMIN_STATS_GET] = {
		.run = svnic_admin_stats, .vport = true,
		.write = sizeof(struct svnic_fn_stats),
	},
	[SVNIC_ADMIN_PORT_STATS] = {
		.run = svnic_admin_port_stats,
		.write = sizeof(struct svnic_port_stats),
	},
};

/* The format of a command of the PF, NULL if there is no such command. */
const struct svnic_cmd_rule *svnic_admin_rule(uint16_t opcode)
{
	const struct svnic_cmd_rule *rules = svnic_admin_rules;

	if (opcode >= sizeof(svnic_admin_rules) / sizeof(*rules))
		return NULL;
	return rules[opcode].run ? &rules[opcode] : NULL;
}
