// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Invariants of the policy's decisions, derived from its header and from the
 * specification only.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#include "fuzz.h"
#include "policy_check.h"

/* Section 10.5: true if two vports meet. */
static bool meet(const struct svnic_vport_cfg *a,
		 const struct svnic_vport_cfg *b)
{
	u16 vid_a = le16_to_cpu(a->port_vlan) & VLAN_VID_MASK;
	u16 vid_b = le16_to_cpu(b->port_vlan) & VLAN_VID_MASK;

	return !vid_a || !vid_b ||
	       (vid_a == vid_b && a->port_vlan_proto == b->port_vlan_proto);
}

/* Section 10.5: true if a vport that it meets has station address @mac. */
static bool foreign(const struct nic *nic, const struct svnic_vport_cfg *vport,
		    const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < VFS; i++)
		if (vport != &nic->vf[i].vport &&
		    meet(vport, &nic->vf[i].vport) &&
		    ether_addr_equal(nic->vf[i].vport.mac, mac))
			return true;
	return false;
}

/* Section 10.3: applies SVNIC_ADMIN_VPORT_SET to a vport. */
static bool vport_set(const struct nic *nic, struct svnic_vport_cfg *vport,
		      const struct svnic_vport_cfg *cfg)
{
	u32 flags_mask = le32_to_cpu(cfg->flags_mask);
	u32 flags = le32_to_cpu(cfg->flags);
	u32 mask = le32_to_cpu(cfg->mask);

	MUST(!(mask & ~SVNIC_VPORT_SET_ALL));
	MUST(!((flags | flags_mask) & ~SVNIC_VPORT_FLAGS));
	MUST(!memchr_inv(cfg->rsvd, 0, sizeof(cfg->rsvd)));
	MUST(cfg->link <= SVNIC_VPORT_LINK_DOWN);
	if (cfg->mac_rule == SVNIC_MAC_EXCLUSIVE)
		MUST(mask == SVNIC_VPORT_SET_MAC);
	else if (cfg->mac_rule)
		MUST(cfg->mac_rule == SVNIC_MAC_TAKE &&
		     mask & SVNIC_VPORT_SET_MAC);

	if (cfg->mac_rule == SVNIC_MAC_EXCLUSIVE &&
	    foreign(nic, vport, cfg->mac))
		return false;
	if (mask & SVNIC_VPORT_SET_FLAGS) {
		vport->flags &= cpu_to_le32(~flags_mask);
		vport->flags |= cpu_to_le32(flags & flags_mask);
	}
	if (mask & SVNIC_VPORT_SET_MAC)
		ether_addr_copy(vport->mac, cfg->mac);
	if (mask & SVNIC_VPORT_SET_FRAME_MAX)
		vport->frame_max = cfg->frame_max;
	if (mask & SVNIC_VPORT_SET_PORT_VLAN) {
		vport->port_vlan = cfg->port_vlan;
		vport->port_vlan_proto = cfg->port_vlan_proto;
	}
	if (mask & SVNIC_VPORT_SET_LINK)
		vport->link = cfg->link;
	return true;
}

/* Like pf/owner.c: guests give up an address for @owner. */
static void make_way(struct nic *nic, const struct vf *owner)
{
	struct svnic_vf_state next;
	struct svnic_owner given;
	struct vf *vf;

	if (!svnic_policy_owner(&owner->state, &given))
		return;
	for (vf = nic->vf; vf < nic->vf + VFS; vf++) {
		if (!svnic_policy_yields(&vf->state, &given))
			continue;
		MUST(vf != owner);
		next = vf->state;
		svnic_policy_reset_mac(&next);
		MUST(!svnic_policy_yields(&next, &given));
		vf_give(nic, vf, &next);
	}
}

void vf_program(struct nic *nic, struct vf *vf)
{
	struct svnic_vport_cfg cfg;

	MUST(svnic_policy_cfg(NULL, &vf->state, &cfg));
	MUST(cfg.mask == cpu_to_le32(SVNIC_VPORT_SET_ALL));
	MUST(vport_set(nic, &vf->vport, &cfg));
	MUST(svnic_policy_note(NULL, &vf->state, &vf->note));
	make_way(nic, vf);
}

static bool vf_commit(struct nic *nic, struct vf *vf,
		      const struct svnic_vf_state *next)
{
	struct svnic_vport_cfg cfg;

	if (svnic_policy_cfg(&vf->state, next, &cfg)) {
		MUST(cfg.mask);
		if (!vport_set(nic, &vf->vport, &cfg))
			return false;
	}
	/*
	 * The VF must be notified of changes that its driver sees, and no
	 * others.
	 */
	MUST(!svnic_policy_config_differs(next, next));
	if (!ether_addr_equal(vf->state.mac, next->mac) ||
	    vf->state.port_vlan != next->port_vlan ||
	    vf->state.port_vlan_proto != next->port_vlan_proto ||
	    vf->state.trusted != next->trusted)
		MUST(svnic_policy_config_differs(&vf->state, next));
	vf->state = *next;
	return true;
}

void vf_give(struct nic *nic, struct vf *vf, const struct svnic_vf_state *next)
{
	struct svnic_vf_state state = *next;
	struct svnic_vport_cfg cfg;
	enum svnic_clear what;

	if (svnic_policy_mac_kept(&vf->state, &state, &cfg) &&
	    !vport_set(nic, &vf->vport, &cfg))
		svnic_policy_reset_mac(&state);
	svnic_policy_note(&vf->state, &state, &vf->note);
	if (svnic_policy_clears(&vf->state, &state, &what)) {
		MUST(!state.trusted);
		MUST(what == SVNIC_CLEAR_UNICAST ||
		     what == SVNIC_CLEAR_SHARED);
	}
	MUST(vf_commit(nic, vf, &state));
	make_way(nic, vf);
}

void vf_ask(struct nic *nic, struct vf *vf,
	    const struct svnic_vf_state *next)
{
	if (vf_commit(nic, vf, next))
		make_way(nic, vf);
}

void vf_adopt(struct nic *nic, struct vf *vf)
{
	struct svnic_vf_state old = vf->state;
	struct svnic_vport_info info = {
		.cfg = vf->vport,
		.grant = {
			.queues = cpu_to_le16(old.grant.queues),
			.vectors = cpu_to_le16(old.grant.vectors),
			.mac_filters = cpu_to_le16(old.grant.mac_filters),
			.vlan_filters = cpu_to_le16(old.grant.vlan_filters),
			.flow_rules = cpu_to_le16(old.grant.flow_rules),
			.rss_contexts = cpu_to_le16(old.grant.rss_contexts),
		},
	};

	svnic_policy_adopt(&vf->state, &info, &vf->note, old.frame_limit);
	/*
	 * The new driver knows what the old one knew, and the NIC does not
	 * change.
	 */
	old.version = 0;
	MUST(!memcmp(&old, &vf->state, sizeof(old)));
	make_way(nic, vf);
}

void check_share(const struct svnic_grant *pool, const struct svnic_grant *own,
		 unsigned int vfs, const struct svnic_grant *share)
{
	MUST(share->queues && share->vectors > share->queues);
	MUST((u64)share->queues * vfs + own->queues <= pool->queues);
	MUST((u64)share->vectors * vfs + own->vectors <= pool->vectors);
	MUST((u64)share->mac_filters * vfs <= pool->mac_filters);
	MUST((u64)share->vlan_filters * vfs <= pool->vlan_filters);
	MUST((u64)share->flow_rules * vfs <= pool->flow_rules);
	MUST((u64)share->rss_contexts * vfs <= pool->rss_contexts);
}

/* A state is consistent, and the vport agrees with it. */
void check_state(const struct vf *vf)
{
	const struct svnic_vf_state *s = &vf->state;
	const struct svnic_vport_cfg *vport = &vf->vport;
	u16 vid = s->port_vlan & VLAN_VID_MASK;
	u32 flags = le32_to_cpu(vport->flags);

	MUST(is_valid_ether_addr(s->mac));
	MUST(is_valid_ether_addr(s->own_mac));
	MUST(!is_multicast_ether_addr(s->admin_mac));
	if (!s->trusted) {
		MUST(s->rx_flags == SVNIC_MBX_RX_VLAN_FILTER);
		MUST(is_zero_ether_addr(s->admin_mac) ||
		     ether_addr_equal(s->mac, s->admin_mac));
	}
	MUST(!(s->rx_flags & ~SVNIC_MBX_RX_FLAGS));
	MUST(s->frame_max >= ETH_MIN_MTU && s->frame_max <= s->frame_limit);
	MUST(s->link <= SVNIC_VPORT_LINK_DOWN);
	MUST(!s->port_vlan || (vid && vid < VLAN_N_VID - 1));
	MUST(s->port_vlan_proto == ETH_P_8021Q ||
	     (s->port_vlan && s->port_vlan_proto == ETH_P_8021AD));
	MUST(!s->version || (s->version >= SVNIC_MBX_VERSION_MIN &&
			     s->version <= SVNIC_MBX_VERSION_MAX));

	MUST(ether_addr_equal(vport->mac, s->mac));
	MUST(le16_to_cpu(vport->frame_max) == s->frame_max);
	MUST(le16_to_cpu(vport->port_vlan) == s->port_vlan);
	MUST(le16_to_cpu(vport->port_vlan_proto) == s->port_vlan_proto);
	MUST(vport->link == s->link);
	MUST((flags & SVNIC_MBX_RX_FLAGS) == s->rx_flags);
	MUST(!!(flags & SVNIC_VPORT_SPOOFCHK) == s->spoofchk);
	MUST(flags & SVNIC_VPORT_BCAST);
}

static bool chosen(const struct svnic_vf_state *s)
{
	return !ether_addr_equal(s->mac, s->admin_mac) &&
	       !ether_addr_equal(s->mac, s->own_mac);
}

/* An untrusted guest shares an address it has set only with trusted ones. */
void check_owners(const struct nic *nic)
{
	const struct vf *a, *b;

	for (a = nic->vf; a < nic->vf + VFS; a++) {
		if (a->state.trusted || !chosen(&a->state))
			continue;
		for (b = nic->vf; b < nic->vf + VFS; b++)
			MUST(a == b || !meet(&a->vport, &b->vport) ||
			     !ether_addr_equal(a->vport.mac, b->vport.mac) ||
			     (b->state.trusted && chosen(&b->state)));
	}
}

/* State that no request may change. */
static void check_admins(const struct svnic_vf_state *old,
			 const struct svnic_vf_state *next)
{
	MUST(ether_addr_equal(old->admin_mac, next->admin_mac));
	MUST(ether_addr_equal(old->own_mac, next->own_mac));
	MUST(old->frame_limit == next->frame_limit);
	MUST(old->port_vlan == next->port_vlan);
	MUST(old->port_vlan_proto == next->port_vlan_proto);
	MUST(old->link == next->link);
	MUST(old->spoofchk == next->spoofchk);
	MUST(old->trusted == next->trusted);
	MUST(!memcmp(&old->grant, &next->grant, sizeof(old->grant)));
}

static void check_macs(const struct svnic_vf_state *old,
		       const struct svnic_filter_list *list)
{
	unsigned int i;

	MUST(list->count <= SVNIC_MBX_MACS_MAX);
	MUST(list->count <= old->grant.mac_filters);
	/* An untrusted guest must not get an address of its neighbour. */
	MUST(old->trusted || list->rule == SVNIC_MAC_EXCLUSIVE);
	for (i = 0; i < list->count; i++) {
		MUST(!is_zero_ether_addr(list->macs[i]));
		MUST(old->trusted || is_zero_ether_addr(old->admin_mac) ||
		     is_multicast_ether_addr(list->macs[i]));
	}
}

static void check_vids(const struct svnic_vf_state *old,
		       const struct svnic_filter_list *list)
{
	unsigned int i, vid;

	MUST(list->count <= SVNIC_MBX_VLANS_MAX);
	MUST(list->count <= old->grant.vlan_filters);
	MUST(list->proto == cpu_to_le16(ETH_P_8021Q) ||
	     list->proto == cpu_to_le16(ETH_P_8021AD));
	/*
	 * Section 10.5, step 3: tags that are allowed behind a port VLAN's tag.
	 */
	MUST(!old->port_vlan || (old->port_vlan_proto == ETH_P_8021AD &&
				 list->proto == cpu_to_le16(ETH_P_8021Q)));
	for (i = 0; i < list->count; i++) {
		vid = le16_to_cpu(list->vids[i]);
		MUST(vid && vid < VLAN_N_VID - 1);
	}
}

/* The lists point into the message. */
static void check_list(const struct svnic_vf_state *old, const void *msg,
		       size_t len, const struct svnic_verdict *verdict)
{
	const struct svnic_filter_list *list = &verdict->list;
	const char *end = (const char *)msg + len;
	const char *first;
	size_t size;

	MUST(list->count && list->count <= SVNIC_FILTER_LIST_MAX);
	MUST(!list->macs != !list->vids);
	if (list->macs) {
		first = (const char *)list->macs;
		size = list->count * sizeof(list->macs[0]);
	} else {
		first = (const char *)list->vids;
		size = list->count * sizeof(list->vids[0]);
	}
	MUST(first > (const char *)msg && first + size == end);
	if (verdict->action != SVNIC_DO_FILTER_ADD)
		return;
	if (list->macs)
		check_macs(old, list);
	else
		check_vids(old, list);
}

static void check_config(const struct svnic_vf_state *old,
			 const struct svnic_mbx_config *config)
{
	u32 flags = le32_to_cpu(config->flags);

	MUST(ether_addr_equal(config->mac, old->mac));
	MUST(le16_to_cpu(config->frame_max) == old->frame_limit);
	MUST(le16_to_cpu(config->queues) == old->grant.queues);
	MUST(le16_to_cpu(config->vectors) == old->grant.vectors);
	MUST(le16_to_cpu(config->mac_filters) == old->grant.mac_filters);
	MUST(le16_to_cpu(config->vlan_filters) == old->grant.vlan_filters);
	MUST(le16_to_cpu(config->port_vlan) == old->port_vlan);
	MUST(le16_to_cpu(config->port_vlan_proto) ==
	     (old->port_vlan ? old->port_vlan_proto : 0));
	MUST(!!(flags & SVNIC_MBX_CONFIG_TRUSTED) == old->trusted);
	MUST(!memchr_inv(config->rsvd, 0, sizeof(config->rsvd)));
}

void check_verdict(const struct svnic_vf_state *old, const void *msg,
		   size_t len, const struct svnic_verdict *verdict)
{
	const struct svnic_vf_state *next = &verdict->next;
	const struct svnic_mbx_hdr *hdr = msg;
	size_t reply = 0;
	u16 opcode;

	if (verdict->status != SVNIC_MBX_OK)
		return;

	/* Sections 8.2 and 8.3: no malformed message is granted. */
	MUST(len >= sizeof(*hdr) && len <= SVNIC_MBX_MSG_MAX);
	MUST(le16_to_cpu(hdr->len) == len);
	MUST(!hdr->status && !hdr->rsvd0 && !hdr->rsvd1);
	opcode = le16_to_cpu(hdr->opcode);
	MUST(opcode == SVNIC_MBX_VERSION || old->version);

	if (opcode == SVNIC_MBX_VERSION)
		reply = sizeof(struct svnic_mbx_version);
	else if (opcode == SVNIC_MBX_GET_CONFIG)
		reply = sizeof(struct svnic_mbx_config);
	MUST(verdict->reply_len == reply);
	if (opcode == SVNIC_MBX_GET_CONFIG)
		check_config(old, &verdict->reply.config);

	check_admins(old, next);
	MUST(opcode == SVNIC_MBX_VERSION || next->version == old->version);
	MUST(opcode == SVNIC_MBX_SET_MAC ||
	     ether_addr_equal(next->mac, old->mac));
	MUST(opcode == SVNIC_MBX_RX_MODE || next->rx_flags == old->rx_flags);
	MUST(opcode == SVNIC_MBX_SET_MTU ||
	     next->frame_max == old->frame_max);

	switch (verdict->action) {
	case SVNIC_DO_NOTHING:
	case SVNIC_DO_VPORT:
		break;
	case SVNIC_DO_FILTER_ADD:
	case SVNIC_DO_FILTER_DEL:
		check_list(old, msg, len, verdict);
		break;
	default:
		MUST(!"an action that is one");
	}
}
