// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: registers (section 3.0 and the sections it refers to).
 * Section 2.7 says which accesses are allowed; all others do nothing.
 */
#include "svnic_core_command.h"
#include "svnic_core_event.h"
#include "svnic_core_priv.h"
#include "svnic_core_vport.h"

#define SVNIC_LOW(v)	((uint32_t)(v))
#define SVNIC_HIGH(v)	((uint32_t)((uint64_t)(v) >> 32))

static void svnic_set_low(uint64_t *v, uint32_t val)
{
	*v = (*v & 0xffffffff00000000ULL) | val;
}

static void svnic_set_high(uint64_t *v, uint32_t val)
{
	*v = (*v & 0xffffffffULL) | (uint64_t)val << 32;
}

static uint32_t svnic_get_bytes(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void svnic_set_bytes(uint8_t *p, uint32_t val)
{
	p[0] = val;
	p[1] = val >> 8;
	p[2] = val >> 16;
	p[3] = val >> 24;
}

/* The counter at offset @at of the statistics block */
static uint64_t svnic_regs_stat(struct svnic_fn *fn, uint32_t at)
{
	const uint64_t *stats = (const uint64_t *)&fn->s.stats;

	if (at / 8 == offsetof(struct svnic_counters, doorbells) / 8)
		return atomic_load_explicit(&fn->doorbells,
					    memory_order_relaxed);
	return stats[at / 8];
}

static uint32_t svnic_regs_read_stats(struct svnic_fn *fn, uint32_t at)
{
	uint64_t val = svnic_regs_stat(fn, at);

	return at & 4 ? SVNIC_HIGH(val) : SVNIC_LOW(val);
}

static uint32_t svnic_regs_read_identity(struct svnic_core *core,
					 struct svnic_fn *fn, uint32_t reg)
{
	const struct svnic_vport_state *vport = &fn->s.vport;

	switch (reg) {
	case SVNIC_REG_MAGIC:
		return SVNIC_MAGIC;
	case SVNIC_REG_VERSION:
		return SVNIC_VERSION;
	case SVNIC_REG_FEATURES_LO:
		return SVNIC_LOW(svnic_fn_offered(core, fn));
	case SVNIC_REG_FEATURES_HI:
		return SVNIC_HIGH(svnic_fn_offered(core, fn));
	case SVNIC_REG_QUEUES:
		return vport->queues |
		       (uint32_t)fn->max_queues << SVNIC_QUEUES_MAX_SHIFT;
	case SVNIC_REG_VECTORS:
		return vport->vectors |
		       (uint32_t)fn->max_vectors << SVNIC_VECTORS_MAX_SHIFT;
	case SVNIC_REG_RING_LIMITS:
		return SVNIC_RING_MIN_LOG2 |
		       SVNIC_RING_MAX_LOG2 << SVNIC_RING_MAX_LOG2_SHIFT |
		       SVNIC_EVQ_MAX_LOG2 << SVNIC_RING_EVQ_LOG2_SHIFT |
		       SVNIC_TX_CHAIN << SVNIC_RING_TX_CHAIN_SHIFT;
	case SVNIC_REG_FRAME_MAX:
		return SVNIC_FRAME_MAX;
	case SVNIC_REG_TSO_MAX:
		return SVNIC_TSO_MAX;
	case SVNIC_REG_DB_OFFSET:
		return SVNIC_REF_DB_OFFSET;
	case SVNIC_REG_DB_STRIDE:
		return SVNIC_REF_DB_STRIDE;
	case SVNIC_REG_RESET_MS:
		return SVNIC_RESET_MS;
	case SVNIC_REG_RSS_SIZE:
		return SVNIC_RSS_ENTRIES;
	case SVNIC_REG_BUF_LIMITS:
		return SVNIC_BUF_MIN |
		       (uint32_t)SVNIC_BUF_MAX << SVNIC_BUF_MAX_SHIFT;
	case SVNIC_REG_MODERATION_MAX:
		return SVNIC_MODERATION_MAX;
	case SVNIC_REG_TX_INLINE:
		return SVNIC_TX_INLINE;
	case SVNIC_REG_MAC_LO:
		return svnic_get_bytes(vport->mac);
	case SVNIC_REG_MAC_HI:
		return vport->mac[4] | vport->mac[5] << 8;
	case SVNIC_REG_LINK:
		return svnic_vport_link_up(core, fn) ?
		       SVNIC_LINK_UP |
		       (core->config.link_speed & SVNIC_LINK_SPEED_MASK) : 0;
	default:
		return 0;
	}
}

static uint32_t svnic_regs_read_control(struct svnic_core *core,
					struct svnic_fn *fn, uint32_t reg)
{
	const struct svnic_fn_state *s = &fn->s;

	switch (reg) {
	case SVNIC_REG_CTRL:
		return s->enabled ? SVNIC_CTRL_ENABLE : 0;
	case SVNIC_REG_STATUS:
		return svnic_fn_status(core, fn);
	case SVNIC_REG_ACCEPT_LO:
		return SVNIC_LOW(s->accept);
	case SVNIC_REG_ACCEPT_HI:
		return SVNIC_HIGH(s->accept);
	case SVNIC_REG_EVQ_BASE_LO:
		return SVNIC_LOW(s->evq_base);
	case SVNIC_REG_EVQ_BASE_HI:
		return SVNIC_HIGH(s->evq_base);
	case SVNIC_REG_EVQ_SIZE:
		return s->evq_size;
	case SVNIC_REG_RX_CTRL:
		return s->rx_ctrl;
	case SVNIC_REG_MBX_BASE_LO:
		return SVNIC_LOW(s->mbx_base);
	case SVNIC_REG_MBX_BASE_HI:
		return SVNIC_HIGH(s->mbx_base);
	case SVNIC_REG_RSS_CTRL:
		return s->rss.ctrl;
	case SVNIC_REG_RSS_FIELDS_IPV4:
		return s->rss.fields_ipv4;
	case SVNIC_REG_RSS_FIELDS_IPV6:
		return s->rss.fields_ipv6;
	case SVNIC_REG_CMD_BASE_LO:
		return SVNIC_LOW(s->cmd_base);
	case SVNIC_REG_CMD_BASE_HI:
		return SVNIC_HIGH(s->cmd_base);
	case SVNIC_REG_CMD_SIZE:
		return s->cmd_size;
	default:
		return 0;
	}
}

static uint32_t svnic_regs_read_admin(struct svnic_core *core, uint32_t reg)
{
	switch (reg) {
	case SVNIC_REG_MBX_RING_LO:
		return SVNIC_LOW(core->pf.mbx_ring);
	case SVNIC_REG_MBX_RING_HI:
		return SVNIC_HIGH(core->pf.mbx_ring);
	case SVNIC_REG_VF_MAX:
		return core->config.vf_max;
	case SVNIC_REG_VF_ENABLED:
		return atomic_load(&core->num_vfs);
	default:
		return 0;
	}
}

static uint32_t svnic_regs_read_qp(const struct svnic_qp *qp, uint32_t reg)
{
	const struct svnic_qp_state *s = &qp->s;

	switch (reg) {
	case SVNIC_QCFG_CTRL:
		return (s->active[SVNIC_TX] ? SVNIC_QCTRL_TX : 0) |
		       (s->active[SVNIC_RX] ? SVNIC_QCTRL_RX : 0);
	case SVNIC_QCFG_STATUS:
		return (s->active[SVNIC_TX] ? SVNIC_QSTATUS_TX : 0) |
		       (s->active[SVNIC_RX] ? SVNIC_QSTATUS_RX : 0) |
		       (uint32_t)s->error[SVNIC_TX] <<
		       SVNIC_QSTATUS_TX_ERR_SHIFT |
		       (uint32_t)s->error[SVNIC_RX] <<
		       SVNIC_QSTATUS_RX_ERR_SHIFT;
	case SVNIC_QCFG_VECTOR:
		return s->vector;
	case SVNIC_QCFG_BUF_SIZE:
		return s->buf_size;
	case SVNIC_QCFG_TX_BASE_LO:
		return SVNIC_LOW(s->tx_base);
	case SVNIC_QCFG_TX_BASE_HI:
		return SVNIC_HIGH(s->tx_base);
	case SVNIC_QCFG_TX_SIZE:
		return s->tx_size;
	case SVNIC_QCFG_RX_SIZE:
		return s->rx_size;
	case SVNIC_QCFG_RX_BASE_LO:
		return SVNIC_LOW(s->rx_base);
	case SVNIC_QCFG_RX_BASE_HI:
		return SVNIC_HIGH(s->rx_base);
	case SVNIC_QCFG_CMPL_BASE_LO:
		return SVNIC_LOW(s->cmpl_base);
	case SVNIC_QCFG_CMPL_BASE_HI:
		return SVNIC_HIGH(s->cmpl_base);
	case SVNIC_QCFG_STATE_BASE_LO:
		return SVNIC_LOW(s->state_base);
	case SVNIC_QCFG_STATE_BASE_HI:
		return SVNIC_HIGH(s->state_base);
	case SVNIC_QCFG_RX_FMT:
		return s->rx_fmt;
	case SVNIC_QCFG_TX_START:
		return s->tx_start;
	case SVNIC_QCFG_RX_START:
		return s->rx_start;
	default:
		return 0;
	}
}

/* True if @reg is in the block of @len bytes at @start. */
static bool svnic_in(uint32_t reg, uint32_t start, uint32_t len)
{
	return reg >= start && reg < start + len;
}

/* Section 7: the moderation register at @reg, or NULL. */
static uint32_t *svnic_regs_moderation(struct svnic_fn *fn, uint32_t reg)
{
	bool tx = reg >= SVNIC_REG_MODERATION_TX;
	uint32_t base = tx ? SVNIC_REG_MODERATION_TX : SVNIC_REG_MODERATION_RX;

	if (!svnic_in(reg, base, fn->max_vectors * 4))
		return NULL;
	return &fn->s.moderation[tx ? SVNIC_TX : SVNIC_RX][(reg - base) / 4];
}

static uint32_t svnic_regs_read32(struct svnic_core *core, struct svnic_fn *fn,
				  uint32_t reg)
{
	uint32_t pair = (reg - SVNIC_REG_QCFG) / SVNIC_QCFG_STRIDE;
	const uint32_t *moderation;

	if (reg < SVNIC_REG_CTRL)
		return svnic_regs_read_identity(core, fn, reg);
	if (svnic_in(reg, SVNIC_REG_RSS_KEY, SVNIC_RSS_KEY_LEN))
		return svnic_get_bytes(&fn->s.rss.key[reg -
						      SVNIC_REG_RSS_KEY]);
	if (svnic_in(reg, SVNIC_REG_RSS_TABLE, SVNIC_RSS_ENTRIES))
		return svnic_get_bytes(&fn->s.rss.table[reg -
							SVNIC_REG_RSS_TABLE]);
	if (svnic_in(reg, SVNIC_REG_STATS, sizeof(struct svnic_fn_stats)))
		return svnic_regs_read_stats(fn, reg - SVNIC_REG_STATS);
	moderation = svnic_regs_moderation(fn, reg);
	if (moderation)
		return *moderation;
	if (!fn->id && svnic_in(reg, SVNIC_REG_MBX_RING_LO, 0x10))
		return svnic_regs_read_admin(core, reg);
	if (reg >= SVNIC_REG_QCFG)
		return pair < fn->max_queues ?
		       svnic_regs_read_qp(&fn->qp[pair],
					  reg % SVNIC_QCFG_STRIDE) : 0;
	return svnic_regs_read_control(core, fn, reg);
}

uint64_t svnic_regs_read(struct svnic_core *core, struct svnic_fn *fn,
			 uint64_t addr, unsigned int size)
{
	uint64_t val;

	/* Doorbells are write only. */
	if (addr >= SVNIC_REF_DB_OFFSET || addr % size ||
	    (size != 4 && size != 8))
		return 0;
	/* Section 2.7: both words must be of the same time. */
	if (size == 8 && svnic_in(addr, SVNIC_REG_STATS,
				  sizeof(struct svnic_fn_stats)))
		return svnic_regs_stat(fn, addr - SVNIC_REG_STATS);
	val = svnic_regs_read32(core, fn, addr);
	if (size == 8)
		val |= (uint64_t)svnic_regs_read32(core, fn, addr + 4) << 32;
	return val;
}

static void svnic_regs_write_control(struct svnic_core *core,
				     struct svnic_fn *fn, uint32_t reg,
				     uint32_t val)
{
	struct svnic_fn_state *s = &fn->s;

	switch (reg) {
	case SVNIC_REG_CTRL:
		svnic_fn_ctrl(core, fn, val);
		break;
	case SVNIC_REG_ACCEPT_LO:
		if (!s->enabled)
			svnic_set_low(&s->accept, val);
		break;
	case SVNIC_REG_ACCEPT_HI:
		if (!s->enabled)
			svnic_set_high(&s->accept, val);
		break;
	case SVNIC_REG_EVQ_BASE_LO:
		if (!s->evq_size)
			svnic_set_low(&s->evq_base, val);
		break;
	case SVNIC_REG_EVQ_BASE_HI:
		if (!s->evq_size)
			svnic_set_high(&s->evq_base, val);
		break;
	case SVNIC_REG_EVQ_SIZE:
		svnic_event_start(core, fn, val);
		break;
	case SVNIC_REG_EVQ_CONS:
		svnic_event_cons(core, fn, val);
		break;
	case SVNIC_REG_MBX_BASE_LO:
		if (fn->id && !s->mbx_busy)
			svnic_set_low(&s->mbx_base, val);
		break;
	case SVNIC_REG_MBX_BASE_HI:
		if (fn->id && !s->mbx_busy)
			svnic_set_high(&s->mbx_base, val);
		break;
	case SVNIC_REG_MBX_DB:
		svnic_mbx_request(core, fn, val);
		break;
	case SVNIC_REG_RX_CTRL:
		s->rx_ctrl = val & SVNIC_RX_CTRL_MASK;
		break;
	case SVNIC_REG_RSS_CTRL:
		s->rss.ctrl = val & SVNIC_RSS_CTRL_MASK;
		break;
	case SVNIC_REG_RSS_FIELDS_IPV4:
		s->rss.fields_ipv4 = val & SVNIC_RSS_FIELDS_IPV4_MASK;
		break;
	case SVNIC_REG_RSS_FIELDS_IPV6:
		s->rss.fields_ipv6 = val & SVNIC_RSS_FIELDS_IPV6_MASK;
		break;
	case SVNIC_REG_CMD_BASE_LO:
		if (!s->cmd_size)
			svnic_set_low(&s->cmd_base, val);
		break;
	case SVNIC_REG_CMD_BASE_HI:
		if (!s->cmd_size)
			svnic_set_high(&s->cmd_base, val);
		break;
	case SVNIC_REG_CMD_SIZE:
		svnic_cmd_start(fn, val);
		break;
	case SVNIC_REG_CMD_PROD:
		svnic_cmd_prod(core, fn, val);
		break;
	}
}

static void svnic_regs_write_admin(struct svnic_core *core, uint32_t reg,
				   uint32_t val)
{
	struct svnic_pf_state *pf = &core->pf;

	switch (reg) {
	case SVNIC_REG_MBX_RING_LO:
		if (!pf->mbx_on)
			svnic_set_low(&pf->mbx_ring, val);
		break;
	case SVNIC_REG_MBX_RING_HI:
		if (pf->mbx_on)
			break;
		svnic_set_high(&pf->mbx_ring, val);
		svnic_mbx_start(core);
		break;
	}
}

static void svnic_regs_write_tx(struct svnic_qp_state *s, uint32_t reg,
				uint32_t val)
{
	switch (reg) {
	case SVNIC_QCFG_TX_BASE_LO:
		svnic_set_low(&s->tx_base, val);
		break;
	case SVNIC_QCFG_TX_BASE_HI:
		svnic_set_high(&s->tx_base, val);
		break;
	case SVNIC_QCFG_TX_SIZE:
		s->tx_size = val;
		break;
	case SVNIC_QCFG_TX_START:
		s->tx_start = val;
		break;
	}
}

static void svnic_regs_write_rx(struct svnic_qp_state *s, uint32_t reg,
				uint32_t val)
{
	switch (reg) {
	case SVNIC_QCFG_BUF_SIZE:
		s->buf_size = val;
		break;
	case SVNIC_QCFG_RX_SIZE:
		s->rx_size = val;
		break;
	case SVNIC_QCFG_RX_BASE_LO:
		svnic_set_low(&s->rx_base, val);
		break;
	case SVNIC_QCFG_RX_BASE_HI:
		svnic_set_high(&s->rx_base, val);
		break;
	case SVNIC_QCFG_CMPL_BASE_LO:
		svnic_set_low(&s->cmpl_base, val);
		break;
	case SVNIC_QCFG_CMPL_BASE_HI:
		svnic_set_high(&s->cmpl_base, val);
		break;
	case SVNIC_QCFG_RX_FMT:
		s->rx_fmt = val;
		break;
	case SVNIC_QCFG_RX_START:
		s->rx_start = val;
		break;
	}
}

static void svnic_regs_write_both(struct svnic_qp_state *s, uint32_t reg,
				  uint32_t val)
{
	switch (reg) {
	case SVNIC_QCFG_VECTOR:
		s->vector = val;
		break;
	case SVNIC_QCFG_STATE_BASE_LO:
		svnic_set_low(&s->state_base, val);
		break;
	case SVNIC_QCFG_STATE_BASE_HI:
		svnic_set_high(&s->state_base, val);
		break;
	}
}

/* Section 4.1: registers that a half uses are not changed while it runs. */
static void svnic_regs_write_qp(struct svnic_qp *qp, uint32_t reg,
				uint32_t val)
{
	struct svnic_qp_state *s = &qp->s;

	if (reg == SVNIC_QCFG_CTRL) {
		svnic_qp_ctrl(qp, val);
		return;
	}
	if (!s->active[SVNIC_TX])
		svnic_regs_write_tx(s, reg, val);
	if (!s->active[SVNIC_RX])
		svnic_regs_write_rx(s, reg, val);
	if (!s->active[SVNIC_TX] && !s->active[SVNIC_RX])
		svnic_regs_write_both(s, reg, val);
}

static void svnic_regs_write32(struct svnic_core *core, struct svnic_fn *fn,
			       uint32_t reg, uint32_t val)
{
	uint32_t pair = (reg - SVNIC_REG_QCFG) / SVNIC_QCFG_STRIDE;
	uint32_t *moderation = svnic_regs_moderation(fn, reg);

	if (reg < SVNIC_REG_CTRL)
		return;
	if (svnic_in(reg, SVNIC_REG_RSS_KEY, SVNIC_RSS_KEY_LEN)) {
		svnic_set_bytes(&fn->s.rss.key[reg - SVNIC_REG_RSS_KEY], val);
		fn->rss_lut.made = false;
	} else if (svnic_in(reg, SVNIC_REG_RSS_TABLE, SVNIC_RSS_ENTRIES)) {
		svnic_set_bytes(&fn->s.rss.table[reg - SVNIC_REG_RSS_TABLE],
				val);
	} else if (moderation) {
		*moderation = val;
	} else if (reg >= SVNIC_REG_QCFG) {
		if (pair < fn->max_queues)
			svnic_regs_write_qp(&fn->qp[pair],
					    reg % SVNIC_QCFG_STRIDE, val);
	} else if (reg >= SVNIC_REG_MBX_RING_LO) {
		if (!fn->id)
			svnic_regs_write_admin(core, reg, val);
	} else {
		svnic_regs_write_control(core, fn, reg, val);
	}
}

void svnic_regs_write(struct svnic_core *core, struct svnic_fn *fn,
		      uint64_t addr, uint64_t val, unsigned int size)
{
	if (addr < SVNIC_REF_DB_OFFSET && addr % 4 == 0 && size == 4)
		svnic_regs_write32(core, fn, addr, val);
}
