// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic_inject: more functions that the kernel's fail_function can make fail:
 * those called by our drivers that allocate a resource. The drivers must handle
 * the error, which is what is tested.
 */
#include <linux/dma-mapping.h>
#include <linux/error-injection.h>
#include <linux/etherdevice.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/workqueue.h>
#include <net/devlink.h>
#include <net/page_pool/types.h>

/* lib/ */
ALLOW_ERROR_INJECTION(alloc_etherdev_mqs, NULL);
ALLOW_ERROR_INJECTION(dma_alloc_attrs, NULL);
ALLOW_ERROR_INJECTION(dma_map_page_attrs, ERRNO);	/* -1 */
ALLOW_ERROR_INJECTION(netif_set_real_num_queues, ERRNO);
ALLOW_ERROR_INJECTION(page_pool_create, ERRNO);
ALLOW_ERROR_INJECTION(pci_alloc_irq_vectors, ERRNO);
ALLOW_ERROR_INJECTION(pci_ioremap_bar, NULL);
ALLOW_ERROR_INJECTION(pci_msix_alloc_irq_at, ERRNO);
ALLOW_ERROR_INJECTION(register_netdev, ERRNO);
ALLOW_ERROR_INJECTION(request_threaded_irq, ERRNO);

/* pf/ and vf/ */
ALLOW_ERROR_INJECTION(alloc_workqueue_noprof, NULL);
ALLOW_ERROR_INJECTION(devl_port_register_with_ops, ERRNO);
ALLOW_ERROR_INJECTION(devl_port_resource_register, ERRNO);
ALLOW_ERROR_INJECTION(devl_rate_leaf_create, ERRNO);
ALLOW_ERROR_INJECTION(devl_resource_register, ERRNO);
ALLOW_ERROR_INJECTION(devl_health_reporter_create, ERRNO);
ALLOW_ERROR_INJECTION(devlink_alloc_ns, NULL);
ALLOW_ERROR_INJECTION(dma_set_coherent_mask, ERRNO);
ALLOW_ERROR_INJECTION(dma_set_mask, ERRNO);
ALLOW_ERROR_INJECTION(pci_enable_device_mem, ERRNO);
ALLOW_ERROR_INJECTION(pci_enable_sriov, ERRNO);
ALLOW_ERROR_INJECTION(pci_request_selected_regions, ERRNO);

MODULE_DESCRIPTION("Functions that SV-NIC tests let fail");
MODULE_LICENSE("GPL");
