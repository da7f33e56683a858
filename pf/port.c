// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: devlink ports: the physical port of the NIC, and a port for each VF
 * with its address and its rate as a rate leaf. Unless noted otherwise, the
 * caller holds the devlink lock.
 */
#include "svnic.h"

/*
 * The devlink core stores what was set through it, and shows that. Store rates
 * that were set by other means as well.
 */
static void svnic_port_rate_show(struct svnic_vf *vf)
{
	struct devlink_rate *leaf = vf->vport.port.devlink_rate;

	if (!leaf)
		return;
	mutex_lock(&vf->lock);
	leaf->tx_share = vf->rate.share;
	leaf->tx_max = vf->rate.max;
	leaf->tx_priority = vf->rate.priority;
	leaf->tx_weight = vf->rate.weight;
	mutex_unlock(&vf->lock);
}

static void svnic_port_rate_work(struct work_struct *work)
{
	struct svnic_pf *pf = container_of(work, struct svnic_pf, rate_work);
	struct devlink *devlink = priv_to_devlink(pf);
	unsigned int vf_id;

	devl_lock(devlink);
	for (vf_id = 0; vf_id < pf->num_vfs; vf_id++)
		svnic_port_rate_show(&pf->vfs[vf_id]);
	devl_unlock(devlink);
}

/**
 * svnic_port_rate_changed - show devlink a rate that was set by other means
 * @vf: the VF
 *
 * The devlink lock comes before rtnl, so with rtnl held it can only be tried.
 * If it is not free, a work item does the update.
 *
 * Context: process, rtnl held, neither the lock of rates nor that of a VF.
 */
void svnic_port_rate_changed(struct svnic_vf *vf)
{
	struct svnic_pf *pf = vf->vport.pf;
	struct devlink *devlink = priv_to_devlink(pf);

	if (!devl_trylock(devlink)) {
		schedule_work(&pf->rate_work);
		return;
	}
	svnic_port_rate_show(vf);
	devl_unlock(devlink);
}

enum svnic_rate_part {
	SVNIC_RATE_SHARE,
	SVNIC_RATE_MAX,
	SVNIC_RATE_PRIORITY,
	SVNIC_RATE_WEIGHT,
};

static int svnic_port_rate_set(struct svnic_vf *vf, enum svnic_rate_part part,
			       u64 value, struct netlink_ext_ack *extack)
{
	struct svnic_rate next;
	int err;

	svnic_vf_rate_lock(vf);
	next = vf->rate;
	switch (part) {
	case SVNIC_RATE_SHARE:
		next.share = value;
		break;
	case SVNIC_RATE_MAX:
		next.max = value;
		break;
	case SVNIC_RATE_PRIORITY:
		next.priority = value;
		break;
	case SVNIC_RATE_WEIGHT:
		next.weight = value;
		break;
	}
	err = svnic_vf_rate_commit(vf, &next, extack);
	svnic_vf_rate_unlock(vf);
	return err;
}

/**
 * svnic_port_tx_share_set - rate_leaf_tx_share_set
 * @leaf: rate leaf
 * @priv: the VF
 * @tx_share: guaranteed, bytes per second
 * @extack: for the bound that is violated
 *
 * Return: 0 or -errno.
 */
int svnic_port_tx_share_set(struct devlink_rate *leaf, void *priv, u64 tx_share,
			    struct netlink_ext_ack *extack)
{
	return svnic_port_rate_set(priv, SVNIC_RATE_SHARE, tx_share, extack);
}

/**
 * svnic_port_tx_max_set - rate_leaf_tx_max_set
 * @leaf: rate leaf
 * @priv: the VF
 * @tx_max: not exceeded, bytes per second
 * @extack: for the bound that is violated
 *
 * Return: 0 or -errno.
 */
int svnic_port_tx_max_set(struct devlink_rate *leaf, void *priv, u64 tx_max,
			  struct netlink_ext_ack *extack)
{
	return svnic_port_rate_set(priv, SVNIC_RATE_MAX, tx_max, extack);
}

/**
 * svnic_port_tx_priority_set - rate_leaf_tx_priority_set
 * @leaf: rate leaf
 * @priv: the VF
 * @tx_priority: priority for the bandwidth that guarantees leave
 * @extack: for the bound that is violated
 *
 * Return: 0 or -errno.
 */
int svnic_port_tx_priority_set(struct devlink_rate *leaf, void *priv,
			       u32 tx_priority, struct netlink_ext_ack *extack)
{
	return svnic_port_rate_set(priv, SVNIC_RATE_PRIORITY, tx_priority,
				   extack);
}

/**
 * svnic_port_tx_weight_set - rate_leaf_tx_weight_set
 * @leaf: rate leaf
 * @priv: the VF
 * @tx_weight: relative share of the bandwidth that guarantees leave
 * @extack: for the bound that is violated
 *
 * Return: 0 or -errno.
 */
int svnic_port_tx_weight_set(struct devlink_rate *leaf, void *priv,
			     u32 tx_weight, struct netlink_ext_ack *extack)
{
	return svnic_port_rate_set(priv, SVNIC_RATE_WEIGHT, tx_weight, extack);
}

/**
 * svnic_port_add - register the physical port
 * @pf: physical function, its netdev not registered yet
 *
 * Return: 0 or -errno.
 */
int svnic_port_add(struct svnic_pf *pf)
{
	unsigned int number = PCI_FUNC(pf->fn->pdev->devfn);
	struct devlink_port_attrs attrs = {
		.flavour		= DEVLINK_PORT_FLAVOUR_PHYSICAL,
		.phys.port_number	= number,
	};
	int err;

	INIT_WORK(&pf->rate_work, svnic_port_rate_work);
	devlink_port_attrs_set(&pf->vport.port, &attrs);
	err = devl_port_register(priv_to_devlink(pf), &pf->vport.port,
				 pf->vport.id);
	if (!err)
		SET_NETDEV_DEVLINK_PORT(pf->fn->netdev, &pf->vport.port);
	return err;
}

/**
 * svnic_port_del - opposite of svnic_port_add()
 * @pf: physical function, its netdev not registered any more
 */
void svnic_port_del(struct svnic_pf *pf)
{
	devl_port_unregister(&pf->vport.port);
}

static int svnic_port_hw_addr_get(struct devlink_port *port, u8 *hw_addr,
				  int *hw_addr_len,
				  struct netlink_ext_ack *extack)
{
	struct svnic_vf *vf = container_of(port, struct svnic_vf, vport.port);

	mutex_lock(&vf->lock);
	ether_addr_copy(hw_addr, vf->state.mac);
	mutex_unlock(&vf->lock);
	*hw_addr_len = ETH_ALEN;
	return 0;
}

/* As ip link does. The devlink lock keeps the array of VFs from changing. */
static int svnic_port_hw_addr_set(struct devlink_port *port, const u8 *hw_addr,
				  int hw_addr_len,
				  struct netlink_ext_ack *extack)
{
	struct svnic_vf *vf = container_of(port, struct svnic_vf, vport.port);
	struct svnic_pf *pf = vf->vport.pf;
	u8 mac[ETH_ALEN] __aligned(4);
	int err;

	if (hw_addr_len != ETH_ALEN) {
		NL_SET_ERR_MSG(extack, "hw_addr must have 6 bytes");
		return -EINVAL;
	}
	memcpy(mac, hw_addr, ETH_ALEN);
	err = svnic_set_vf_mac(pf->fn->netdev, vf->id, mac);
	if (err == -EINVAL)
		NL_SET_ERR_MSG(extack, "hw_addr must be unicast or zero");
	return err;
}

static const struct devlink_port_ops svnic_vf_port_ops = {
	.port_fn_hw_addr_get	= svnic_port_hw_addr_get,
	.port_fn_hw_addr_set	= svnic_port_hw_addr_set,
};

static int svnic_vf_port_add(struct svnic_vf *vf)
{
	struct devlink_port *port = &vf->vport.port;
	struct svnic_pf *pf = vf->vport.pf;
	unsigned int number = PCI_FUNC(pf->fn->pdev->devfn);
	int err;

	devlink_port_attrs_pci_vf_set(port, 0, number, vf->id, false);
	err = devl_port_register_with_ops(priv_to_devlink(pf), port,
					  vf->vport.id, &svnic_vf_port_ops);
	if (err)
		return err;
	err = svnic_vf_resources_add(vf);
	if (err)
		goto err_port;
	if (!libsvnic_has(pf->fn, SVNIC_F_RATE))
		return 0;
	err = devl_rate_leaf_create(port, vf, NULL);
	if (err)
		goto err_resources;
	svnic_port_rate_show(vf);
	return 0;

err_resources:
	svnic_vf_resources_del(vf);
err_port:
	devl_port_unregister(port);
	return err;
}

static void svnic_vf_port_del(struct svnic_vf *vf)
{
	devl_rate_leaf_destroy(&vf->vport.port);
	svnic_vf_resources_del(vf);
	devl_port_unregister(&vf->vport.port);
}

/**
 * svnic_vf_ports_add - register the ports of all VFs
 * @pf: physical function whose array of VFs is set
 *
 * Context: process, takes the devlink lock.
 * Return: 0 or -errno.
 */
int svnic_vf_ports_add(struct svnic_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);
	unsigned int vf_id;
	int err;

	devl_lock(devlink);
	for (vf_id = 0; vf_id < pf->num_vfs; vf_id++) {
		err = svnic_vf_port_add(&pf->vfs[vf_id]);
		if (err)
			goto err_ports;
	}
	devl_unlock(devlink);
	return 0;

err_ports:
	while (vf_id--)
		svnic_vf_port_del(&pf->vfs[vf_id]);
	devl_unlock(devlink);
	return err;
}

/**
 * svnic_vf_ports_del - opposite of svnic_vf_ports_add()
 * @pf: physical function whose array of VFs is still set
 *
 * Context: process, takes the devlink lock.
 */
void svnic_vf_ports_del(struct svnic_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);
	unsigned int vf_id;

	devl_lock(devlink);
	for (vf_id = 0; vf_id < pf->num_vfs; vf_id++)
		svnic_vf_port_del(&pf->vfs[vf_id]);
	devl_unlock(devlink);
}
