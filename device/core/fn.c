// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: life of a function: enable, reset, power on, VF Enable
 * (sections 3.2, 3.3 and 11).
 */
#include "svnic_core_event.h"
#include "svnic_core_flow.h"
#include "svnic_core_priv.h"
#include "svnic_core_vport.h"

uint64_t svnic_fn_offered(const struct svnic_core *core,
			  const struct svnic_fn *fn)
{
	(void)core;
	return SVNIC_F_EVENT_IDX | SVNIC_F_TX_CSUM | SVNIC_F_RX_CSUM |
	       SVNIC_F_TSO | SVNIC_F_RX_COALESCE | SVNIC_F_RSS |
	       SVNIC_F_VLAN_INSERT | SVNIC_F_VLAN_STRIP | SVNIC_F_MODERATION |
	       SVNIC_F_PCIE_STATS | SVNIC_F_TX_INLINE | SVNIC_F_COMMAND |
	       SVNIC_F_DB_ARM | SVNIC_F_RX_CMPL32 | SVNIC_F_TSO_TUNNEL |
	       SVNIC_F_FLOW |
	       (fn->id ? SVNIC_F_MAILBOX : SVNIC_F_ADMIN | SVNIC_F_RATE);
}

/* Section 8.1: true if requests of VFs wait for the PF. */
static bool svnic_fn_pf_away(const struct svnic_core *core)
{
	return !core->pf.mbx_on || !core->fn[0].s.evq_size;
}

uint32_t svnic_fn_status(const struct svnic_core *core,
			 const struct svnic_fn *fn)
{
	return (fn->s.ready ? SVNIC_STATUS_READY : 0) |
	       (fn->s.enabled ? SVNIC_STATUS_ENABLED : 0) |
	       (fn->s.mbx_busy ? SVNIC_STATUS_MBX_BUSY : 0) |
	       (fn->id && svnic_fn_pf_away(core) ? SVNIC_STATUS_PF_AWAY : 0) |
	       (uint32_t)fn->s.error << SVNIC_STATUS_ERROR_SHIFT;
}

void svnic_fn_stats_get(struct svnic_fn *fn, struct svnic_fn_stats *stats)
{
	struct svnic_counters now = fn->s.stats;
	const uint64_t *from = (const uint64_t *)&now;
	__le64 *to = (__le64 *)stats;
	unsigned int i;

	now.doorbells = atomic_load_explicit(&fn->doorbells,
					     memory_order_relaxed);
	for (i = 0; i < sizeof(now) / sizeof(*from); i++)
		to[i] = svnic_le64(from[i]);
}

/* Section 3.3: a feature needs others that must be accepted with it. */
bool svnic_fn_features_ok(const struct svnic_core *core,
			  const struct svnic_fn *fn, uint64_t accept)
{
	if (accept & ~svnic_fn_offered(core, fn))
		return false;
	if (accept & SVNIC_F_TSO && !(accept & SVNIC_F_TX_CSUM))
		return false;
	if (accept & SVNIC_F_TSO_TUNNEL && !(accept & SVNIC_F_TSO))
		return false;
	if (accept & SVNIC_F_FLOW &&
	    ~accept & (SVNIC_F_COMMAND | SVNIC_F_RSS))
		return false;
	if (accept & SVNIC_F_ADMIN && !(accept & SVNIC_F_COMMAND))
		return false;
	return !(accept & SVNIC_F_RX_COALESCE) || accept & SVNIC_F_RX_CSUM;
}

static void svnic_fn_enable(struct svnic_core *core, struct svnic_fn *fn)
{
	if (fn->s.enabled)
		return;
	if (!fn->s.ready) {
		fn->s.error = SVNIC_ERR_NOT_READY;
		return;
	}
	if (!svnic_fn_features_ok(core, fn, fn->s.accept)) {
		fn->s.error = SVNIC_ERR_FEATURES;
		return;
	}
	fn->s.error = SVNIC_ERR_NONE;
	fn->s.features = fn->s.accept;
	fn->s.enabled = true;
}

/* Stops everything that the function has started; keeps its configuration. */
static void svnic_fn_disable(struct svnic_core *core, struct svnic_fn *fn)
{
	unsigned int i;

	if (!fn->s.enabled)
		return;
	for (i = 0; i < fn->max_queues; i++)
		svnic_qp_ctrl(&fn->qp[i], 0);
	svnic_event_stop(core, fn);
	fn->s.cmd_size = 0;
	svnic_flow_free(fn->flow);
	fn->flow = NULL;
	if (fn->id)
		svnic_mbx_cancel(core, fn);
	else
		core->pf.mbx_on = false;
	svnic_irq_cancel(core, fn);
	fn->s.enabled = false;
	fn->s.features = 0;
}

/* Section 3.2 */
void svnic_fn_ctrl(struct svnic_core *core, struct svnic_fn *fn, uint32_t ctrl)
{
	if (ctrl & SVNIC_CTRL_RESET)
		svnic_fn_reset(core, fn);
	else if (ctrl & SVNIC_CTRL_ENABLE)
		svnic_fn_enable(core, fn);
	else
		svnic_fn_disable(core, fn);
}

/* Clears the state of a function that any kind of reset clears (section 11). */
void svnic_fn_clear(struct svnic_core *core, struct svnic_fn *fn)
{
	struct svnic_fn_state *s = &fn->s;
	unsigned int i;

	svnic_fn_disable(core, fn);
	for (i = 0; i < fn->max_queues; i++)
		memset(&fn->qp[i].s, 0, sizeof(fn->qp[i].s));
	atomic_store(&fn->rung, 0);
	atomic_store(&fn->armed, 0);

	s->error = SVNIC_ERR_NONE;
	s->accept = 0;
	s->rx_ctrl = 0;
	s->evq_base = 0;
	s->cmd_base = 0;
	s->pending = 0;
	s->notify = 0;
	s->mbx_base = 0;
	s->queue_errors = 0;
	memset(&s->rss, 0, sizeof(s->rss));
	memset(s->moderation, 0, sizeof(s->moderation));
	fn->rss_lut.made = false;
}

void svnic_fn_reset(struct svnic_core *core, struct svnic_fn *fn)
{
	unsigned int id;

	svnic_fn_clear(core, fn);
	svnic_vport_reset(core, fn);
	fn->s.stats.resets++;

	if (!fn->id) {
		/* The start of the event ring reports everything again. */
		memset(&core->pf, 0, sizeof(core->pf));
		for (id = 1; id < core->fns; id++)
			core->fn[id].s.queue_error_pf = 0;
		return;
	}
	fn->s.ready = false;
	fn->s.reset_open = true;
	fn->s.reset_seq++;
	svnic_news_tell_pf(core, fn, SVNIC_TOLD_RESET);
}

void svnic_fn_power_on(struct svnic_core *core, struct svnic_fn *fn)
{
	svnic_fn_clear(core, fn);
	svnic_vport_clear_filters(core, fn);
	svnic_fdb_del_kind(core, fn, SVNIC_FDB_STATION);
	svnic_vport_set_flags(core, fn, 0);
	if (fn->id) {
		core->mac_pool -= fn->s.vport.mac_filters;
		core->vlan_pool -= fn->s.vport.vlan_filters;
		core->rule_pool -= fn->s.vport.flow_rules;
		core->context_pool -= fn->s.vport.rss_contexts;
		svnic_set_del(&core->pf.resets, fn->id);
		svnic_set_del(&core->pf.requests, fn->id);
		svnic_set_del(&core->pf.queue_errors, fn->id);
	}
	core->share_pool -= fn->s.rate.share;
	memset(&fn->s, 0, sizeof(fn->s));
	atomic_store(&fn->doorbells, 0);
	svnic_vport_defaults(core, fn);
	fn->s.ready = !fn->id;
}

/*
 * Section 11: the configuration of a VF is cleared when the VF ceases to exist.
 * The PF may configure VFs while there are none. VFs that are created later
 * have this configuration, so that a VF can be READY as soon as it exists.
 * @force clears it as well.
 */
void svnic_fn_set_vfs(struct svnic_core *core, unsigned int num_vfs,
		      bool force)
{
	unsigned int old = atomic_load(&core->num_vfs), id, first;

	if (num_vfs > core->config.vf_max)
		num_vfs = core->config.vf_max;
	if (num_vfs == old && !force)
		return;
	atomic_store(&core->num_vfs, num_vfs);

	first = num_vfs + 1;
	if (!num_vfs)
		old = core->config.vf_max;
	for (id = first; id <= old; id++)
		svnic_fn_power_on(core, &core->fn[id]);
}
