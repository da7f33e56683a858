// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: command queues (section 10). A command is only executed
 * when the event ring has room for the event that answers it.
 */
#include "svnic_core_command.h"
#include "svnic_core_dma.h"
#include "svnic_core_event.h"
#include "svnic_core_flow.h"
#include "svnic_core_priv.h"
#include "svnic_core_vport.h"
#include "svnic_core_work.h"

/* Size of the largest data buffer of a command. */
#define SVNIC_CMD_DATA_MAX	256U
/* Maximum number of commands that are read at once. */
#define SVNIC_CMD_BATCH		16

/*
 * Number of commands that are executed at once, so that the data path and other
 * functions are not delayed. The PF's next ones follow in the next round, those
 * of a VF in the next svnic_core_run().
 */
#define SVNIC_CMD_BUDGET	64
#define SVNIC_CMD_BUDGET_VF	8

_Static_assert(sizeof(struct svnic_fn_stats) <= SVNIC_CMD_DATA_MAX &&
	       sizeof(struct svnic_flow_rule) <= SVNIC_CMD_DATA_MAX &&
	       sizeof(uint8_t[SVNIC_RSS_DATA_LEN]) <= SVNIC_CMD_DATA_MAX &&
	       sizeof(uint8_t[SVNIC_MBX_MSG_MAX]) <= SVNIC_CMD_DATA_MAX,
	       "data buffer of a command");

/* What SVNIC_FN_CAPS_GET writes, section 10.8 */
struct svnic_caps {
	struct svnic_tlv		grant_tlv;
	struct svnic_vport_grant	grant;
};

_Static_assert(sizeof(struct svnic_caps) == 24, "entries without a gap");

static enum svnic_error svnic_cmd_caps(struct svnic_core *core,
				       struct svnic_fn *fn,
				       const struct svnic_cmd *cmd, void *data)
{
	struct svnic_caps *caps = data;

	(void)cmd;
	caps->grant_tlv.type = svnic_le16(SVNIC_CAP_GRANT);
	caps->grant_tlv.len = svnic_le32(sizeof(caps->grant));
	svnic_vport_get_grant(core, fn, &caps->grant);
	return SVNIC_ERR_NONE;
}

/* Section 10.8: commands of a function about itself */
static const struct svnic_cmd_rule svnic_fn_rules[] = {
	[SVNIC_FN_CAPS_GET - SVNIC_CMD_OWN] = {
		.run = svnic_cmd_caps,
		.write = sizeof(struct svnic_caps),
	},
	[SVNIC_FN_RSS_SET - SVNIC_CMD_OWN] = {
		.run = svnic_cmd_rss_set,
		.params = sizeof(struct svnic_rss_set),
		.read_min = SVNIC_RSS_DATA_LEN,
		.read_max = SVNIC_RSS_DATA_LEN,
		.needs = SVNIC_F_FLOW,
	},
	[SVNIC_FN_RSS_DEL - SVNIC_CMD_OWN] = {
		.run = svnic_cmd_rss_del,
		.params = sizeof(struct svnic_rss_del),
		.needs = SVNIC_F_FLOW,
	},
	[SVNIC_FN_FLOW_SET - SVNIC_CMD_OWN] = {
		.run = svnic_cmd_flow_set,
		.params = sizeof(struct svnic_flow_index),
		.read_min = sizeof(struct svnic_flow_rule),
		.read_max = sizeof(struct svnic_flow_rule),
		.needs = SVNIC_F_FLOW,
	},
	[SVNIC_FN_FLOW_DEL - SVNIC_CMD_OWN] = {
		.run = svnic_cmd_flow_del,
		.params = sizeof(struct svnic_flow_index),
		.needs = SVNIC_F_FLOW,
	},
};

static const struct svnic_cmd_rule *svnic_cmd_find(const struct svnic_fn *fn,
						   uint16_t opcode)
{
	const struct svnic_cmd_rule *rule;

	if (opcode < SVNIC_CMD_OWN) {
		if (!svnic_fn_has(fn, SVNIC_F_ADMIN))
			return NULL;
		rule = svnic_admin_rule(opcode);
	} else {
		opcode -= SVNIC_CMD_OWN;
		if (opcode >= sizeof(svnic_fn_rules) / sizeof(*svnic_fn_rules))
			return NULL;
		rule = &svnic_fn_rules[opcode];
	}
	if (!rule || !rule->run || rule->needs & ~fn->s.features)
		return NULL;
	return rule;
}

/* Checks common to all commands: reserved fields, vport, data buffer. */
static enum svnic_error svnic_cmd_check(struct svnic_core *core,
					const struct svnic_cmd_rule *rule,
					const struct svnic_cmd *cmd)
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
	if (rule->read_max &&
	    (len < rule->read_min || len > rule->read_max))
		return SVNIC_ERR_PARAM;
	if (len < rule->write)
		return SVNIC_ERR_PARAM;
	if ((rule->read_max || rule->write) && svnic_le64(cmd->data_addr) % 8)
		return SVNIC_ERR_PARAM;
	return SVNIC_ERR_NONE;
}

/* @result: number of bytes for the data buffer, set if there are any */
static enum svnic_error svnic_cmd_do(struct svnic_core *core,
				     struct svnic_fn *fn,
				     const struct svnic_cmd *cmd,
				     uint32_t *result)
{
	uint64_t data[SVNIC_CMD_DATA_MAX / 8] = { 0 };
	uint64_t addr = svnic_le64(cmd->data_addr);
	const struct svnic_cmd_rule *rule;
	struct svnic_fn *about = fn;
	enum svnic_error error;

	rule = svnic_cmd_find(fn, svnic_le16(cmd->opcode));
	if (!rule)
		return SVNIC_ERR_OPCODE;
	error = svnic_cmd_check(core, rule, cmd);
	if (error)
		return error;

	if (rule->vport)
		about = &core->fn[svnic_le16(cmd->vport)];
	if (rule->read_max &&
	    svnic_dma_read(core, fn, addr, data, svnic_le32(cmd->data_len)))
		return SVNIC_ERR_DMA;
	error = rule->run(core, about, cmd, data);
	if (error || !rule->write)
		return error;
	*result = rule->write;
	return svnic_dma_write(core, fn, addr, data, rule->write) ?
	       SVNIC_ERR_DMA : SVNIC_ERR_NONE;
}

/* SVNIC_REG_CMD_SIZE */
void svnic_cmd_start(struct svnic_fn *fn, uint32_t size)
{
	struct svnic_fn_state *s = &fn->s;

	s->cmd_size = 0;
	if (!size)
		return;
	if (!svnic_fn_has(fn, SVNIC_F_COMMAND)) {
		s->error = SVNIC_ERR_NOT_READY;
		return;
	}
	if (!svnic_evq_ok(s->cmd_base, size)) {
		s->error = SVNIC_ERR_CONFIG;
		return;
	}
	s->cmd_size = size;
	s->cmd_prod = 0;
	s->cmd_cons = 0;
}

static void svnic_cmd_fail(struct svnic_fn *fn, enum svnic_error error)
{
	fn->s.cmd_size = 0;
	fn->s.error = error;
}

/* SVNIC_REG_CMD_PROD */
void svnic_cmd_prod(struct svnic_core *core, struct svnic_fn *fn,
		    uint32_t prod)
{
	if (!fn->s.cmd_size)
		return;
	if (prod - fn->s.cmd_cons > fn->s.cmd_size) {
		svnic_cmd_fail(fn, SVNIC_ERR_INDEX);
		return;
	}
	fn->s.cmd_prod = prod;
	svnic_work_add(core, fn, SVNIC_WORK_COMMANDS);
}

void svnic_cmd_run(struct svnic_core *core, struct svnic_fn *fn)
{
	uint32_t budget = fn->id ? SVNIC_CMD_BUDGET_VF : SVNIC_CMD_BUDGET;
	struct svnic_event events[SVNIC_CMD_BATCH];
	struct svnic_cmd cmds[SVNIC_CMD_BATCH];
	struct svnic_fn_state *s = &fn->s;
	uint32_t i, n, room, result;
	enum svnic_error error;

	for (; budget; budget -= n) {
		if (!s->cmd_size || !s->evq_size)
			return;
		n = s->cmd_prod - s->cmd_cons;
		room = svnic_event_room(fn);
		n = n < room ? n : room;
		n = n < budget ? n : budget;
		n = n < SVNIC_CMD_BATCH ? n : SVNIC_CMD_BATCH;
		if (!n)
			return;
		if (svnic_ring_read(core, fn, s->cmd_base, s->cmd_size,
				    s->cmd_cons, cmds, n, sizeof(cmds[0]))) {
			svnic_cmd_fail(fn, SVNIC_ERR_DMA);
			return;
		}
		for (i = 0; i < n; i++) {
			result = 0;
			error = svnic_cmd_do(core, fn, &cmds[i], &result);
			memset(&events[i], 0, sizeof(events[i]));
			events[i].type = SVNIC_EVENT_COMMAND;
			events[i].vf = svnic_le16(SVNIC_EVENT_SELF);
			events[i].data = svnic_le32(svnic_le16(cmds[i].cookie) |
						    (uint32_t)error << 16);
			events[i].data2 = svnic_le64(error ? 0 : result);
		}
		s->cmd_cons += n;
		if (!svnic_event_write(core, fn, events, n))
			return;
	}
	if (fn->id)
		svnic_work_later(core, fn, SVNIC_WORK_COMMANDS);
	else
		svnic_work_add(core, fn, SVNIC_WORK_COMMANDS);
}
