// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnicvf: driver of a virtual function of an SV-NIC: probe, remove, and the
 * libsvnic operations, which send requests to the PF.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "svnicvf.h"

static void svnicvf_bound_mtu(struct svnicvf *vf)
{
	u32 frame_max = min(vf->frame_max, vf->fn->limits.frame_max);

	WRITE_ONCE(vf->fn->netdev->max_mtu, frame_max - LIBSVNIC_HLEN_MAX);
}

/*
 * Read the PF's configuration and apply it. After a reset the PF does not know
 * an address that the user has set, but libsvnic sets it again. Until it has
 * done so, the PF's address is applied only if it is fixed.
 */
static int svnicvf_configure(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;
	struct svnicvf *vf = fn->priv;
	struct svnic_mbx_config config;
	int err;

	err = svnicvf_get_config(vf, &config);
	if (err)
		return err;

	vf->mac_fixed = config.flags & cpu_to_le32(SVNIC_MBX_CONFIG_MAC_FIXED);
	if (vf->mac_fixed || !fn->filters.basics ||
	    netdev->addr_assign_type != NET_ADDR_SET)
		libsvnic_take_mac(fn, config.mac);

	vf->frame_max = le16_to_cpu(config.frame_max);
	svnicvf_bound_mtu(vf);

	fn->filters.trusted =
		config.flags & cpu_to_le32(SVNIC_MBX_CONFIG_TRUSTED);
	libsvnic_filters_set_room(fn, le16_to_cpu(config.mac_filters),
				  le16_to_cpu(config.vlan_filters));
	return 0;
}

static int svnicvf_attach(struct libsvnic_fn *fn)
{
	return svnicvf_mbx_start(fn->priv);
}

static void svnicvf_detach(struct libsvnic_fn *fn)
{
	svnicvf_mbx_stop(fn->priv);
}

static void svnicvf_notify(struct svnicvf *vf, u32 bits)
{
	if (bits & SVNIC_NOTIFY_RESET)
		libsvnic_reset_request(vf->fn);
	if (bits & SVNIC_NOTIFY_CONFIG)
		libsvnic_filters_invalidate(vf->fn);
}

static void svnicvf_event(struct libsvnic_fn *fn, const struct svnic_event *ev)
{
	switch (ev->type) {
	case SVNIC_EVENT_MBX_REPLY:
		svnicvf_mbx_event(fn->priv, ev);
		break;
	case SVNIC_EVENT_NOTIFY:
		svnicvf_notify(fn->priv, le32_to_cpu(ev->data));
		break;
	default:
		break;
	}
}

static int svnicvf_set_mac(struct libsvnic_fn *fn, const u8 *mac)
{
	return svnicvf_ask_macs(fn->priv, SVNIC_MBX_SET_MAC, mac, 1);
}

/* With a fixed address the PF would refuse unicast filters. */
static int svnicvf_mac_add(struct libsvnic_fn *fn, const u8 (*macs)[ETH_ALEN],
			   unsigned int count)
{
	struct svnicvf *vf = fn->priv;

	if (vf->mac_fixed && !is_multicast_ether_addr(macs[0]))
		return -EPERM;
	return svnicvf_ask_macs(fn->priv, SVNIC_MBX_MAC_ADD, macs[0], count);
}

static int svnicvf_mac_del(struct libsvnic_fn *fn, const u8 (*macs)[ETH_ALEN],
			   unsigned int count)
{
	return svnicvf_ask_macs(fn->priv, SVNIC_MBX_MAC_DEL, macs[0], count);
}

static int svnicvf_vlan_add(struct libsvnic_fn *fn, u16 proto, u16 vid)
{
	return svnicvf_ask_vlan(fn->priv, SVNIC_MBX_VLAN_ADD, proto, vid);
}

static int svnicvf_vlan_del(struct libsvnic_fn *fn, u16 proto, u16 vid)
{
	return svnicvf_ask_vlan(fn->priv, SVNIC_MBX_VLAN_DEL, proto, vid);
}

static int svnicvf_rx_mode(struct libsvnic_fn *fn, u32 flags)
{
	return svnicvf_ask_rx_mode(fn->priv, flags);
}

static int svnicvf_set_frame_max(struct libsvnic_fn *fn, u16 frame_max)
{
	return svnicvf_ask_mtu(fn->priv, frame_max);
}

static const struct libsvnic_ops svnicvf_ops = {
	.features	= SVNIC_F_MAILBOX,
	.optional	= SVNIC_F_COMMAND,
	.attach		= svnicvf_attach,
	.configure	= svnicvf_configure,
	.detach		= svnicvf_detach,
	.event		= svnicvf_event,
	.set_mac	= svnicvf_set_mac,
	.mac_add	= svnicvf_mac_add,
	.mac_del	= svnicvf_mac_del,
	.vlan_add	= svnicvf_vlan_add,
	.vlan_del	= svnicvf_vlan_del,
	.rx_mode	= svnicvf_rx_mode,
	.set_frame_max	= svnicvf_set_frame_max,
	.refresh	= svnicvf_configure,
};

/* Apply the PF's latest configuration before the interface is opened. */
static int svnicvf_open(struct net_device *netdev)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	libsvnic_evq_poll(fn);
	libsvnic_filters_flush(fn);
	return libsvnic_open(netdev);
}

static const struct net_device_ops svnicvf_netdev_ops = {
	.ndo_open		= svnicvf_open,
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
};

static int svnicvf_up(struct svnicvf *vf)
{
	int err;

	err = libsvnic_fn_reset(vf->fn);
	if (err)
		return err;
	err = libsvnic_fn_up(vf->fn);
	if (err)
		return err;
	err = svnicvf_configure(vf->fn);
	if (err)
		libsvnic_fn_down(vf->fn);
	return err;
}

/* Use the device's address, or a random one, until the PF has answered. */
static void svnicvf_guess_mac(struct libsvnic_fn *fn)
{
	u8 mac[ETH_ALEN];

	libsvnic_read_mac(fn, mac);
	if (is_valid_ether_addr(mac))
		eth_hw_addr_set(fn->netdev, mac);
	else
		eth_hw_addr_random(fn->netdev);
}

static int svnicvf_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct libsvnic_fn *fn;
	struct svnicvf *vf;
	int err;

	vf = kzalloc_obj(*vf);
	if (!vf)
		return -ENOMEM;
	err = pci_enable_device_mem(pdev);
	if (err)
		goto err_vf;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		goto err_disable;
	err = pci_request_mem_regions(pdev, KBUILD_MODNAME);
	if (err)
		goto err_disable;

	fn = libsvnic_alloc(pdev, &svnicvf_ops, vf);
	if (IS_ERR(fn)) {
		err = PTR_ERR(fn);
		goto err_regions;
	}
	pci_set_drvdata(pdev, fn);
	vf->fn = fn;
	err = svnicvf_mbx_init(vf);
	if (err)
		goto err_fn;
	vf->frame_max = fn->limits.frame_max;
	err = svnicvf_up(vf);
	/* Without a PF register the netdev and wait for the PF (spec 3.2). */
	if (err && err != -ETIMEDOUT && err != -ECONNRESET &&
	    err != -ENETDOWN)
		goto err_mbx;
	if (err)
		svnicvf_guess_mac(fn);
	fn->netdev->netdev_ops = &svnicvf_netdev_ops;
	libsvnic_netdev_init(fn);
	svnicvf_bound_mtu(vf);
	err = libsvnic_register(fn);
	if (err)
		goto err_down;
	return 0;

err_down:
	libsvnic_fn_down(fn);
err_mbx:
	svnicvf_mbx_exit(vf);
err_fn:
	libsvnic_free(fn);
err_regions:
	pci_release_mem_regions(pdev);
err_disable:
	pci_disable_device(pdev);
err_vf:
	kfree(vf);
	return err;
}

static void svnicvf_remove(struct pci_dev *pdev)
{
	struct libsvnic_fn *fn = pci_get_drvdata(pdev);
	struct svnicvf *vf = fn->priv;

	libsvnic_unregister(fn);
	libsvnic_fn_down(fn);
	svnicvf_mbx_exit(vf);
	libsvnic_free(fn);
	pci_release_mem_regions(pdev);
	libsvnic_disable_device(pdev);
	kfree(vf);
}

static const struct pci_device_id svnicvf_pci_ids[] = {
	{ PCI_DEVICE(SVNIC_PCI_VENDOR_ID, SVNIC_PCI_DEVICE_ID_VF) },
	{ }
};
MODULE_DEVICE_TABLE(pci, svnicvf_pci_ids);

static struct pci_driver svnicvf_driver = {
	.name		= KBUILD_MODNAME,
	.id_table	= svnicvf_pci_ids,
	.probe		= svnicvf_probe,
	.remove		= svnicvf_remove,
	.shutdown	= libsvnic_shutdown,
	.err_handler	= &libsvnic_err_handlers,
	.driver.pm	= pm_sleep_ptr(&libsvnic_pm_ops),
};
module_pci_driver(svnicvf_driver);

MODULE_DESCRIPTION("SV-NIC virtual function driver");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("LIBSVNIC");
