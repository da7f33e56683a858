// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: owners of addresses (spec 10.5). When the administrator gives a
 * function an address, the device removes other VFs' filters for it. A station
 * address that a guest has chosen is replaced here.
 */
#include "svnic.h"

/* Sets the bits in @given of VFs that had to give up their address. */
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

/* Returns false if the guest has chosen the VF's current address. */
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
 * A VF that gives up its address returns to the one of the administrator, or
 * without one to its initial address. Another guest may have chosen that
 * meanwhile, and has to give it up in turn, and so on. A failure of one VF does
 * not stop the loop.
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
 * svnic_make_way_vf - take the administrator's address of a VF from guests
 * @pf: physical function
 * @vf: the VF, which has its address already
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
 * svnic_make_way_pf - take an address of the PF from guests
 * @pf: physical function
 * @mac: the address, which the PF has already
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
 * svnic_own_mac - set the PF's station address, and take it from guests
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
