// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: configuration of VFs by ip link. A setting takes effect at once, and
 * is kept, through resets, until the VF is removed.
 */
#include "svnic.h"

/* Returns NULL if the VF does not exist. */
static struct svnic_vf *svnic_netdev_vf(const struct net_device *netdev,
					int vf_id)
{
	const struct libsvnic_fn *fn = netdev_priv(netdev);
	struct svnic_pf *pf = fn->priv;

	if (vf_id < 0 || vf_id >= pf->num_vfs)
		return NULL;
	return &pf->vfs[vf_id];
}

/**
 * svnic_vf_commit - program and store a new state of a VF
 * @vf: the VF, locked
 * @next: new state; an address that the guest may not keep is replaced in it
 *
 * Context: process, sleeps.
 * Return: 0 or -errno.
 */
int svnic_vf_commit(struct svnic_vf *vf, struct svnic_vf_state *next)
{
	struct svnic_vport *vport = &vf->vport;
	bool noted, clears, differs;
	struct svnic_vport_note note;
	struct svnic_vport_cfg cfg;
	enum svnic_clear what;
	int err;

	if (svnic_policy_mac_kept(&vf->state, next, &cfg)) {
		err = svnic_vport_set(vport, &cfg);
		if (err == -EADDRINUSE)
			svnic_policy_reset_mac(next);
		else if (err)
			return err;
	}
	noted = svnic_policy_note(&vf->state, next, &note);
	if (noted) {
		err = svnic_vport_note_set(vport, &note);
		if (err)
			return err;
	}
	clears = svnic_policy_clears(&vf->state, next, &what);
	if (clears) {
		err = svnic_vport_filters_clear(vport, what);
		if (err)
			goto err_note;
	}
	differs = svnic_policy_config_differs(&vf->state, next);
	if (svnic_policy_cfg(&vf->state, next, &cfg)) {
		err = svnic_vport_set(vport, &cfg);
		if (err)
			goto err_filters;
	}
	vf->state = *next;
	/* If this fails the VF reads the configuration after its next reset. */
	if (clears || differs)
		svnic_vport_notify(vport, SVNIC_NOTIFY_CONFIG);
	return 0;

err_filters:
	/* The notification makes the VF request the filters again. */
	if (clears)
		svnic_vport_notify(vport, SVNIC_NOTIFY_CONFIG);
err_note:
	if (noted) {
		svnic_policy_note(NULL, &vf->state, &note);
		svnic_vport_note_set(vport, &note);
	}
	return err;
}

/* Lock a VF and copy its state. Returns NULL if it does not exist. */
static struct svnic_vf *svnic_vf_begin(const struct net_device *netdev,
				       int vf_id, struct svnic_vf_state *next)
{
	struct svnic_vf *vf = svnic_netdev_vf(netdev, vf_id);

	if (!vf)
		return NULL;
	mutex_lock(&vf->lock);
	*next = vf->state;
	return vf;
}

/*
 * Commit a new state unless there was an error, and unlock the VF. On success
 * no guest has chosen an address that the administrator has given to this VF.
 */
static int svnic_vf_end(struct svnic_vf *vf, struct svnic_vf_state *next,
			int err)
{
	if (!err)
		err = svnic_vf_commit(vf, next);
	mutex_unlock(&vf->lock);
	return err ? err : svnic_make_way_vf(vf);
}

/**
 * svnic_set_vf_mac - ndo_set_vf_mac
 * @netdev: netdev of the PF
 * @vf_id: index of the VF
 * @mac: address; zero removes the administrator's address
 *
 * Return: 0 or -errno.
 */
int svnic_set_vf_mac(struct net_device *netdev, int vf_id, u8 *mac)
{
	struct svnic_vf_state next;
	struct svnic_vf *vf;

	vf = svnic_vf_begin(netdev, vf_id, &next);
	if (!vf)
		return -EINVAL;
	return svnic_vf_end(vf, &next, svnic_policy_set_mac(&next, mac));
}

/**
 * svnic_set_vf_vlan - ndo_set_vf_vlan
 * @netdev: netdev of the PF
 * @vf_id: index of the VF
 * @vlan: port VLAN, 0 for none
 * @qos: priority of its frames
 * @proto: EtherType of the tag
 *
 * Return: 0 or -errno.
 */
int svnic_set_vf_vlan(struct net_device *netdev, int vf_id, u16 vlan, u8 qos,
		      __be16 proto)
{
	struct svnic_vf_state next;
	struct svnic_vf *vf;
	int err;

	vf = svnic_vf_begin(netdev, vf_id, &next);
	if (!vf)
		return -EINVAL;
	err = svnic_policy_set_vlan(&next, vlan, qos, ntohs(proto));
	return svnic_vf_end(vf, &next, err);
}

/**
 * svnic_set_vf_rate - ndo_set_vf_rate
 * @netdev: netdev of the PF
 * @vf_id: index of the VF
 * @min_tx_rate: guaranteed, Mb/s
 * @max_tx_rate: not exceeded, Mb/s
 *
 * Return: 0 or -errno.
 */
int svnic_set_vf_rate(struct net_device *netdev, int vf_id, int min_tx_rate,
		      int max_tx_rate)
{
	struct svnic_rate next;
	struct svnic_vf *vf;
	int err;

	vf = svnic_netdev_vf(netdev, vf_id);
	if (!vf)
		return -EINVAL;
	svnic_vf_rate_lock(vf);
	next = vf->rate;
	err = svnic_rate_set_mbps(&next, min_tx_rate, max_tx_rate);
	if (!err)
		err = svnic_vf_rate_commit(vf, &next, NULL);
	svnic_vf_rate_unlock(vf);
	if (!err)
		svnic_port_rate_changed(vf);
	return err;
}

/**
 * svnic_set_vf_spoofchk - ndo_set_vf_spoofchk
 * @netdev: netdev of the PF
 * @vf_id: index of the VF
 * @setting: drop frames with another source address than the VF's
 *
 * Return: 0 or -errno.
 */
int svnic_set_vf_spoofchk(struct net_device *netdev, int vf_id, bool setting)
{
	struct svnic_vf_state next;
	struct svnic_vf *vf;

	vf = svnic_vf_begin(netdev, vf_id, &next);
	if (!vf)
		return -EINVAL;
	next.spoofchk = setting;
	return svnic_vf_end(vf, &next, 0);
}

/**
 * svnic_set_vf_link_state - ndo_set_vf_link_state
 * @netdev: netdev of the PF
 * @vf_id: index of the VF
 * @link_state: IFLA_VF_LINK_STATE_*
 *
 * Return: 0 or -errno.
 */
int svnic_set_vf_link_state(struct net_device *netdev, int vf_id,
			    int link_state)
{
	struct svnic_vf_state next;
	struct svnic_vf *vf;
	u8 link;

	switch (link_state) {
	case IFLA_VF_LINK_STATE_AUTO:
		link = SVNIC_VPORT_LINK_AUTO;
		break;
	case IFLA_VF_LINK_STATE_ENABLE:
		link = SVNIC_VPORT_LINK_UP;
		break;
	case IFLA_VF_LINK_STATE_DISABLE:
		link = SVNIC_VPORT_LINK_DOWN;
		break;
	default:
		return -EINVAL;
	}

	vf = svnic_vf_begin(netdev, vf_id, &next);
	if (!vf)
		return -EINVAL;
	next.link = link;
	return svnic_vf_end(vf, &next, 0);
}

/**
 * svnic_set_vf_trust - ndo_set_vf_trust
 * @netdev: netdev of the PF
 * @vf_id: index of the VF
 * @setting: the VF may be promiscuous and choose its address
 *
 * Return: 0 or -errno.
 */
int svnic_set_vf_trust(struct net_device *netdev, int vf_id, bool setting)
{
	struct svnic_vf_state next;
	struct svnic_vf *vf;

	vf = svnic_vf_begin(netdev, vf_id, &next);
	if (!vf)
		return -EINVAL;
	svnic_policy_set_trust(&next, setting);
	return svnic_vf_end(vf, &next, 0);
}

static const int svnic_ifla_link[] = {
	[SVNIC_VPORT_LINK_AUTO]	= IFLA_VF_LINK_STATE_AUTO,
	[SVNIC_VPORT_LINK_UP]	= IFLA_VF_LINK_STATE_ENABLE,
	[SVNIC_VPORT_LINK_DOWN]	= IFLA_VF_LINK_STATE_DISABLE,
};

/**
 * svnic_get_vf_config - ndo_get_vf_config
 * @netdev: netdev of the PF
 * @vf_id: index of the VF
 * @ivi: configuration to fill in
 *
 * Return: 0 or -EINVAL.
 */
int svnic_get_vf_config(struct net_device *netdev, int vf_id,
			struct ifla_vf_info *ivi)
{
	const struct svnic_vf_state *state;
	struct svnic_vf *vf;

	vf = svnic_netdev_vf(netdev, vf_id);
	if (!vf)
		return -EINVAL;
	mutex_lock(&vf->lock);
	state = &vf->state;
	ivi->vf = vf_id;
	ether_addr_copy(ivi->mac, state->mac);
	ivi->vlan = state->port_vlan & VLAN_VID_MASK;
	ivi->qos = state->port_vlan >> VLAN_PRIO_SHIFT;
	ivi->vlan_proto = htons(state->port_vlan_proto);
	ivi->spoofchk = state->spoofchk;
	ivi->linkstate = svnic_ifla_link[state->link];
	ivi->trusted = state->trusted;
	ivi->min_tx_rate = svnic_rate_mbps(vf->rate.share);
	ivi->max_tx_rate = svnic_rate_mbps(vf->rate.max);
	mutex_unlock(&vf->lock);
	return 0;
}

/**
 * svnic_get_vf_stats - ndo_get_vf_stats
 * @netdev: netdev of the PF
 * @vf_id: index of the VF
 * @stats: counters to fill in
 *
 * Return: 0 or -errno.
 */
int svnic_get_vf_stats(struct net_device *netdev, int vf_id,
		       struct ifla_vf_stats *stats)
{
	struct svnic_fn_stats hw;
	struct svnic_vf *vf;
	int err;

	vf = svnic_netdev_vf(netdev, vf_id);
	if (!vf)
		return -EINVAL;
	err = svnic_vport_stats(&vf->vport, &hw);
	if (err)
		return err;
	stats->rx_packets = le64_to_cpu(hw.rx_packets);
	stats->tx_packets = le64_to_cpu(hw.tx_packets);
	stats->rx_bytes = le64_to_cpu(hw.rx_bytes);
	stats->tx_bytes = le64_to_cpu(hw.tx_bytes);
	stats->broadcast = le64_to_cpu(hw.rx_bcast);
	stats->multicast = le64_to_cpu(hw.rx_mcast);
	stats->rx_dropped = le64_to_cpu(hw.rx_no_buffer) +
			    le64_to_cpu(hw.rx_errors);
	stats->tx_dropped = le64_to_cpu(hw.tx_errors) +
			    le64_to_cpu(hw.tx_spoof_mac) +
			    le64_to_cpu(hw.tx_spoof_vlan) +
			    le64_to_cpu(hw.tx_link_down);
	return 0;
}
