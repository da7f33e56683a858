// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: the settings of a vport that the PF programs:
 * configuration, grants and filters (sections 10.3 to 10.5).
 */
#include "svnic_core_event.h"
#include "svnic_core_flow.h"
#include "svnic_core_packet.h"
#include "svnic_core_priv.h"
#include "svnic_core_vport.h"

static const uint8_t svnic_broadcast[6] = { 255, 255, 255, 255, 255, 255 };

static bool svnic_mac_is_zero(const uint8_t *mac)
{
	return !(mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]);
}

/* Sets the flags, and updates the forwarding table. */
void svnic_vport_set_flags(struct svnic_core *core, struct svnic_fn *fn,
			   uint32_t flags)
{
	static const struct {
		uint32_t		flag;
		enum svnic_fdb_kind	kind;
	} kinds[] = {
		{ SVNIC_VPORT_BCAST,	SVNIC_FDB_BCAST },
		{ SVNIC_VPORT_ALLMULTI,	SVNIC_FDB_ALLMULTI },
		{ SVNIC_VPORT_PROMISC,	SVNIC_FDB_PROMISC },
	};
	uint32_t change = flags ^ fn->s.vport.flags;
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!(change & kinds[i].flag))
			continue;
		if (flags & kinds[i].flag)
			svnic_fdb_add(core, fn, svnic_broadcast,
				      kinds[i].kind);
		else
			svnic_fdb_del_kind(core, fn, kinds[i].kind);
	}
	fn->s.vport.flags = flags;
}

static void svnic_vport_set_mac(struct svnic_core *core, struct svnic_fn *fn,
				const uint8_t *mac)
{
	svnic_fdb_del_kind(core, fn, SVNIC_FDB_STATION);
	memcpy(fn->s.vport.mac, mac, 6);
	if (!svnic_mac_is_zero(mac))
		svnic_fdb_add(core, fn, mac, SVNIC_FDB_STATION);
}

void svnic_vport_clear_filters(struct svnic_core *core, struct svnic_fn *fn)
{
	struct svnic_vport_state *vport = &fn->s.vport;

	svnic_fdb_del_kind(core, fn, SVNIC_FDB_FILTER);
	memset(vport->vlans, 0, sizeof(vport->vlans));
	vport->macs = 0;
	vport->vids = 0;
}

/* State at power on. The PF may use everything that is not granted to VFs. */
void svnic_vport_defaults(struct svnic_core *core, struct svnic_fn *fn)
{
	struct svnic_vport_state *vport = &fn->s.vport;

	vport->frame_max = SVNIC_VPORT_FRAME_MAX;
	vport->link = SVNIC_VPORT_LINK_AUTO;
	svnic_rate_defaults(core, fn);
	if (fn->id)
		return;
	vport->queues = fn->max_queues;
	vport->vectors = fn->max_vectors;
	svnic_vport_set_mac(core, fn, core->config.mac);
	svnic_vport_set_flags(core, fn, SVNIC_VPORT_BCAST);
}

/*
 * Section 11: the vport of a VF keeps the settings that the PF has made by
 * itself, and loses those that the VF has requested. The vport of the PF is as
 * at power on.
 */
void svnic_vport_reset(struct svnic_core *core, struct svnic_fn *fn)
{
	struct svnic_vport_state *vport = &fn->s.vport;
	uint32_t flags = vport->flags;

	svnic_vport_clear_filters(core, fn);
	if (fn->id) {
		flags &= ~(SVNIC_VPORT_PROMISC | SVNIC_VPORT_ALLMULTI |
			   SVNIC_VPORT_VLAN_FILTER);
		svnic_vport_set_flags(core, fn, flags);
		return;
	}
	vport->port_vlan = 0;
	vport->port_vlan_proto = 0;
	svnic_fdb_move(core, fn);
	svnic_vport_defaults(core, fn);
}

/* True if VLAN_FILTER lets the vport receive, or send, frames of this class. */
bool svnic_vport_takes_vlan(const struct svnic_fn *fn, uint16_t vlan)
{
	const struct svnic_vport_state *vport = &fn->s.vport;

	if (!vlan || !(vport->flags & SVNIC_VPORT_VLAN_FILTER))
		return true;
	return vport->vlans[vlan / 32] & 1u << (vlan % 32);
}

/* State of the link as the function sees it */
bool svnic_vport_link_up(const struct svnic_core *core,
			 const struct svnic_fn *fn)
{
	switch (fn->s.vport.link) {
	case SVNIC_VPORT_LINK_UP:
		return true;
	case SVNIC_VPORT_LINK_DOWN:
		return false;
	default:
		return core->link_up;
	}
}

static bool svnic_port_vlan_ok(uint16_t tci, uint16_t proto)
{
	uint16_t vid = tci & 0xfff;

	if (!tci)
		return true;
	return vid && vid != 0xfff && (proto == 0x8100 || proto == 0x88a8);
}

/* Section 10.3: checks the address rule of a command for @mask. */
static enum svnic_error svnic_vport_mac_rule(struct svnic_core *core,
					     const struct svnic_fn *fn,
					     const struct svnic_vport_cfg *cfg,
					     uint32_t mask)
{
	switch (cfg->mac_rule) {
	case SVNIC_MAC_SHARE:
		return SVNIC_ERR_NONE;
	case SVNIC_MAC_TAKE:
		return mask & SVNIC_VPORT_SET_MAC ? SVNIC_ERR_NONE :
						    SVNIC_ERR_PARAM;
	case SVNIC_MAC_EXCLUSIVE:
		if (mask != SVNIC_VPORT_SET_MAC)
			return SVNIC_ERR_PARAM;
		if (!svnic_mac_is_zero(cfg->mac) &&
		    svnic_fdb_foreign(core, fn, cfg->mac))
			return SVNIC_ERR_IN_USE;
		return SVNIC_ERR_NONE;
	default:
		return SVNIC_ERR_PARAM;
	}
}

enum svnic_error svnic_vport_set(struct svnic_core *core, struct svnic_fn *fn,
				 const struct svnic_vport_cfg *cfg)
{
	struct svnic_vport_state *vport = &fn->s.vport;
	uint16_t frame_max = svnic_le16(cfg->frame_max);
	uint16_t tci = svnic_le16(cfg->port_vlan);
	uint16_t proto = svnic_le16(cfg->port_vlan_proto);
	uint32_t flags_mask = svnic_le32(cfg->flags_mask);
	uint32_t flags = svnic_le32(cfg->flags);
	uint32_t mask = svnic_le32(cfg->mask);
	enum svnic_error error;
	unsigned int i;
	bool was_up;

	/* Everything is checked before anything changes. */
	if (mask & ~SVNIC_VPORT_SET_ALL)
		return SVNIC_ERR_PARAM;
	for (i = 0; i < sizeof(cfg->rsvd); i++)
		if (cfg->rsvd[i])
			return SVNIC_ERR_PARAM;
	if (mask & SVNIC_VPORT_SET_FLAGS &&
	    (flags | flags_mask) & ~SVNIC_VPORT_FLAGS)
		return SVNIC_ERR_PARAM;
	if (mask & SVNIC_VPORT_SET_MAC && cfg->mac[0] & 1)
		return SVNIC_ERR_PARAM;
	if (mask & SVNIC_VPORT_SET_FRAME_MAX &&
	    (frame_max < 64 || frame_max > SVNIC_FRAME_MAX))
		return SVNIC_ERR_PARAM;
	if (mask & SVNIC_VPORT_SET_PORT_VLAN && !svnic_port_vlan_ok(tci, proto))
		return SVNIC_ERR_PARAM;
	if (mask & SVNIC_VPORT_SET_LINK && cfg->link > SVNIC_VPORT_LINK_DOWN)
		return SVNIC_ERR_PARAM;
	error = svnic_vport_mac_rule(core, fn, cfg, mask);
	if (error)
		return error;

	if (mask & SVNIC_VPORT_SET_PORT_VLAN) {
		vport->port_vlan = tci;
		vport->port_vlan_proto = tci ? proto : 0;
		svnic_fdb_move(core, fn);
	}
	if (mask & SVNIC_VPORT_SET_FLAGS)
		svnic_vport_set_flags(core, fn, (vport->flags & ~flags_mask) |
				      (flags & flags_mask));
	if (mask & SVNIC_VPORT_SET_MAC)
		svnic_vport_set_mac(core, fn, cfg->mac);
	if (cfg->mac_rule == SVNIC_MAC_TAKE)
		svnic_fdb_take(core, fn, cfg->mac);
	if (mask & SVNIC_VPORT_SET_FRAME_MAX)
		vport->frame_max = frame_max;
	if (mask & SVNIC_VPORT_SET_LINK) {
		was_up = svnic_vport_link_up(core, fn);
		vport->link = cfg->link;
		if (svnic_vport_link_up(core, fn) != was_up)
			svnic_news_pend(core, fn, SVNIC_PEND_LINK);
	}
	return SVNIC_ERR_NONE;
}

/* Filters that a vport may use: the PF all that are not granted to VFs. */
static uint32_t svnic_vport_share(const struct svnic_core *core,
				  const struct svnic_fn *fn, bool vlans)
{
	if (vlans)
		return fn->id ? fn->s.vport.vlan_filters :
				core->config.vlan_filters - core->vlan_pool;
	return fn->id ? fn->s.vport.mac_filters :
			core->config.mac_filters - core->mac_pool;
}

/* The same for flow rules and RSS contexts. */
static void svnic_vport_flow_share(const struct svnic_core *core,
				   const struct svnic_fn *fn,
				   struct svnic_vport_grant *grant)
{
	uint32_t rules = fn->s.vport.flow_rules;
	uint32_t contexts = fn->s.vport.rss_contexts;

	if (!fn->id) {
		rules = core->config.flow_rules - core->rule_pool;
		contexts = core->config.rss_contexts - core->context_pool;
	}
	grant->flow_rules = svnic_le16(rules);
	grant->rss_contexts = svnic_le16(contexts);
}

void svnic_vport_get_grant(struct svnic_core *core, struct svnic_fn *fn,
			   struct svnic_vport_grant *grant)
{
	grant->queues = svnic_le16(fn->s.vport.queues);
	grant->vectors = svnic_le16(fn->s.vport.vectors);
	grant->mac_filters = svnic_le16(svnic_vport_share(core, fn, false));
	grant->vlan_filters = svnic_le16(svnic_vport_share(core, fn, true));
	svnic_vport_flow_share(core, fn, grant);
}

/* The state of the function is not filled in. */
void svnic_vport_get(struct svnic_core *core, struct svnic_fn *fn,
		     struct svnic_vport_info *info)
{
	const struct svnic_vport_state *vport = &fn->s.vport;

	memset(info, 0, sizeof(*info));
	info->cfg.mask = svnic_le32(SVNIC_VPORT_SET_ALL);
	info->cfg.flags = svnic_le32(vport->flags);
	info->cfg.flags_mask = svnic_le32(SVNIC_VPORT_FLAGS);
	memcpy(info->cfg.mac, vport->mac, 6);
	info->cfg.frame_max = svnic_le16(vport->frame_max);
	info->cfg.port_vlan = svnic_le16(vport->port_vlan);
	info->cfg.port_vlan_proto = svnic_le16(vport->port_vlan_proto);
	info->cfg.link = vport->link;
	svnic_vport_get_grant(core, fn, &info->grant);
	info->mac_filters = svnic_le16(vport->macs);
	info->vlan_filters = svnic_le16(vport->vids);
}

/*
 * Section 10.4: grants flow rules and RSS contexts. They have numbers, so what
 * counts of those in use is the highest one. Context 0 is not in the pool.
 */
static enum svnic_error
svnic_vport_flow_grant(struct svnic_core *core, struct svnic_fn *fn,
		       const struct svnic_vport_grant *g)
{
	struct svnic_vport_state *vport = &fn->s.vport;
	uint32_t contexts = svnic_le16(g->rss_contexts);
	uint32_t rules = svnic_le16(g->flow_rules);
	uint32_t used_rules, used_contexts;
	uint32_t rule_pool = core->rule_pool - vport->flow_rules + rules;
	uint32_t context_pool = core->context_pool - vport->rss_contexts +
				contexts;

	svnic_flow_used(fn->flow, &used_rules, &used_contexts);
	if (rules < used_rules || contexts + 1 < used_contexts)
		return SVNIC_ERR_GRANT;
	svnic_flow_used(core->fn[0].flow, &used_rules, &used_contexts);
	if (rule_pool + used_rules > core->config.flow_rules ||
	    context_pool + used_contexts > core->config.rss_contexts + 1)
		return SVNIC_ERR_NO_SPACE;

	core->rule_pool = rule_pool;
	core->context_pool = context_pool;
	vport->flow_rules = rules;
	vport->rss_contexts = contexts;
	return SVNIC_ERR_NONE;
}

/*
 * Section 10.4. Queues and vectors are in the VF's own BARs, so their pools are
 * as large as all VFs together can use. Filters come from a shared pool.
 */
enum svnic_error svnic_vport_grant(struct svnic_core *core,
				   struct svnic_fn *fn,
				   const struct svnic_vport_grant *grant)
{
	struct svnic_vport_state *vport = &fn->s.vport;
	const struct svnic_vport_state *pf = &core->fn[0].s.vport;
	uint16_t queues = svnic_le16(grant->queues);
	uint16_t vectors = svnic_le16(grant->vectors);
	uint16_t macs = svnic_le16(grant->mac_filters);
	uint16_t vids = svnic_le16(grant->vlan_filters);
	uint32_t mac_pool = core->mac_pool - vport->mac_filters + macs;
	uint32_t vlan_pool = core->vlan_pool - vport->vlan_filters + vids;
	enum svnic_error error;
	unsigned int i;

	if (fn->s.ready)
		return SVNIC_ERR_NOT_READY;
	for (i = 0; i < sizeof(grant->rsvd); i++)
		if (grant->rsvd[i])
			return SVNIC_ERR_PARAM;
	if (queues > fn->max_queues || vectors > fn->max_vectors)
		return SVNIC_ERR_PARAM;
	if (macs < vport->macs || vids < vport->vids)
		return SVNIC_ERR_GRANT;
	if (mac_pool + pf->macs > core->config.mac_filters ||
	    vlan_pool + pf->vids > core->config.vlan_filters)
		return SVNIC_ERR_NO_SPACE;
	error = svnic_vport_flow_grant(core, fn, grant);
	if (error)
		return error;

	core->mac_pool = mac_pool;
	core->vlan_pool = vlan_pool;
	vport->queues = queues;
	vport->vectors = vectors;
	vport->mac_filters = macs;
	vport->vlan_filters = vids;
	core->ops.irq_clear(core->host, fn->id, vectors);
	return SVNIC_ERR_NONE;
}

enum svnic_error svnic_vport_mac(struct svnic_core *core, struct svnic_fn *fn,
				 const struct svnic_admin_mac *filter,
				 bool add)
{
	struct svnic_vport_state *vport = &fn->s.vport;
	const uint8_t *mac = filter->mac;

	if (svnic_mac_is_zero(mac) || !memcmp(mac, svnic_broadcast, 6))
		return SVNIC_ERR_PARAM;
	if (filter->rule > SVNIC_MAC_TAKE ||
	    (filter->rule && (mac[0] & 1 || !add)))
		return SVNIC_ERR_PARAM;
	if (!add) {
		if (!svnic_fdb_del(core, fn, mac, SVNIC_FDB_FILTER))
			return SVNIC_ERR_NOT_FOUND;
		vport->macs--;
		return SVNIC_ERR_NONE;
	}
	if (svnic_fdb_has(core, fn, mac, SVNIC_FDB_FILTER))
		return SVNIC_ERR_EXISTS;
	if (filter->rule == SVNIC_MAC_EXCLUSIVE &&
	    svnic_fdb_foreign(core, fn, mac))
		return SVNIC_ERR_IN_USE;
	if (vport->macs >= svnic_vport_share(core, fn, false))
		return SVNIC_ERR_NO_SPACE;
	if (filter->rule == SVNIC_MAC_TAKE)
		svnic_fdb_take(core, fn, mac);
	svnic_fdb_add(core, fn, mac, SVNIC_FDB_FILTER);
	vport->macs++;
	return SVNIC_ERR_NONE;
}

enum svnic_error svnic_vport_vlan(struct svnic_core *core, struct svnic_fn *fn,
				  const struct svnic_admin_vlan *vlan,
				  bool add)
{
	struct svnic_vport_state *vport = &fn->s.vport;
	uint16_t proto = svnic_le16(vlan->proto);
	uint16_t class = svnic_le16(vlan->vid);
	uint32_t *word, bit;

	if (!class || class > 4094)
		return SVNIC_ERR_PARAM;
	if (proto == SVNIC_ETHERTYPE_AD)
		class |= SVNIC_VLAN_AD;
	else if (proto != SVNIC_ETHERTYPE_VLAN)
		return SVNIC_ERR_PARAM;
	word = &vport->vlans[class / 32];
	bit = 1u << (class % 32);
	if (!add) {
		if (!(*word & bit))
			return SVNIC_ERR_NOT_FOUND;
		*word &= ~bit;
		vport->vids--;
		return SVNIC_ERR_NONE;
	}
	if (*word & bit)
		return SVNIC_ERR_EXISTS;
	if (vport->vids >= svnic_vport_share(core, fn, true))
		return SVNIC_ERR_NO_SPACE;
	*word |= bit;
	vport->vids++;
	return SVNIC_ERR_NONE;
}
