// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: admin queue of the PF (section 10). A command is taken
 * only when the event ring has room for its answer.
 */
#include "svnic_core_priv.h"

/* Largest buffer a command reads or writes. */
#define SVNIC_ADMIN_DATA_MAX	256

/* Commands in one go, so that the data path gets a turn. */
#define SVNIC_ADMIN_BUDGET	64

_Static_assert(sizeof(struct svnic_fn_stats) <= SVNIC_ADMIN_DATA_MAX &&
	       SVNIC_MBX_MSG_MAX <= SVNIC_ADMIN_DATA_MAX,
	       "admin data buffer");

/**
 * struct svnic_admin_rule - what a command looks like
 * @run: does it; @data is what was read, or to be written
 * @params: octets of struct svnic_admin_cmd.params that are used
 * @vport: it is about a vport
 * @vf: of a VF
 * @read: it reads the data buffer
 * @write: octets it writes to the data buffer
 * @needs: feature without which it does not exist
 */
struct svnic_admin_rule {
	enum svnic_error (*run)(struct svnic_core *core, struct svnic_fn *fn,
				const struct svnic_admin_cmd *cmd, void *data);
	uint8_t		params;
	bool		vport;
	bool		vf;
	bool		read;
	uint16_t	write;
	uint64_t	needs;
};

static enum svnic_error svnic_admin_nop(struct svnic_core *core,
					struct svnic_fn *fn,
					const struct svnic_admin_cmd *cmd,
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
					     const struct svnic_admin_cmd *cmd,
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
	memcpy(id->fw_version, "ref-0.2", sizeof("ref-0.2"));
	memcpy(id->serial, config->serial, sizeof(id->serial));
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_vport_set(struct svnic_core *core,
					      struct svnic_fn *fn,
					      const struct svnic_admin_cmd *cmd,
					      void *data)
{
	(void)data;
	return svnic_vport_set(core, fn, &cmd->vport_cfg);
}

static enum svnic_error svnic_admin_vport_get(struct svnic_core *core,
					      struct svnic_fn *fn,
					      const struct svnic_admin_cmd *cmd,
					      void *data)
{
	(void)cmd;
	svnic_vport_get(core, fn, data);
	svnic_event_answered(core, fn, SVNIC_TOLD_RESET | SVNIC_TOLD_ERROR);
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_grant(struct svnic_core *core,
					  struct svnic_fn *fn,
					  const struct svnic_admin_cmd *cmd,
					  void *data)
{
	(void)data;
	return svnic_vport_grant(core, fn, &cmd->grant);
}

static enum svnic_error svnic_admin_enable(struct svnic_core *core,
					   struct svnic_fn *fn,
					   const struct svnic_admin_cmd *cmd,
					   void *data)
{
	(void)data;
	if (svnic_le32(cmd->enable.reset_seq) != fn->s.reset_seq) {
		svnic_event_answered(core, fn, SVNIC_TOLD_RESET);
		return SVNIC_ERR_STALE;
	}
	fn->s.reset_open = false;
	fn->s.ready = true;
	svnic_set_del(&core->pf.resets, fn->id);
	svnic_event_answered(core, fn, SVNIC_TOLD_RESET | SVNIC_TOLD_REQUEST);
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_disable(struct svnic_core *core,
					    struct svnic_fn *fn,
					    const struct svnic_admin_cmd *cmd,
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
					     const struct svnic_admin_cmd *cmd,
					     void *data)
{
	(void)core;
	(void)data;
	fn->s.vport.note = cmd->note;
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_note_get(struct svnic_core *core,
					     struct svnic_fn *fn,
					     const struct svnic_admin_cmd *cmd,
					     void *data)
{
	(void)core;
	(void)cmd;
	memcpy(data, &fn->s.vport.note, sizeof(fn->s.vport.note));
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_rate_set(struct svnic_core *core,
					     struct svnic_fn *fn,
					     const struct svnic_admin_cmd *cmd,
					     void *data)
{
	(void)data;
	return svnic_rate_set(core, fn, &cmd->rate);
}

static enum svnic_error svnic_admin_rate_get(struct svnic_core *core,
					     struct svnic_fn *fn,
					     const struct svnic_admin_cmd *cmd,
					     void *data)
{
	(void)core;
	(void)cmd;
	svnic_rate_get(fn, data);
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_mac(struct svnic_core *core,
					struct svnic_fn *fn,
					const struct svnic_admin_cmd *cmd,
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
					 const struct svnic_admin_cmd *cmd,
					 void *data)
{
	(void)data;
	return svnic_vport_vlan(core, fn, &cmd->vlan,
				svnic_le16(cmd->opcode) ==
				SVNIC_ADMIN_VLAN_ADD);
}

static enum svnic_error svnic_admin_clear(struct svnic_core *core,
					  struct svnic_fn *fn,
					  const struct svnic_admin_cmd *cmd,
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
					  const struct svnic_admin_cmd *cmd,
					  void *data)
{
	return svnic_mbx_reply(core, fn, svnic_le32(cmd->reply.seq), data,
			       svnic_le32(cmd->data_len));
}

static enum svnic_error svnic_admin_notify(struct svnic_core *core,
					   struct svnic_fn *fn,
					   const struct svnic_admin_cmd *cmd,
					   void *data)
{
	uint32_t bits = svnic_le32(cmd->notify.bits);

	(void)data;
	if (!bits || bits & ~(SVNIC_NOTIFY_CONFIG | SVNIC_NOTIFY_RESET))
		return SVNIC_ERR_PARAM;
	svnic_event_notify(core, fn, bits);
	return SVNIC_ERR_NONE;
}

static enum svnic_error svnic_admin_stats(struct svnic_core *core,
					  struct svnic_fn *fn,
					  const struct svnic_admin_cmd *cmd,
					  void *data)
{
	(void)core;
	(void)cmd;
	svnic_fn_stats_get(fn, data);
	return SVNIC_ERR_NONE;
}

static const struct svnic_admin_rule svnic_admin_rules[] = {
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
		.params = sizeof(struct svnic_admin_reply), .read = true,
	},
	[SVNIC_ADMIN_NOTIFY] = {
		.run = svnic_admin_notify, .vport = true, .vf = true,
		.params = sizeof(struct svnic_admin_notify),
	},
	[SVNIC_ADMIN_STATS_GET] = {
		.run = svnic_admin_stats, .vport = true,
		.write = sizeof(struct svnic_fn_stats),
	},
};

/* What is the same for all commands: reserved fields, vport, data buffer. */
static enum svnic_error svnic_admin_check(struct svnic_core *core,
					  const struct svnic_admin_rule *rule,
					  const struct svnic_admin_cmd *cmd)
{
	uint32_t vport = svnic_le16(cmd->vport);
	uint32_t len = svnic_le32(cmd->data_len);
	unsigned int i;

	if (cmd->rsvd0 || cmd->rsvd1)
		return SVNIC_ERR_PARAM;
	for (i = rule->params; i < sizeof(cmd->params); i++)
		if (cmd->params[i])
			return SVNIC_ERR_PARAM;
	if (vport >= core->fns || (vport && !rule->vport) ||
	    (!vport && rule->vf))
		return SVNIC_ERR_PARAM;
	if (rule->read &&
	    (len < sizeof(struct svnic_mbx_hdr) || len > SVNIC_MBX_MSG_MAX))
		return SVNIC_ERR_PARAM;
	if (len < rule->write)
		return SVNIC_ERR_PARAM;
	if ((rule->read || rule->write) && svnic_le64(cmd->data_addr) % 8)
		return SVNIC_ERR_PARAM;
	return SVNIC_ERR_NONE;
}

/* @result: octets that the device has for the data buffer, if any */
static enum svnic_error svnic_admin_do(struct svnic_core *core,
				       const struct svnic_admin_cmd *cmd,
				       uint32_t *result)
{
	uint64_t data[SVNIC_ADMIN_DATA_MAX / 8] = { 0 };
	uint16_t opcode = svnic_le16(cmd->opcode);
	const struct svnic_admin_rule *rule;
	struct svnic_fn *pf = &core->fn[0];
	enum svnic_error error;

	if (opcode >= sizeof(svnic_admin_rules) / sizeof(*rule) ||
	    !svnic_admin_rules[opcode].run)
		return SVNIC_ERR_OPCODE;
	rule = &svnic_admin_rules[opcode];
	if (rule->needs & ~pf->s.features)
		return SVNIC_ERR_OPCODE;
	error = svnic_admin_check(core, rule, cmd);
	if (error)
		return error;

	if (rule->read && svnic_dma_read(core, pf, svnic_le64(cmd->data_addr),
					 data, svnic_le32(cmd->data_len)))
		return SVNIC_ERR_DMA;
	error = rule->run(core, &core->fn[svnic_le16(cmd->vport)], cmd, data);
	if (!error && rule->write &&
	    svnic_dma_write(core, pf, svnic_le64(cmd->data_addr), data,
			    rule->write))
		return SVNIC_ERR_DMA;
	if (!error)
		*result = rule->write;
	return error;
}

/* SVNIC_REG_ADMIN_SIZE */
void svnic_admin_start(struct svnic_core *core, uint32_t size)
{
	struct svnic_fn *pf = &core->fn[0];

	core->pf.admin_size = 0;
	if (!size)
		return;
	if (!svnic_fn_has(pf, SVNIC_F_ADMIN)) {
		pf->s.error = SVNIC_ERR_NOT_READY;
		return;
	}
	if (!svnic_evq_size_ok(size) || core->pf.admin_base % 64) {
		pf->s.error = SVNIC_ERR_CONFIG;
		return;
	}
	core->pf.admin_size = size;
	core->pf.admin_prod = 0;
	core->pf.admin_cons = 0;
}

static void svnic_admin_fail(struct svnic_core *core, enum svnic_error error)
{
	core->pf.admin_size = 0;
	core->fn[0].s.error = error;
}

/* SVNIC_REG_ADMIN_PROD */
void svnic_admin_prod(struct svnic_core *core, uint32_t prod)
{
	if (!core->pf.admin_size)
		return;
	if (prod - core->pf.admin_cons > core->pf.admin_size) {
		svnic_admin_fail(core, SVNIC_ERR_INDEX);
		return;
	}
	core->pf.admin_prod = prod;
	svnic_core_work(core, &core->fn[0], SVNIC_WORK_ADMIN);
}

void svnic_admin_run(struct svnic_core *core)
{
	struct svnic_admin_cmd cmds[SVNIC_ADMIN_BATCH];
	struct svnic_event events[SVNIC_ADMIN_BATCH];
	struct svnic_pf_state *state = &core->pf;
	struct svnic_fn *pf = &core->fn[0];
	uint32_t i, n, room, budget, result;
	enum svnic_error error;

	for (budget = SVNIC_ADMIN_BUDGET; budget; budget -= n) {
		if (!state->admin_size || !pf->s.evq_size)
			return;
		n = state->admin_prod - state->admin_cons;
		room = svnic_event_room(pf);
		if (n > room)
			n = room;
		if (n > SVNIC_ADMIN_BATCH)
			n = SVNIC_ADMIN_BATCH;
		if (!n)
			return;
		if (svnic_ring_read(core, pf, state->admin_base,
				    state->admin_size, state->admin_cons, cmds,
				    n, sizeof(cmds[0]))) {
			svnic_admin_fail(core, SVNIC_ERR_DMA);
			return;
		}
		for (i = 0; i < n; i++) {
			result = 0;
			error = svnic_admin_do(core, &cmds[i], &result);
			memset(&events[i], 0, sizeof(events[i]));
			events[i].type = SVNIC_EVENT_ADMIN;
			events[i].vf = svnic_le16(SVNIC_EVENT_SELF);
			events[i].data = svnic_le32(svnic_le16(cmds[i].cookie) |
						    (uint32_t)error << 16);
			events[i].data2 = svnic_le64(result);
		}
		state->admin_cons += n;
		if (!svnic_event_write(core, pf, events, n))
			return;
	}
	svnic_core_work(core, pf, SVNIC_WORK_ADMIN);
}
