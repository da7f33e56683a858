// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: whose an address is (spec 10.5). Filters that stand in the way of what
 * the administrator gives are removed by the device. A station address that a
 * guest has chosen is taken from it here.
 */
#include "svnic.h"

/* @given gets the VFs that have got back their own address for it. */
static int svnic_vfs_yield(struct svnic_pf *pf,
			   const struct svnic_vf_state *owner,
			   unsigned long *given)
{
	struct svnic_vf_state next;
	struct svnic_vf *v;
	int err, ret = 0;
	unsigned int vf;

	for (vf = 0; vf < pf->num_vfs; vf++) {
		v = &pf->vfs[vf];
		mutex_lock(&v->lock);
		if (svnic_policy_yields(&v->state, owner)) {
			next = v->state;
			svnic_policy_reset_mac(&next);
			err = svnic_vf_commit(pf, vf, &next);
			if (!err)
				__set_bit(vf, given);
			else
				ret = err;
		}
		mutex_unlock(&v->lock);
	}
	return ret;
}

/**
 * svnic_settle - guests give way to an owner that has an address by now
 * @pf: physical function
 * @owner: state of the owner
 *
 * Who has to give way gets back an address that yet another guest may have
 * chosen meanwhile, and so on. One VF that fails does not keep others.
 *
 * Context: process, sleeps; no lock of a VF held.
 * Return: 0 or -errno.
 */
int svnic_settle(struct svnic_pf *pf, const struct svnic_vf_state *owner)
{
	DECLARE_BITMAP(given, SVNIC_VF_LIMIT) = {};
	struct svnic_vf_state state = *owner;
	struct svnic_vf *v;
	int err, ret = 0;
	unsigned int vf;

	for (;;) {
		err = svnic_vfs_yield(pf, &state, given);
		if (err)
			ret = err;
		vf = find_first_bit(given, pf->num_vfs);
		if (vf >= pf->num_vfs)
			return ret;
		__clear_bit(vf, given);
		v = &pf->vfs[vf];
		mutex_lock(&v->lock);
		state = v->state;
		mutex_unlock(&v->lock);
	}
}

/**
 * svnic_settle_pf - guests give way to the PF, whose addresses are the
 *	administrator's
 * @pf: physical function
 * @mac: an address that it has by now
 *
 * Context: process, sleeps; no lock of a VF held.
 * Return: 0 or -errno.
 */
int svnic_settle_pf(struct svnic_pf *pf, const u8 *mac)
{
	struct svnic_vf_state owner = { .port_vlan_proto = ETH_P_8021Q };

	ether_addr_copy(owner.mac, mac);
	ether_addr_copy(owner.own_mac, mac);
	return svnic_settle(pf, &owner);
}

/**
 * svnic_own_mac - the PF has a station address
 * @pf: physical function
 * @mac: the address
 *
 * Context: process, sleeps; no lock of a VF held.
 * Return: 0 or -errno.
 */
int svnic_own_mac(struct svnic_pf *pf, const u8 *mac)
{
	struct svnic_vport_cfg cfg = {
		.mask		= cpu_to_le32(SVNIC_VPORT_SET_MAC),
		.mac_rule	= SVNIC_MAC_TAKE,
	};
	int err;

	ether_addr_copy(cfg.mac, mac);
	err = svnic_vport_set(pf, SVNIC_VPORT_PF, &cfg);
	return err ? err : svnic_settle_pf(pf, mac);
}
