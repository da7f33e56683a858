// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: one quiesce and one restore for all that can happen: queue
 * errors, hangs, FLR, AER, suspend, a device that goes away (spec 11).
 */
#include <linux/export.h>
#include <linux/rtnetlink.h>

#include "libsvnic.h"

#define LIBSVNIC_SERVICE_PERIOD	(2 * HZ)
/* A device that fails again and again shall not keep the CPU busy. */
#define LIBSVNIC_RESET_PAUSE	HZ
#define LIBSVNIC_RESET_DOUBLINGS 6	/* of the pause, for each in vain */

/*
 * Stop a function, keep what the user has configured. The device may be gone,
 * the function may be down.
 */
static void libsvnic_quiesce(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;

	netif_device_detach(netdev);
	clear_bit(LIBSVNIC_FAILED, fn->flags);
	if (netif_running(netdev))
		libsvnic_stop(netdev);
	libsvnic_fn_down(fn);
}

/* The function was reset: back to what the user has configured. */
static int libsvnic_resume_fn(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;
	int err;

	err = libsvnic_fn_up(fn);
	if (err)
		return err;
	err = libsvnic_filters_replay(fn);
	if (err)
		goto err_down;
	/* Fewer queues may have been granted than before. */
	fn->cfg.pairs = min(fn->cfg.pairs, fn->limits.pairs);
	if (netif_running(netdev)) {
		err = libsvnic_open(netdev);
		if (err)
			goto err_down;
	}
	netif_device_attach(netdev);
	return 0;

err_down:
	libsvnic_fn_down(fn);
	return err;
}

/*
 * Opposite of libsvnic_quiesce(), which may have been called long ago. Takes
 * the locks after the function was made ready, see libsvnic_fn_reset().
 */
static void libsvnic_restore(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;
	int err;

	err = libsvnic_fn_reset(fn);
	rtnl_lock();
	netdev_lock(netdev);
	if (netdev->reg_state != NETREG_REGISTERED)
		goto unlock;
	if (!err)
		err = libsvnic_resume_fn(fn);
	fn->last_reset = jiffies;
	if (err) {
		/* The service work tries again. */
		set_bit(LIBSVNIC_FAILED, fn->flags);
		fn->failures++;
		netdev_err(netdev, "not restored, error %d\n", err);
	} else {
		fn->failures = 0;
	}
unlock:
	netdev_unlock(netdev);
	rtnl_unlock();
}

static void libsvnic_reset_work(struct work_struct *work)
{
	struct libsvnic_fn *fn =
		container_of(to_delayed_work(work), struct libsvnic_fn,
			     reset_work);
	struct net_device *netdev = fn->netdev;
	bool registered;

	rtnl_lock();
	netdev_lock(netdev);
	registered = netdev->reg_state == NETREG_REGISTERED;
	if (registered) {
		netdev_info(netdev, "resetting\n");
		libsvnic_quiesce(fn);
	}
	netdev_unlock(netdev);
	rtnl_unlock();

	if (registered)
		libsvnic_restore(fn);
}

/**
 * libsvnic_reset_request - have the function taken down and up again soon
 * @fn: function
 *
 * Context: any.
 */
void libsvnic_reset_request(struct libsvnic_fn *fn)
{
	unsigned int doublings = min(fn->failures, LIBSVNIC_RESET_DOUBLINGS);
	unsigned long delay = 0, next;

	next = fn->last_reset + (LIBSVNIC_RESET_PAUSE << doublings);
	if (time_before(jiffies, next))
		delay = next - jiffies;
	schedule_delayed_work(&fn->reset_work, delay);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_reset_request, "LIBSVNIC");

/* Is a device back that was gone? FLR of the PF also hides its VFs. */
static bool libsvnic_is_back(struct libsvnic_fn *fn)
{
	if (!pci_device_is_present(fn->pdev) ||
	    libsvnic_rd(fn, SVNIC_REG_MAGIC) != SVNIC_MAGIC)
		return false;
	pci_info(fn->pdev, "device is back\n");
	clear_bit(LIBSVNIC_GONE, fn->flags);
	return true;
}

/*
 * Does the function need a reset that nobody has asked for? FLR of the PF
 * resets its VFs and tells nobody. And what failed is tried again when the
 * PF has made the function ready.
 */
static bool libsvnic_needs_reset(struct libsvnic_fn *fn)
{
	u32 status;

	if (!libsvnic_alive(fn))
		return libsvnic_is_back(fn);
	status = libsvnic_rd(fn, SVNIC_REG_STATUS);
	if (test_bit(LIBSVNIC_FAILED, fn->flags))
		return status & SVNIC_STATUS_READY;
	/* The flag goes before the device is disabled on purpose. */
	return !(status & SVNIC_STATUS_ENABLED) && libsvnic_alive(fn) &&
	       test_bit(LIBSVNIC_ENABLED, fn->flags);
}

/*
 * What no interrupt tells: events without vector 0, a function that was reset,
 * a device that is gone or back.
 */
static void libsvnic_service_work(struct work_struct *work)
{
	struct libsvnic_fn *fn =
		container_of(to_delayed_work(work), struct libsvnic_fn,
			     service_work);

	if (test_bit(LIBSVNIC_ENABLED, fn->flags))
		libsvnic_evq_poll(fn);
	if (test_bit(LIBSVNIC_ENABLED, fn->flags) ||
	    test_bit(LIBSVNIC_FAILED, fn->flags)) {
		if (libsvnic_needs_reset(fn)) {
			libsvnic_reset_request(fn);
		} else if (test_bit(LIBSVNIC_GONE, fn->flags)) {
			netif_carrier_off(fn->netdev);
			netif_device_detach(fn->netdev);
		}
	}
	schedule_delayed_work(&fn->service_work, LIBSVNIC_SERVICE_PERIOD);
}

/**
 * libsvnic_reset_init - prepare the works of a function
 * @fn: function
 */
void libsvnic_reset_init(struct libsvnic_fn *fn)
{
	INIT_DELAYED_WORK(&fn->reset_work, libsvnic_reset_work);
	INIT_DELAYED_WORK(&fn->service_work, libsvnic_service_work);
	fn->last_reset = jiffies - LIBSVNIC_RESET_PAUSE;
}

/**
 * libsvnic_register - register the netdev and start to look after it
 * @fn: function that is up, its netdev initialised
 *
 * Context: process, from probe.
 * Return: 0 or -errno.
 */
int libsvnic_register(struct libsvnic_fn *fn)
{
	int err;

	err = register_netdev(fn->netdev);
	if (err)
		return err;
	schedule_delayed_work(&fn->service_work, LIBSVNIC_SERVICE_PERIOD);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_register, "LIBSVNIC");

/**
 * libsvnic_unregister - opposite of libsvnic_register()
 * @fn: function
 *
 * Context: process, from remove. No reset comes after it.
 */
void libsvnic_unregister(struct libsvnic_fn *fn)
{
	disable_delayed_work_sync(&fn->service_work);
	disable_delayed_work_sync(&fn->reset_work);
	unregister_netdev(fn->netdev);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_unregister, "LIBSVNIC");

/* Between prepare and done nobody else resets the function. */
static void libsvnic_reset_prepare(struct pci_dev *pdev)
{
	struct libsvnic_fn *fn = pci_get_drvdata(pdev);

	disable_delayed_work_sync(&fn->reset_work);
	rtnl_lock();
	netdev_lock(fn->netdev);
	libsvnic_quiesce(fn);
	netdev_unlock(fn->netdev);
	rtnl_unlock();
}

static void libsvnic_reset_done(struct pci_dev *pdev)
{
	struct libsvnic_fn *fn = pci_get_drvdata(pdev);

	libsvnic_restore(fn);
	enable_delayed_work(&fn->reset_work);
}

/**
 * libsvnic_shutdown - .shutdown of both drivers: no DMA into the next kernel
 * @pdev: PCI function
 */
void libsvnic_shutdown(struct pci_dev *pdev)
{
	struct libsvnic_fn *fn = pci_get_drvdata(pdev);

	disable_delayed_work_sync(&fn->service_work);
	libsvnic_reset_prepare(pdev);
	pci_disable_device(pdev);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_shutdown, "LIBSVNIC");

static pci_ers_result_t libsvnic_error_detected(struct pci_dev *pdev,
						pci_channel_state_t state)
{
	libsvnic_reset_prepare(pdev);
	if (state == pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_DISCONNECT;
	pci_disable_device(pdev);
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t libsvnic_slot_reset(struct pci_dev *pdev)
{
	struct libsvnic_fn *fn = pci_get_drvdata(pdev);

	if (pci_enable_device_mem(pdev))
		return PCI_ERS_RESULT_DISCONNECT;
	pci_restore_state(pdev);
	clear_bit(LIBSVNIC_GONE, fn->flags);
	return libsvnic_alive(fn) ? PCI_ERS_RESULT_RECOVERED :
				    PCI_ERS_RESULT_DISCONNECT;
}

/* What both drivers put into their struct pci_driver. */
const struct pci_error_handlers libsvnic_err_handlers = {
	.error_detected	= libsvnic_error_detected,
	.slot_reset	= libsvnic_slot_reset,
	.resume		= libsvnic_reset_done,
	.reset_prepare	= libsvnic_reset_prepare,
	.reset_done	= libsvnic_reset_done,
};
EXPORT_SYMBOL_NS_GPL(libsvnic_err_handlers, "LIBSVNIC");

static int libsvnic_suspend(struct device *dev)
{
	libsvnic_reset_prepare(to_pci_dev(dev));
	return 0;
}

static int libsvnic_resume(struct device *dev)
{
	libsvnic_reset_done(to_pci_dev(dev));
	return 0;
}

const struct dev_pm_ops libsvnic_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(libsvnic_suspend, libsvnic_resume)
};
EXPORT_SYMBOL_NS_GPL(libsvnic_pm_ops, "LIBSVNIC");
