/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only file that checks the kernel's version: it provides what the drivers
 * use and what older kernels, from 6.12 LTS on, lack. In a kernel tree only the
 * first branch is needed. LIBSVNIC_COMPAT_OLD also selects code in ethtool.c.
 */
#ifndef _LIBSVNIC_COMPAT_H
#define _LIBSVNIC_COMPAT_H

#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)

#include <net/netdev_lock.h>

struct libsvnic_compat {
};

#define LIBSVNIC_NDO_SET_RX_MODE					\
	.ndo_set_rx_mode_async	= libsvnic_set_rx_mode

struct libsvnic_fn;

static inline void libsvnic_compat_init(struct libsvnic_fn *fn)
{
}

static inline void libsvnic_compat_exit(struct libsvnic_fn *fn)
{
}

static inline void libsvnic_request_ops_lock(struct net_device *netdev)
{
	netdev->request_ops_lock = true;
}

#else /* < 7.3: rtnl is the configuration lock */

#define LIBSVNIC_COMPAT_OLD

#include <linux/export.h>
#include <linux/module.h>
#include <linux/workqueue.h>
#include <net/devlink.h>
#include <net/xdp.h>

struct libsvnic_compat {
	struct work_struct		rx_mode_work;
};

struct libsvnic_fn;

void libsvnic_compat_init(struct libsvnic_fn *fn);
void libsvnic_compat_exit(struct libsvnic_fn *fn);
void libsvnic_compat_set_rx_mode(struct net_device *netdev);

#define LIBSVNIC_NDO_SET_RX_MODE					\
	.ndo_set_rx_mode	= libsvnic_compat_set_rx_mode

static inline void libsvnic_request_ops_lock(struct net_device *netdev)
{
}

static inline void netdev_lock(struct net_device *netdev)
{
}

static inline void netdev_unlock(struct net_device *netdev)
{
}

#define napi_enable_locked(napi)		napi_enable(napi)
#define napi_disable_locked(napi)		napi_disable(napi)
#define netif_napi_del_locked(napi)		netif_napi_del(napi)
#define netif_napi_set_irq_locked(napi, irq)	netif_napi_set_irq(napi, irq)
#define netif_napi_add_config_locked(dev, napi, poll, index)		\
	netif_napi_add(dev, napi, poll)
#define netif_set_affinity_auto(dev)		do { } while (0)

#define system_percpu_wq			system_wq

#ifndef RXH_XFRM_SYM_OR_XOR
#define RXH_XFRM_SYM_OR_XOR	BIT(1)
#endif

#ifndef RXH_IP6_FL
#define RXH_IP6_FL		BIT(9)
#endif

#ifndef kzalloc_obj
#define kzalloc_obj(obj)		kzalloc(sizeof(obj), GFP_KERNEL)
#endif

/* Namespaces were bare tokens before 6.13. */
#undef EXPORT_SYMBOL_NS_GPL
#define EXPORT_SYMBOL_NS_GPL(sym, ns)	__EXPORT_SYMBOL(sym, "GPL", ns)
#undef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns)		MODULE_INFO(import_ns, ns)

/*
 * Before 6.17 hash fields were set by rxnfc. Later releases of 6.12.y have
 * struct ethtool_rxfh_fields too, so this one needs another name.
 */
#define ethtool_rxfh_fields libsvnic_compat_rxfh_fields
struct ethtool_rxfh_fields {
	u32 data;
	u32 flow_type;
	u32 rss_context;
};

int libsvnic_compat_get_rxnfc(struct net_device *netdev,
			      struct ethtool_rxnfc *nfc, u32 *rules);
int libsvnic_compat_set_rxnfc(struct net_device *netdev,
			      struct ethtool_rxnfc *nfc);

/* These took no lock, because rtnl was the only one. */
#define xdp_features_set_redirect_target_locked(dev, sg)		\
	xdp_features_set_redirect_target(dev, sg)
#define xdp_features_clear_redirect_target_locked(dev)			\
	xdp_features_clear_redirect_target(dev)

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
static inline bool xdp_buff_add_frag(struct xdp_buff *xdp, netmem_ref netmem,
				     u32 offset, u32 size, u32 truesize)
{
	struct skb_shared_info *shinfo = xdp_get_shared_info_from_buff(xdp);
	struct page *page = netmem_to_page(netmem);

	if (!xdp_buff_has_frags(xdp)) {
		xdp_buff_set_frags_flag(xdp);
		shinfo->nr_frags = 0;
		shinfo->xdp_frags_size = 0;
	} else if (shinfo->nr_frags == MAX_SKB_FRAGS) {
		return false;
	}
	__skb_fill_page_desc_noacc(shinfo, shinfo->nr_frags++, page, offset,
				   size);
	shinfo->xdp_frags_size += size;
	if (page_is_pfmemalloc(page))
		xdp_buff_set_frag_pfmemalloc(xdp);
	return true;
}
#endif

/* The grace period of a health reporter was a parameter. */
#define devl_health_reporter_create(devlink, ops, priv)			\
	devl_health_reporter_create(devlink, ops, 0, priv)

/* Ports had no resources. */

static inline int
devl_port_resource_register(struct devlink_port *devlink_port,
			    const char *resource_name, u64 resource_size,
			    u64 resource_id, u64 parent_resource_id,
			    const struct devlink_resource_size_params *params)
{
	return 0;
}

static inline void
devl_port_resources_unregister(struct devlink_port *devlink_port)
{
}

#endif
#endif /* _LIBSVNIC_COMPAT_H */
