// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: bring-up of a function (spec 3.2), from mapping its BAR to running
 * its event ring and its command queue, and the reverse.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/iopoll.h>
#include <linux/ipv6.h>

#include "libsvnic_priv.h"

/* Features of the data path that libsvnic uses. */
#define LIBSVNIC_FEATURES	(SVNIC_F_EVENT_IDX | SVNIC_F_TX_CSUM |	\
				 SVNIC_F_RX_CSUM | SVNIC_F_TSO |	\
				 SVNIC_F_TSO_TUNNEL |			\
				 SVNIC_F_RX_COALESCE | SVNIC_F_RSS |	\
				 SVNIC_F_VLAN_INSERT |			\
				 SVNIC_F_VLAN_STRIP |			\
				 SVNIC_F_MODERATION |			\
				 SVNIC_F_PCIE_STATS |			\
				 SVNIC_F_TX_INLINE | SVNIC_F_FLOW)

#define LIBSVNIC_READY_MS	5000	/* the PF may be suspended */
#define LIBSVNIC_RESET_MS_MAX	10000	/* longest bound that is accepted */
#define LIBSVNIC_POLL_US	1000
#define LIBSVNIC_TX_CHAIN_MIN	20	/* least of any device (spec 3) */
/* Bytes of the largest coalesced frame (spec 5.7): IPv6 with two VLAN tags. */
#define LIBSVNIC_COALESCED_MAX	(U16_MAX + sizeof(struct ipv6hdr) + \
				 LIBSVNIC_HLEN_MAX)

static_assert(LIBSVNIC_BUF_MAX * MAX_SKB_FRAGS >= LIBSVNIC_COALESCED_MAX);

/**
 * libsvnic_alive - check whether the device is still present
 * @fn: function
 *
 * A device that is gone reads all ones. This is logged once, and the function
 * is marked, so that there are no further waits for the device. Bus mastering
 * is disabled too: if the device is still present, it cannot be told to stop
 * its DMA.
 *
 * Context: any.
 * Return: true if the device answers.
 */
bool libsvnic_alive(struct libsvnic_fn *fn)
{
	if (test_bit(LIBSVNIC_GONE, fn->flags))
		return false;
	if (likely(libsvnic_rd(fn, SVNIC_REG_MAGIC) == SVNIC_MAGIC))
		return true;
	if (!test_and_set_bit(LIBSVNIC_GONE, fn->flags)) {
		pci_err(fn->pdev, "device is gone, leaving it alone\n");
		pci_clear_master(fn->pdev);
	}
	return false;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_alive, "LIBSVNIC");

/**
 * libsvnic_read_mac - read the station address from the device
 * @fn: function
 * @mac: where to put ETH_ALEN bytes
 */
void libsvnic_read_mac(struct libsvnic_fn *fn, u8 *mac)
{
	u32 lo, hi;

	KUNIT_STATIC_STUB_REDIRECT(libsvnic_read_mac, fn, mac);
	lo = libsvnic_rd(fn, SVNIC_REG_MAC_LO);
	hi = libsvnic_rd(fn, SVNIC_REG_MAC_HI);
	mac[0] = lo;
	mac[1] = lo >> 8;
	mac[2] = lo >> 16;
	mac[3] = lo >> 24;
	mac[4] = hi;
	mac[5] = hi >> 8;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_read_mac, "LIBSVNIC");

static int libsvnic_identify(struct libsvnic_fn *fn)
{
	struct pci_dev *pdev = fn->pdev;
	u32 version;

	if (pci_resource_len(pdev, SVNIC_BAR_REGS) < SVNIC_REF_DB_OFFSET) {
		pci_err(pdev, "BAR %d is too small: %pR\n", SVNIC_BAR_REGS,
			&pdev->resource[SVNIC_BAR_REGS]);
		return -ENODEV;
	}
	if (!pdev->msix_cap) {
		pci_err(pdev, "device has no MSI-X\n");
		return -ENODEV;
	}
	if (libsvnic_rd(fn, SVNIC_REG_MAGIC) != SVNIC_MAGIC) {
		pci_err(pdev, "no SV-NIC, or one of the first draft: magic %#x\n",
			libsvnic_rd(fn, SVNIC_REG_MAGIC));
		return -ENODEV;
	}
	version = libsvnic_rd(fn, SVNIC_REG_VERSION);
	/* Drafts with another minor number are incompatible (spec 1.5). */
	if (version != SVNIC_VERSION) {
		pci_err(pdev, "interface version %u.%u, this driver speaks %u.%u\n",
			version >> SVNIC_VERSION_MAJOR_SHIFT,
			version & SVNIC_VERSION_MINOR_MASK,
			SVNIC_VERSION_MAJOR, SVNIC_VERSION_MINOR);
		return -ENODEV;
	}
	return 0;
}

/* Select the features that both device and driver support. */
static int libsvnic_read_features(struct libsvnic_fn *fn)
{
	u64 offered;

	offered = libsvnic_rd(fn, SVNIC_REG_FEATURES_LO) |
		  (u64)libsvnic_rd(fn, SVNIC_REG_FEATURES_HI) << 32;
	fn->features = offered & (LIBSVNIC_FEATURES | fn->ops->features |
				  fn->ops->optional);
	if (fn->ops->features & ~fn->features) {
		pci_err(fn->pdev, "device lacks features %#llx\n",
			fn->ops->features & ~fn->features);
		return -ENODEV;
	}
	return 0;
}

/*
 * Read limits and grants of the device and check them against what the driver
 * needs and the size of BAR0. Called again after each reset, because the grants
 * may have changed.
 */
VISIBLE_IF_KUNIT int libsvnic_read_limits(struct libsvnic_fn *fn)
{
	struct libsvnic_limits new = {}, *limits = &new;
	u64 bar = pci_resource_len(fn->pdev, SVNIC_BAR_REGS);
	u32 val, pairs_max, buf_min, buf_size, held;

	val = libsvnic_rd(fn, SVNIC_REG_QUEUES);
	pairs_max = min(val >> SVNIC_QUEUES_MAX_SHIFT, LIBSVNIC_PAIRS_MAX);
	limits->pairs = min(val & SVNIC_QUEUES_GRANTED_MASK, pairs_max);
	val = libsvnic_rd(fn, SVNIC_REG_VECTORS);
	limits->vectors = min3(val & SVNIC_VECTORS_GRANTED_MASK,
			       val >> SVNIC_VECTORS_MAX_SHIFT,
			       (u32)pci_msix_vec_count(fn->pdev));
	val = libsvnic_rd(fn, SVNIC_REG_RING_LIMITS);
	limits->ring_min = val & SVNIC_RING_MIN_LOG2_MASK;
	limits->ring_max = (val >> SVNIC_RING_MAX_LOG2_SHIFT) & 0xff;
	limits->evq_max = (val >> SVNIC_RING_EVQ_LOG2_SHIFT) & 0xff;
	limits->tx_chain = val >> SVNIC_RING_TX_CHAIN_SHIFT;
	limits->frame_max = libsvnic_rd(fn, SVNIC_REG_FRAME_MAX);
	limits->tso_max = libsvnic_rd(fn, SVNIC_REG_TSO_MAX);
	limits->db_offset = libsvnic_rd(fn, SVNIC_REG_DB_OFFSET);
	limits->db_stride = libsvnic_rd(fn, SVNIC_REG_DB_STRIDE);
	limits->reset_ms = min(libsvnic_rd(fn, SVNIC_REG_RESET_MS),
			       LIBSVNIC_RESET_MS_MAX);
	limits->rss_size = min(libsvnic_rd(fn, SVNIC_REG_RSS_SIZE),
			       SVNIC_RSS_TABLE_MAX);
	limits->moderation_max = min(libsvnic_rd(fn,
						 SVNIC_REG_MODERATION_MAX),
				     SVNIC_MODERATION_USECS_MASK);
	limits->tx_inline = libsvnic_has(fn, SVNIC_F_TX_INLINE) ?
		min(libsvnic_rd(fn, SVNIC_REG_TX_INLINE), LIBSVNIC_TX_INLINE) :
		0;
	val = libsvnic_rd(fn, SVNIC_REG_BUF_LIMITS);
	buf_min = val & SVNIC_BUF_MIN_MASK;
	limits->buf_max = val >> SVNIC_BUF_MAX_SHIFT;
	/* All ones: the values above are not valid. */
	if (!libsvnic_alive(fn))
		return -ENODEV;

	if (limits->ring_min > limits->ring_max || limits->ring_max > 16 ||
	    limits->ring_max < 6 || limits->evq_max < 4 ||
	    limits->evq_max > 16)
		goto nonsense;
	limits->ring_min = max(1U << limits->ring_min, LIBSVNIC_RING_MIN);
	limits->ring_max = 1U << limits->ring_max;
	limits->evq_max = 1U << limits->evq_max;

	buf_size = libsvnic_buf_size(limits);
	if (limits->tx_chain < LIBSVNIC_TX_CHAIN_MIN ||
	    limits->frame_max < ETH_DATA_LEN + LIBSVNIC_HLEN_MAX ||
	    limits->frame_max > U16_MAX ||
	    buf_size < max(buf_min, 256U) ||
	    (limits->rss_size && !is_power_of_2(limits->rss_size)))
		goto nonsense;
	/* ethtool keeps tables of RSS contexts. */
	if (fn->limits.rss_size && fn->limits.rss_size != limits->rss_size)
		goto nonsense;
	/* The buffers of a frame become the fragments of an skb. */
	held = buf_size * MAX_SKB_FRAGS;
	limits->frame_max = min(limits->frame_max, held);
	if (held < LIBSVNIC_COALESCED_MAX)
		fn->features &= ~SVNIC_F_RX_COALESCE;

	if (limits->db_stride < SVNIC_DB_RX + 4 || limits->db_stride % 4 ||
	    limits->db_offset % 4 ||
	    limits->db_offset + (u64)pairs_max * limits->db_stride > bar ||
	    SVNIC_QCFG(pairs_max, 0) > bar)
		goto nonsense;
	fn->limits = new;
	return 0;

nonsense:
	pci_err(fn->pdev, "device announces limits that make no sense\n");
	return -ENODEV;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_read_limits);

/*
 * Wait until a bit of STATUS is clear or the device is gone, no longer than the
 * bound of spec 11.7.
 */
static int libsvnic_status_wait(struct libsvnic_fn *fn, u32 bit, u32 *status)
{
	return read_poll_timeout(libsvnic_rd, *status,
				 !(*status & bit) || !libsvnic_alive(fn),
				 LIBSVNIC_POLL_US,
				 (fn->limits.reset_ms + 10) * 1000, false,
				 fn, SVNIC_REG_STATUS);
}

/* Only FLR of the PF may recover a device that has failed (spec 12.3). */
static void libsvnic_fn_revive(struct libsvnic_fn *fn)
{
	struct pci_dev *pdev = fn->pdev;

	if (!(fn->ops->features & SVNIC_F_ADMIN))
		return;
	pci_save_state(pdev);
	pci_cfg_access_lock(pdev);
	pcie_flr(pdev);
	pci_cfg_access_unlock(pdev);
	pci_restore_state(pdev);
	/* Older kernels discard the saved state when they restore it. */
	pci_save_state(pdev);
}

/**
 * libsvnic_fn_reset - reset a function and wait until it may be used
 * @fn: function that is down
 *
 * Context: process, sleeps: up to the reset bound, and for a VF until its PF
 * has made it ready. This may take long, so no locks should be held.
 * Return: 0, -ETIMEDOUT if the function may become ready later, or -errno.
 */
int libsvnic_fn_reset(struct libsvnic_fn *fn)
{
	u32 status;
	int err;

	status = libsvnic_rd(fn, SVNIC_REG_STATUS);
	if (!libsvnic_alive(fn))
		return -ENODEV;
	if (status & SVNIC_STATUS_FATAL)
		libsvnic_fn_revive(fn);
	libsvnic_wr(fn, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	err = libsvnic_status_wait(fn, SVNIC_STATUS_RESETTING, &status);
	if (!libsvnic_alive(fn))
		return -ENODEV;
	if (err) {
		pci_err(fn->pdev, "reset took longer than %u ms\n",
			fn->limits.reset_ms);
		return -EIO;
	}
	if (status & SVNIC_STATUS_FATAL)
		return -EIO;

	err = read_poll_timeout(libsvnic_rd, status,
				status & SVNIC_STATUS_READY,
				LIBSVNIC_POLL_US, LIBSVNIC_READY_MS * 1000,
				false, fn, SVNIC_REG_STATUS);
	if (!libsvnic_alive(fn))
		return -ENODEV;
	if (err)
		pci_err(fn->pdev,
			"function is not ready, is the PF driver running?\n");
	return err;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_fn_reset, "LIBSVNIC");

static int libsvnic_fn_enable(struct libsvnic_fn *fn)
{
	u32 status;
	int err;

	/* Only after the reset, which has stopped all earlier DMA. */
	pci_set_master(fn->pdev);
	libsvnic_wr64(fn, SVNIC_REG_ACCEPT_LO, fn->features);
	libsvnic_wr(fn, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	err = libsvnic_status_wait(fn, SVNIC_STATUS_BUSY, &status);
	if (!libsvnic_alive(fn))
		return -ENODEV;
	if (err) {
		pci_err(fn->pdev, "device does not let itself be enabled\n");
		pci_clear_master(fn->pdev);
		return err;
	}
	if (!(status & SVNIC_STATUS_ENABLED)) {
		pci_err(fn->pdev, "device refuses to be enabled, error %u\n",
			status >> SVNIC_STATUS_ERROR_SHIFT);
		return -EIO;
	}
	return 0;
}

/* All DMA has ended when ENABLED reads as 0. */
static void libsvnic_fn_disable(struct libsvnic_fn *fn)
{
	u32 status;

	if (!libsvnic_alive(fn))
		return;
	libsvnic_wr(fn, SVNIC_REG_CTRL, 0);
	if (libsvnic_status_wait(fn, SVNIC_STATUS_ENABLED, &status) &&
	    libsvnic_alive(fn)) {
		pci_err(fn->pdev, "device does not let itself be disabled\n");
		pci_clear_master(fn->pdev);
	}
}

/**
 * libsvnic_fn_up - enable and attach a function
 * @fn: function after libsvnic_fn_reset()
 *
 * Context: process, sleeps. The netdev is detached or not registered, so that
 * nothing else uses the function. No locks should be held: a VF waits for its
 * PF here, and a holder of rtnl may in turn wait for the PF.
 * Return: 0, or -errno with the function disabled.
 */
int libsvnic_fn_up(struct libsvnic_fn *fn)
{
	int err;

	err = libsvnic_read_limits(fn);
	if (err)
		return err;
	if (!fn->limits.pairs || fn->limits.vectors < 2) {
		pci_err(fn->pdev, "no queues granted to this function\n");
		return -ENODEV;
	}
	fn->limits.pairs = min(fn->limits.pairs, fn->limits.vectors - 1);

	err = libsvnic_fn_enable(fn);
	if (err)
		return err;
	err = libsvnic_evq_start(fn);
	if (err)
		goto err_disable;
	err = libsvnic_event_irq_setup(fn);
	if (err && fn->ops->event_irq)
		goto err_evq;
	libsvnic_cmdq_start(fn);
	err = libsvnic_flow_read_grant(fn);
	if (err)
		goto err_cmdq;
	err = fn->ops->attach(fn);
	if (err)
		goto err_cmdq;
	return 0;

err_cmdq:
	libsvnic_cmdq_stop(fn);
	libsvnic_event_irq_teardown(fn);
err_evq:
	libsvnic_fn_disable(fn);
	libsvnic_evq_stop(fn);
	return err;
err_disable:
	libsvnic_fn_disable(fn);
	return err;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_fn_up, "LIBSVNIC");

/**
 * libsvnic_fn_down - opposite of libsvnic_fn_up()
 * @fn: function whose queues do not run; the device may be gone
 *
 * Does nothing if the function is down already.
 *
 * Context: process, instance lock held or netdev not registered.
 */
void libsvnic_fn_down(struct libsvnic_fn *fn)
{
	clear_bit(LIBSVNIC_ENABLED, fn->flags);
	if (!libsvnic_fn_is_up(fn))
		return;

	if (fn->ops->detach)
		fn->ops->detach(fn);
	libsvnic_cmdq_stop(fn);
	fn->flows.pairs = 0;
	libsvnic_event_irq_teardown(fn);
	/* Before the memory of the event ring is freed. */
	libsvnic_fn_disable(fn);
	libsvnic_evq_stop(fn);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_fn_down, "LIBSVNIC");

/**
 * libsvnic_alloc - map a function and allocate its netdev
 * @pdev: enabled PCI function with its regions requested
 * @ops: operations of the PF or VF driver
 * @priv: private structure of the PF or VF driver
 *
 * Context: process, from probe.
 * Return: the function, to be freed with libsvnic_free(), or ERR_PTR.
 */
struct libsvnic_fn *libsvnic_alloc(struct pci_dev *pdev,
				   const struct libsvnic_ops *ops, void *priv)
{
	struct net_device *netdev;
	struct libsvnic_fn *fn;
	int err;

	netdev = alloc_etherdev_mqs(sizeof(*fn), LIBSVNIC_PAIRS_MAX,
				    LIBSVNIC_PAIRS_MAX);
	if (!netdev)
		return ERR_PTR(-ENOMEM);
	SET_NETDEV_DEV(netdev, &pdev->dev);

	fn = netdev_priv(netdev);
	fn->netdev = netdev;
	fn->pdev = pdev;
	fn->ops = ops;
	fn->priv = priv;
	spin_lock_init(&fn->evq.lock);
	spin_lock_init(&fn->stats_lock);
	libsvnic_reset_init(fn);
	libsvnic_filters_init(fn);
	libsvnic_flow_init(fn);
	libsvnic_compat_init(fn);

	fn->regs = pci_ioremap_bar(pdev, SVNIC_BAR_REGS);
	if (!fn->regs) {
		err = -ENOMEM;
		goto err_netdev;
	}
	err = libsvnic_identify(fn);
	if (err)
		goto err_unmap;
	err = libsvnic_read_features(fn);
	if (err)
		goto err_unmap;
	err = libsvnic_read_limits(fn);
	if (err)
		goto err_unmap;
	err = libsvnic_cmdq_init(fn);
	if (err)
		goto err_unmap;
	return fn;

err_unmap:
	iounmap(fn->regs);
err_netdev:
	libsvnic_compat_exit(fn);
	free_netdev(netdev);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_alloc, "LIBSVNIC");

/**
 * libsvnic_free - opposite of libsvnic_alloc()
 * @fn: function that is down, with its netdev unregistered
 */
void libsvnic_free(struct libsvnic_fn *fn)
{
	disable_delayed_work_sync(&fn->sync_work);
	libsvnic_compat_exit(fn);
	libsvnic_flow_free(fn);
	libsvnic_cmdq_free(fn);
	iounmap(fn->regs);
	free_netdev(fn->netdev);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_free, "LIBSVNIC");

MODULE_AUTHOR("SV-NIC maintainers");
MODULE_DESCRIPTION("Common part of the SV-NIC drivers");
MODULE_LICENSE("GPL");
