// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: whose an address is (spec 10.5). Filters that stand in the way of what
 * the administrator gives are removed by the device. A station address that a
 * guest has chosen is taken from it here.
 */
#include "svnic.h"

/* @given gets the VFs that have got back their own address for it. */
static int svnic_vfs_yield(struct svnic_pf *pf,
			   const struct svnic_owner *owner,
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

/* False if the VF's guest has chosen the address that it has now. */
static bool svnic_vf_owner(struct svnic_pf *pf, unsigned int vf,
			   struct svnic_owner *owner)
{
	struct svnic_vf *v = &pf->vfs[vf];
	bool owns;

	mutex_lock(&v->lock);
	owns = svnic_policy_owner(&v->state, owner);
	mutex_unlock(&v->lock);
	return owns;
}

/*
 * Who has to give way gets back an address that yet another guest may have
 * chosen meanwhile, and so on. One VF that fails does not keep others.
 */
static int svnic_make_way(struct svnic_pf *pf, struct svnic_owner *owner)
{
	DECLARE_BITMAP(given, SVNIC_VF_LIMIT) = {};
	bool owns = true;
	int err, ret = 0;
	unsigned int vf;

	for (;;) {
		err = owns ? svnic_vfs_yield(pf, owner, given) : 0;
		if (err)
			ret = err;
		vf = find_first_bit(given, pf->num_vfs);
		if (vf >= pf->num_vfs)
			return ret;
		__clear_bit(vf, given);
		owns = svnic_vf_owner(pf, vf, owner);
	}
}

/**
 * svnic_make_way_vf - guests give way to a VF whose address is the
 *	administrator's
 * @pf: physical function
 * @vf: the VF, which has the address by now
 *
 * Context: process, sleeps; no lock of a VF held.
 * Return: 0 or -errno.
 */
int svnic_make_way_vf(struct svnic_pf *pf, unsigned int vf)
{
	struct svnic_owner owner;

	if (!svnic_vf_owner(pf, vf, &owner))
		return 0;
	return svnic_make_way(pf, &owner);
}

/**
 * svnic_make_way_pf - guests give way to the PF, whose addresses are the
 *	administrator's
 * @pf: physical function
 * @mac: an address that it has by now
 *
 * Context: process, sleeps; no lock of a VF held.
 * Return: 0 or -errno.
 */
int svnic_make_way_pf(struct svnic_pf *pf, const u8 *mac)
{
	struct svnic_owner owner = {};

	ether_addr_copy(owner.mac, mac);
	return svnic_make_way(pf, &owner);
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
	return err ? err : svnic_make_way_pf(pf, mac);
}
