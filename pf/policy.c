// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: policy for the state of VFs (spec 10.3, 10.5): what the administrator
 * and a reset change in it, which addresses a VF may keep, and what to program.
 * Accesses no register and takes no lock.
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "policy.h"

/**
 * svnic_policy_init - initialise the state of a new VF
 * @state: state to fill in
 * @mac: its address
 * @frame_limit: bytes of the longest frame it may ask for
 * @grant: its share of the pools
 */
void svnic_policy_init(struct svnic_vf_state *state, const u8 *mac,
		       u16 frame_limit, const struct svnic_grant *grant)
{
	memset(state, 0, sizeof(*state));
	ether_addr_copy(state->own_mac, mac);
	state->frame_limit = frame_limit;
	state->port_vlan_proto = ETH_P_8021Q;
	state->link = SVNIC_VPORT_LINK_AUTO;
	state->spoofchk = true;
	state->grant = *grant;
	svnic_policy_reset(state);
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_init);

/*
 * struct svnic_note - state of a VF that the NIC's configuration does not have,
 * and that the next driver needs. Stored as struct svnic_vport_note.
 * @version: SVNIC_NOTE_VERSION; zero if there is no note
 * @trusted: the administrator trusts the VF
 * @admin_mac: address that the administrator has set, zero for none
 * @own_mac: address that the VF got when it was created
 * @rsvd: zero
 */
struct svnic_note {
	u8	version;
	u8	trusted;
	u8	admin_mac[ETH_ALEN];
	u8	own_mac[ETH_ALEN];
	u8	rsvd[18];
};

#define SVNIC_NOTE_VERSION	1

SVNIC_CHECK_SIZE(struct svnic_note, sizeof(struct svnic_vport_note));

static void svnic_policy_note_fill(const struct svnic_vf_state *state,
				   struct svnic_vport_note *note)
{
	struct svnic_note own = {
		.version	= SVNIC_NOTE_VERSION,
		.trusted	= state->trusted,
	};

	ether_addr_copy(own.admin_mac, state->admin_mac);
	ether_addr_copy(own.own_mac, state->own_mac);
	memcpy(note, &own, sizeof(own));
}

/**
 * svnic_policy_note - note about a VF for the next driver
 * @old: state of the current note, NULL if that is not known
 * @new: state to make the note of
 * @note: note to fill in
 *
 * Return: false if the current note is the same.
 */
bool svnic_policy_note(const struct svnic_vf_state *old,
		       const struct svnic_vf_state *new,
		       struct svnic_vport_note *note)
{
	struct svnic_vport_note known;

	svnic_policy_note_fill(new, note);
	if (!old)
		return true;
	svnic_policy_note_fill(old, &known);
	return memcmp(&known, note, sizeof(known));
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_note);

/**
 * svnic_policy_adopt - state of a VF that an earlier driver has created
 * @state: state to fill in
 * @info: configuration of the VF in the NIC
 * @note: note of the earlier driver
 * @frame_limit: bytes of the longest frame it may ask for
 *
 * Without a note it is not known whether the administrator or the guest has
 * chosen the address. It is treated as the administrator's, so that a guest
 * gains nothing when the driver is replaced.
 */
void svnic_policy_adopt(struct svnic_vf_state *state,
			const struct svnic_vport_info *info,
			const struct svnic_vport_note *note, u16 frame_limit)
{
	const u32 trust = SVNIC_VPORT_PROMISC | SVNIC_VPORT_ALLMULTI;
	u32 flags = le32_to_cpu(info->cfg.flags);
	struct svnic_note own;

	memcpy(&own, note, sizeof(own));
	if (own.version != SVNIC_NOTE_VERSION ||
	    !is_valid_ether_addr(own.own_mac) ||
	    is_multicast_ether_addr(own.admin_mac)) {
		own.trusted = !!(flags & trust);
		ether_addr_copy(own.admin_mac, info->cfg.mac);
		ether_addr_copy(own.own_mac, info->cfg.mac);
	}

	memset(state, 0, sizeof(*state));
	ether_addr_copy(state->mac, info->cfg.mac);
	ether_addr_copy(state->admin_mac, own.admin_mac);
	ether_addr_copy(state->own_mac, own.own_mac);
	state->frame_limit = frame_limit;
	state->frame_max = le16_to_cpu(info->cfg.frame_max);
	state->port_vlan = le16_to_cpu(info->cfg.port_vlan);
	state->port_vlan_proto = ETH_P_8021Q;
	if (state->port_vlan)
		state->port_vlan_proto =
			le16_to_cpu(info->cfg.port_vlan_proto);
	state->link = min_t(u8, info->cfg.link, SVNIC_VPORT_LINK_DOWN);
	state->spoofchk = flags & SVNIC_VPORT_SPOOFCHK;
	state->trusted = own.trusted;
	state->rx_flags = SVNIC_MBX_RX_VLAN_FILTER;
	if (state->trusted)
		state->rx_flags = flags & SVNIC_MBX_RX_FLAGS;
	state->grant.queues = le16_to_cpu(info->grant.queues);
	state->grant.vectors = le16_to_cpu(info->grant.vectors);
	state->grant.mac_filters = le16_to_cpu(info->grant.mac_filters);
	state->grant.vlan_filters = le16_to_cpu(info->grant.vlan_filters);
	state->grant.flow_rules = le16_to_cpu(info->grant.flow_rules);
	state->grant.rss_contexts = le16_to_cpu(info->grant.rss_contexts);
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_adopt);

/**
 * svnic_policy_reset_mac - replace an address that the guest has chosen
 * @state: the VF's state
 *
 * The VF gets the administrator's address, or without one its initial address.
 */
void svnic_policy_reset_mac(struct svnic_vf_state *state)
{
	if (is_zero_ether_addr(state->admin_mac))
		ether_addr_copy(state->mac, state->own_mac);
	else
		ether_addr_copy(state->mac, state->admin_mac);
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_reset_mac);

/**
 * svnic_policy_reset - state of a VF after it was reset
 * @state: the VF's state
 *
 * Drops what the VF's driver has requested, and keeps what the administrator
 * has set.
 */
void svnic_policy_reset(struct svnic_vf_state *state)
{
	svnic_policy_reset_mac(state);
	state->frame_max = state->frame_limit;
	state->rx_flags = SVNIC_MBX_RX_VLAN_FILTER;
	state->version = 0;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_reset);

/**
 * svnic_policy_set_mac - the administrator sets a VF's address
 * @state: the VF's state
 * @mac: address; zero removes the administrator's address
 *
 * Return: 0, or -EINVAL for a multicast address.
 */
int svnic_policy_set_mac(struct svnic_vf_state *state, const u8 *mac)
{
	if (is_zero_ether_addr(mac)) {
		if (is_zero_ether_addr(state->admin_mac))
			return 0;
		ether_addr_copy(state->mac, state->own_mac);
	} else {
		if (is_multicast_ether_addr(mac))
			return -EINVAL;
		ether_addr_copy(state->mac, mac);
	}
	ether_addr_copy(state->admin_mac, mac);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_set_mac);

/* VLANs are the same if id and EtherType are; the priority does not matter. */
static bool svnic_policy_same_vlan(u16 tci, u16 proto, u16 other_tci,
				   u16 other_proto)
{
	return !((tci ^ other_tci) & VLAN_VID_MASK) && proto == other_proto;
}

static bool svnic_policy_other_vlan(const struct svnic_vf_state *a,
				    const struct svnic_vf_state *b)
{
	return !svnic_policy_same_vlan(a->port_vlan, a->port_vlan_proto,
				       b->port_vlan, b->port_vlan_proto);
}

/**
 * svnic_policy_mac_fixed - is the VF bound to the administrator's address?
 * @state: the VF's state
 *
 * Return: true if its guest may use no other source address.
 */
bool svnic_policy_mac_fixed(const struct svnic_vf_state *state)
{
	return !state->trusted && !is_zero_ether_addr(state->admin_mac);
}

/**
 * svnic_policy_clears - does a change of state require to clear filters?
 * @old: current state
 * @new: next state
 * @what: which filters to clear
 *
 * The unicast filters of a VF without trust are cleared
 *
 * - when its port VLAN changes: the addresses were not compared with those of
 *   the functions in the new VLAN. The VF's driver requests the filters again.
 * - when its address becomes fixed.
 *
 * If it loses the trust, only those filters are cleared whose address another
 * function owns too. All others need no trust.
 *
 * Return: true if filters have to be cleared before @new is programmed.
 */
bool svnic_policy_clears(const struct svnic_vf_state *old,
			 const struct svnic_vf_state *new,
			 enum svnic_clear *what)
{
	if (new->trusted)
		return false;
	*what = SVNIC_CLEAR_UNICAST;
	if (svnic_policy_other_vlan(old, new) ||
	    (svnic_policy_mac_fixed(new) && !svnic_policy_mac_fixed(old)))
		return true;
	*what = SVNIC_CLEAR_SHARED;
	return old->trusted;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_clears);

/**
 * svnic_policy_set_vlan - the administrator sets a VF's port VLAN
 * @state: the VF's state
 * @vid: VLAN id, 0 for none
 * @qos: priority
 * @proto: EtherType of the tag
 *
 * In the new VLAN another function may own an address that a guest without
 * trust has chosen, so the VF does not keep it.
 *
 * Return: 0, -EINVAL, or -EPROTONOSUPPORT.
 */
int svnic_policy_set_vlan(struct svnic_vf_state *state, u16 vid, u8 qos,
			  u16 proto)
{
	const struct svnic_vf_state old = *state;

	if (vid >= VLAN_N_VID - 1 || qos > VLAN_PRIO_MASK >> VLAN_PRIO_SHIFT ||
	    (!vid && qos))
		return -EINVAL;
	if (proto != ETH_P_8021Q && proto != ETH_P_8021AD)
		return -EPROTONOSUPPORT;

	state->port_vlan = qos << VLAN_PRIO_SHIFT | vid;
	state->port_vlan_proto = vid ? proto : ETH_P_8021Q;
	if (!state->trusted && svnic_policy_other_vlan(&old, state))
		svnic_policy_reset_mac(state);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_set_vlan);

/**
 * svnic_policy_set_trust - the administrator sets whether a VF is trusted
 * @state: the VF's state
 * @trusted: the VF is trusted
 *
 * A VF that loses the trust stops being promiscuous. It keeps an address that
 * its guest has chosen, unless the administrator has set one, or another
 * function has the same address. The NIC has to be asked for the latter, see
 * svnic_policy_mac_kept().
 */
void svnic_policy_set_trust(struct svnic_vf_state *state, bool trusted)
{
	if (!trusted)
		state->rx_flags = SVNIC_MBX_RX_VLAN_FILTER;
	state->trusted = trusted;
	if (svnic_policy_mac_fixed(state))
		svnic_policy_reset_mac(state);
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_set_trust);

/* Has the guest chosen the address that the VF has now? */
static bool svnic_policy_mac_chosen(const struct svnic_vf_state *state)
{
	return !ether_addr_equal(state->mac, state->admin_mac) &&
	       !ether_addr_equal(state->mac, state->own_mac);
}

/**
 * svnic_policy_mac_kept - may a VF keep its address only if no other has it?
 * @old: current state
 * @new: next state
 * @cfg: configuration to fill in, with which the NIC checks that
 *
 * If programming @cfg fails with -EADDRINUSE, the address has to be replaced by
 * svnic_policy_reset_mac() before @new is programmed.
 *
 * Return: true if @cfg has to be programmed.
 */
bool svnic_policy_mac_kept(const struct svnic_vf_state *old,
			   const struct svnic_vf_state *new,
			   struct svnic_vport_cfg *cfg)
{
	if (!old->trusted || new->trusted || !svnic_policy_mac_chosen(new))
		return false;
	memset(cfg, 0, sizeof(*cfg));
	cfg->mask = cpu_to_le32(SVNIC_VPORT_SET_MAC);
	ether_addr_copy(cfg->mac, new->mac);
	cfg->mac_rule = SVNIC_MAC_EXCLUSIVE;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_mac_kept);

/**
 * svnic_policy_owner - has the administrator given a VF its current address?
 * @state: the VF's state
 * @owner: owner to fill in with the VF
 *
 * Return: false if the guest has chosen the address.
 */
bool svnic_policy_owner(const struct svnic_vf_state *state,
			struct svnic_owner *owner)
{
	ether_addr_copy(owner->mac, state->mac);
	owner->port_vlan = state->port_vlan;
	owner->port_vlan_proto = state->port_vlan_proto;
	return !svnic_policy_mac_chosen(state);
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_owner);

/*
 * Can frames reach both? A function without a port VLAN can receive every VLAN,
 * because a guest may add any of them.
 */
static bool svnic_policy_meets(const struct svnic_vf_state *state,
			       const struct svnic_owner *owner)
{
	return !state->port_vlan || !owner->port_vlan ||
	       svnic_policy_same_vlan(state->port_vlan, state->port_vlan_proto,
				      owner->port_vlan, owner->port_vlan_proto);
}

/**
 * svnic_policy_yields - does a VF have to give up its address for the owner?
 * @state: the VF's state
 * @owner: function that the administrator has given the address
 *
 * Return: true if the guest of a VF without trust has chosen the owner's
 * address, and frames can reach both.
 */
bool svnic_policy_yields(const struct svnic_vf_state *state,
			 const struct svnic_owner *owner)
{
	return !state->trusted && svnic_policy_mac_chosen(state) &&
	       ether_addr_equal(state->mac, owner->mac) &&
	       svnic_policy_meets(state, owner);
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_yields);

static u32 svnic_policy_flags(const struct svnic_vf_state *state)
{
	u32 flags = SVNIC_VPORT_BCAST | state->rx_flags;

	if (state->spoofchk)
		flags |= SVNIC_VPORT_SPOOFCHK;
	return flags;
}

/*
 * An address that the administrator sets is taken from others. An address that
 * an untrusted guest chooses must be free, or the guest could receive frames of
 * other VFs.
 */
static enum svnic_mac_rule
svnic_policy_mac_rule(const struct svnic_vf_state *state)
{
	if (!svnic_policy_mac_chosen(state))
		return SVNIC_MAC_TAKE;
	return state->trusted ? SVNIC_MAC_SHARE : SVNIC_MAC_EXCLUSIVE;
}

/**
 * svnic_policy_cfg - vport configuration for a change of state
 * @old: current state of the vport, NULL if it is not known, after a reset
 * @new: next state
 * @cfg: configuration to fill in
 *
 * Return: false if there is nothing to program.
 */
bool svnic_policy_cfg(const struct svnic_vf_state *old,
		      const struct svnic_vf_state *new,
		      struct svnic_vport_cfg *cfg)
{
	u32 flags_mask = SVNIC_VPORT_FLAGS;
	u32 mask = SVNIC_VPORT_SET_ALL;

	if (old) {
		flags_mask = svnic_policy_flags(old) ^ svnic_policy_flags(new);
		mask = 0;
		if (flags_mask)
			mask |= SVNIC_VPORT_SET_FLAGS;
		if (!ether_addr_equal(old->mac, new->mac))
			mask |= SVNIC_VPORT_SET_MAC;
		if (old->frame_max != new->frame_max)
			mask |= SVNIC_VPORT_SET_FRAME_MAX;
		if (old->port_vlan != new->port_vlan ||
		    old->port_vlan_proto != new->port_vlan_proto)
			mask |= SVNIC_VPORT_SET_PORT_VLAN;
		/* Apply the rule for its address in the new VLAN too. */
		if (svnic_policy_other_vlan(old, new))
			mask |= SVNIC_VPORT_SET_MAC;
		if (old->link != new->link)
			mask |= SVNIC_VPORT_SET_LINK;
	}

	memset(cfg, 0, sizeof(*cfg));
	cfg->mask = cpu_to_le32(mask);
	cfg->flags = cpu_to_le32(svnic_policy_flags(new) & flags_mask);
	cfg->flags_mask = cpu_to_le32(flags_mask);
	ether_addr_copy(cfg->mac, new->mac);
	cfg->frame_max = cpu_to_le16(new->frame_max);
	cfg->port_vlan = cpu_to_le16(new->port_vlan);
	cfg->port_vlan_proto = cpu_to_le16(new->port_vlan_proto);
	cfg->link = new->link;
	if (mask & SVNIC_VPORT_SET_MAC)
		cfg->mac_rule = svnic_policy_mac_rule(new);
	return mask;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_cfg);
