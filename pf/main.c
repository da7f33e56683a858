// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: driver of the physical function of an SV-NIC: probe, remove, and the
 * libsvnic operations, which send commands to the NIC.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>

#include "svnic.h"

/*
 * The NOP detects a device that does not answer commands here, where no locks
 * are held. The mailbox service starts afterwards; until then the VFs see that
 * the PF is away.
 */
static int svnic_attach(struct libsvnic_fn *fn)
{
	struct svnic_pf *pf = fn->priv;
	int err;

	err = svnic_nop(pf);
	if (err)
		return err;
	svnic_mbx_start(pf);
	return 0;
}

/* The reset has restored the PF's permanent address: take it from guests. */
static int svnic_configure(struct libsvnic_fn *fn)
{
	struct svnic_pf *pf = fn->priv;
	u8 mac[ETH_ALEN];
	int err;

	libsvnic_read_mac(fn, mac);
	if (!pf->num_vfs || !is_valid_ether_addr(mac))
		return 0;
	err = svnic_own_mac(pf, mac);
	if (err)
		netdev_err(fn->netdev,
			   "guests may share its address, error %d\n", err);
	return 0;
}

static void svnic_event(struct libsvnic_fn *fn, const struct svnic_event *ev)
{
	switch (ev->type) {
	case SVNIC_EVENT_MBX_REQUEST:
	case SVNIC_EVENT_VF_RESET:
	case SVNIC_EVENT_QUEUE_ERROR:
		svnic_mbx_event(fn->priv, ev);
		break;
	default:
		break;
	}
}

static int svnic_set_mac(struct libsvnic_fn *fn, const u8 *mac)
{
	return svnic_own_mac(fn->priv, mac);
}

/* The administrator sets the PF's addresses, so they are taken from guests. */
static int svnic_mac_add(struct libsvnic_fn *fn, const u8 (*macs)[ETH_ALEN],
			 unsigned int count)
{
	const struct svnic_filter_list list = {
		.macs	= macs,
		.count	= count,
		.rule	= SVNIC_MAC_TAKE,
	};
	struct svnic_pf *pf = fn->priv;
	unsigned int i;
	int err;

	err = svnic_vport_filters(&pf->vport, true, &list);
	if (err)
		return err;
	for (i = 0; i < count; i++) {
		if (is_multicast_ether_addr(macs[i]))
			continue;
		err = svnic_make_way_pf(pf, macs[i]);
		if (err)
			netdev_err(fn->netdev,
				   "guests may share %pM, error %d\n",
				   macs[i], err);
	}
	return 0;
}

static int svnic_mac_del(struct libsvnic_fn *fn, const u8 (*macs)[ETH_ALEN],
			 unsigned int count)
{
	const struct svnic_filter_list list = { .macs = macs, .count = count };
	struct svnic_pf *pf = fn->priv;

	return svnic_vport_filters(&pf->vport, false, &list);
}

static int svnic_vlan_add(struct libsvnic_fn *fn, u16 proto, u16 vid)
{
	const __le16 le_vid = cpu_to_le16(vid);
	const struct svnic_filter_list list = {
		.vids	= &le_vid,
		.proto	= cpu_to_le16(proto),
		.count	= 1,
	};
	struct svnic_pf *pf = fn->priv;

	return svnic_vport_filters(&pf->vport, true, &list);
}

static int svnic_vlan_del(struct libsvnic_fn *fn, u16 proto, u16 vid)
{
	const __le16 le_vid = cpu_to_le16(vid);
	const struct svnic_filter_list list = {
		.vids	= &le_vid,
		.proto	= cpu_to_le16(proto),
		.count	= 1,
	};
	struct svnic_pf *pf = fn->priv;

	return svnic_vport_filters(&pf->vport, false, &list);
}

static int svnic_rx_mode(struct libsvnic_fn *fn, u32 flags)
{
	const struct svnic_vport_cfg cfg = {
		.mask		= cpu_to_le32(SVNIC_VPORT_SET_FLAGS),
		.flags		= cpu_to_le32(flags),
		.flags_mask	= cpu_to_le32(SVNIC_VPORT_PROMISC |
					      SVNIC_VPORT_ALLMULTI |
					      SVNIC_VPORT_VLAN_FILTER),
	};
	struct svnic_pf *pf = fn->priv;

	return svnic_vport_set(&pf->vport, &cfg);
}

static int svnic_set_frame_max(struct libsvnic_fn *fn, u16 frame_max)
{
	const struct svnic_vport_cfg cfg = {
		.mask		= cpu_to_le32(SVNIC_VPORT_SET_FRAME_MAX),
		.frame_max	= cpu_to_le16(frame_max),
	};
	struct svnic_pf *pf = fn->priv;

	return svnic_vport_set(&pf->vport, &cfg);
}

static int svnic_port_stats(struct libsvnic_fn *fn,
			    struct svnic_port_stats *stats)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_ADMIN_PORT_STATS),
	};

	return libsvnic_cmdq_read(fn, &cmd, stats, sizeof(*stats));
}

static const struct libsvnic_ops svnic_ops = {
	.features	= SVNIC_F_ADMIN | SVNIC_F_COMMAND,
	.optional	= SVNIC_F_RATE,
	.event_irq	= true,
	.attach		= svnic_attach,
	.configure	= svnic_configure,
	.event		= svnic_event,
	.set_mac	= svnic_set_mac,
	.mac_add	= svnic_mac_add,
	.mac_del	= svnic_mac_del,
	.vlan_add	= svnic_vlan_add,
	.vlan_del	= svnic_vlan_del,
	.rx_mode	= svnic_rx_mode,
	.set_frame_max	= svnic_set_frame_max,
	.port_stats	= svnic_port_stats,
};

static const struct net_device_ops svnic_netdev_ops = {
	.ndo_open		= libsvnic_open,
	.ndo_stop		= libsvnic_stop,
	.ndo_start_xmit		= libsvnic_xmit,
	.ndo_features_check	= libsvnic_features_check,
	LIBSVNIC_NDO_SET_RX_MODE,
	.ndo_set_mac_address	= libsvnic_set_mac_address,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_fix_features	= libsvnic_fix_features,
	.ndo_set_features	= libsvnic_set_features,
	.ndo_change_mtu		= libsvnic_change_mtu,
	.ndo_tx_timeout		= libsvnic_tx_timeout,
	.ndo_get_stats64	= libsvnic_get_stats64,
	.ndo_bpf		= libsvnic_bpf,
	.ndo_xdp_xmit		= libsvnic_xdp_xmit,
	.ndo_vlan_rx_add_vid	= libsvnic_vlan_add,
	.ndo_vlan_rx_kill_vid	= libsvnic_vlan_kill,
	.ndo_set_vf_mac		= svnic_set_vf_mac,
	.ndo_set_vf_vlan	= svnic_set_vf_vlan,
	.ndo_set_vf_rate	= svnic_set_vf_rate,
	.ndo_set_vf_spoofchk	= svnic_set_vf_spoofchk,
	.ndo_set_vf_link_state	= svnic_set_vf_link_state,
	.ndo_set_vf_trust	= svnic_set_vf_trust,
	.ndo_get_vf_config	= svnic_get_vf_config,
	.ndo_get_vf_stats	= svnic_get_vf_stats,
};

static int svnic_netdev_setup(struct svnic_pf *pf)
{
	struct libsvnic_fn *fn = pf->fn;
	u8 mac[ETH_ALEN];

	fn->netdev->netdev_ops = &svnic_netdev_ops;
	libsvnic_netdev_init(fn);

	libsvnic_read_mac(fn, mac);
	if (is_valid_ether_addr(mac)) {
		eth_hw_addr_set(fn->netdev, mac);
		return 0;
	}
	eth_hw_addr_random(fn->netdev);
	netdev_warn(fn->netdev, "device has no MAC address, using %pM\n",
		    fn->netdev->dev_addr);
	return svnic_set_mac(fn, fn->netdev->dev_addr);
}

static int svnic_pool_read(struct svnic_pf *pf)
{
	struct svnic_grant *pool = &pf->pool;
	struct svnic_identity identity;
	int err;

	err = svnic_identify(pf, &identity);
	if (err)
		return err;
	pool->queues = le32_to_cpu(identity.queues);
	pool->vectors = le32_to_cpu(identity.vectors);
	pool->mac_filters = le32_to_cpu(identity.mac_filters);
	pool->vlan_filters = le32_to_cpu(identity.vlan_filters);
	pool->flow_rules = le32_to_cpu(identity.flow_rules);
	pool->rss_contexts = le32_to_cpu(identity.rss_contexts);
	return 0;
}

static int svnic_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct libsvnic_fn *fn;
	struct svnic_pf *pf;
	int err;

	pf = svnic_devlink_alloc(pdev);
	if (!pf)
		return -ENOMEM;
	svnic_vport_init(&pf->vport, pf, SVNIC_VPORT_PF);
	mutex_init(&pf->rate_lock);
	err = pci_enable_device_mem(pdev);
	if (err)
		goto err_pf;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		goto err_disable;
	err = pci_request_mem_regions(pdev, KBUILD_MODNAME);
	if (err)
		goto err_disable;

	fn = libsvnic_alloc(pdev, &svnic_ops, pf);
	if (IS_ERR(fn)) {
		err = PTR_ERR(fn);
		goto err_regions;
	}
	pci_set_drvdata(pdev, fn);
	pf->fn = fn;
	pf->vf_max = min3(libsvnic_rd(fn, SVNIC_REG_VF_MAX),
			  (u32)pci_sriov_get_totalvfs(pdev), SVNIC_VF_LIMIT);
	err = svnic_mbx_init(pf);
	if (err)
		goto err_fn;
	err = libsvnic_fn_reset(fn);
	if (err)
		goto err_mbx;
	err = libsvnic_fn_up(fn);
	if (err)
		goto err_mbx;
	err = svnic_netdev_setup(pf);
	if (err)
		goto err_down;
	err = svnic_pool_read(pf);
	if (err)
		goto err_down;
	err = svnic_devlink_init(pf);
	if (err)
		goto err_down;
	err = svnic_sriov_adopt(pf);
	if (err)
		goto err_devlink;
	svnic_configure(fn);
	err = libsvnic_register(fn);
	if (err)
		goto err_sriov;
	pci_sriov_set_totalvfs(pdev, pf->vf_max);
	svnic_devlink_register(pf);
	return 0;

err_sriov:
	svnic_sriov_abandon(pf);
err_devlink:
	svnic_devlink_exit(pf);
err_down:
	libsvnic_fn_down(fn);
err_mbx:
	svnic_mbx_exit(pf);
err_fn:
	libsvnic_free(fn);
err_regions:
	pci_release_mem_regions(pdev);
err_disable:
	pci_disable_device(pdev);
err_pf:
	mutex_destroy(&pf->rate_lock);
	svnic_devlink_free(pf);
	return err;
}

static void svnic_remove(struct pci_dev *pdev)
{
	struct libsvnic_fn *fn = pci_get_drvdata(pdev);
	struct svnic_pf *pf = fn->priv;

	svnic_devlink_unregister(pf);
	svnic_sriov_remove(pf);
	libsvnic_unregister(fn);
	svnic_devlink_exit(pf);
	libsvnic_fn_down(fn);
	svnic_mbx_exit(pf);
	libsvnic_free(fn);
	pci_release_mem_regions(pdev);
	libsvnic_disable_device(pdev);
	mutex_destroy(&pf->rate_lock);
	svnic_devlink_free(pf);
}

static const struct pci_device_id svnic_pci_ids[] = {
	{ PCI_DEVICE(SVNIC_PCI_VENDOR_ID, SVNIC_PCI_DEVICE_ID_PF) },
	{ }
};
MODULE_DEVICE_TABLE(pci, svnic_pci_ids);

static struct pci_driver svnic_driver = {
	.name				= KBUILD_MODNAME,
	.id_table			= svnic_pci_ids,
	.probe				= svnic_probe,
	.remove				= svnic_remove,
	.shutdown			= libsvnic_shutdown,
	.sriov_configure		= svnic_sriov_configure,
	.sriov_get_vf_total_msix	= svnic_get_vf_total_msix,
	.sriov_set_msix_vec_count	= svnic_set_msix_vec_count,
	.err_handler			= &libsvnic_err_handlers,
	.driver.pm			= pm_sleep_ptr(&libsvnic_pm_ops),
};
module_pci_driver(svnic_driver);

MODULE_DESCRIPTION("SV-NIC physical function driver");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("LIBSVNIC");
