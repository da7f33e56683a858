// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: transmit rates of VFs (spec 10.7), for both ip link and devlink.
 */
#include "svnic.h"

/**
 * svnic_vf_rate_lock - lock the rate of a VF for a change
 * @vf: the VF
 */
void svnic_vf_rate_lock(struct svnic_vf *vf)
{
	mutex_lock(&vf->vport.pf->rate_lock);
	mutex_lock(&vf->lock);
}

/**
 * svnic_vf_rate_unlock - opposite of svnic_vf_rate_lock()
 * @vf: the VF
 */
void svnic_vf_rate_unlock(struct svnic_vf *vf)
{
	mutex_unlock(&vf->lock);
	mutex_unlock(&vf->vport.pf->rate_lock);
}

static u64 svnic_link_speed(struct svnic_pf *pf)
{
	u32 link = libsvnic_rd(pf->fn, SVNIC_REG_LINK);

	return (u64)(link & SVNIC_LINK_SPEED_MASK) * SVNIC_RATE_MBPS;
}

/**
 * svnic_vf_rate_commit - program and store a new rate of a VF
 * @vf: the VF, under svnic_vf_rate_lock()
 * @next: new rate
 * @extack: for the bound that is violated, may be NULL
 *
 * Context: process, sleeps.
 * Return: 0 or -errno with nothing changed.
 */
int svnic_vf_rate_commit(struct svnic_vf *vf, const struct svnic_rate *next,
			 struct netlink_ext_ack *extack)
{
	struct svnic_pf *pf = vf->vport.pf;
	const struct svnic_rate_link link = {
		.speed	= svnic_link_speed(pf),
		.share	= pf->rate_share,
	};
	int err;

	if (svnic_rate_equal(&vf->rate, next))
		return 0;
	if (!libsvnic_has(pf->fn, SVNIC_F_RATE)) {
		NL_SET_ERR_MSG(extack, "the device has no rates");
		return -EOPNOTSUPP;
	}
	err = svnic_rate_check(&vf->rate, next, &link, extack);
	if (err)
		return err;
	err = svnic_vport_rate_set(&vf->vport, next);
	if (err) {
		NL_SET_ERR_MSG(extack, "the device did not take the rate");
		return err;
	}
	pf->rate_share += next->share - vf->rate.share;
	vf->rate = *next;
	return 0;
}

/**
 * svnic_vf_rate_sum - calculate the sum of guarantees after a change of VFs
 * @pf: physical function
 */
void svnic_vf_rate_sum(struct svnic_pf *pf)
{
	unsigned int vf_id;

	mutex_lock(&pf->rate_lock);
	pf->rate_share = 0;
	for (vf_id = 0; vf_id < pf->num_vfs; vf_id++)
		pf->rate_share += pf->vfs[vf_id].rate.share;
	mutex_unlock(&pf->rate_lock);
}

/**
 * svnic_vf_rate_program - program the rate of a VF after its reset
 * @vf: the VF, locked
 *
 * If the link has become too slow for the rate, the VF runs without it.
 *
 * Context: process, sleeps.
 * Return: 0 or -errno.
 */
int svnic_vf_rate_program(struct svnic_vf *vf)
{
	struct svnic_pf *pf = vf->vport.pf;
	int err;

	if (!libsvnic_has(pf->fn, SVNIC_F_RATE))
		return 0;
	err = svnic_vport_rate_set(&vf->vport, &vf->rate);
	if (err != -EINVAL && err != -ENOSPC)
		return err;
	if (net_ratelimit())
		netdev_warn(pf->fn->netdev,
			    "VF %u: rates are beyond the link and not in force\n",
			    vf->id);
	return 0;
}

/**
 * svnic_vf_rate_adopt - take over the rate of a VF from an earlier driver
 * @vf: the VF, not in use yet
 *
 * Context: process, sleeps.
 * Return: 0 or -errno.
 */
int svnic_vf_rate_adopt(struct svnic_vf *vf)
{
	if (libsvnic_has(vf->vport.pf->fn, SVNIC_F_RATE))
		return svnic_vport_rate_get(&vf->vport, &vf->rate);
	svnic_rate_init(&vf->rate);
	return 0;
}
