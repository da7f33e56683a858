// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: quiesce and restore of a function. The same pair serves FLR, AER,
 * suspend, a device that fails or is removed, and queues that still fail after
 * a restart (spec 11).
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/rtnetlink.h>

#include "libsvnic_priv.h"

#define LIBSVNIC_SERVICE_PERIOD	(2 * HZ)
/* Least pause between resets, to save CPU time; doubled with each failure. */
#define LIBSVNIC_RESET_PAUSE	HZ
#define LIBSVNIC_RESET_DOUBLINGS 6	/* up to 64 s */

/*
 * Stop a function, and keep the user's configuration. The device may be gone,
 * and the function may be down already.
 */
static void libsvnic_quiesce(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;

	netif_device_detach(netdev);
	clear_bit(LIBSVNIC_FAILED, fn->flags);
	if (netif_running(netdev))
		libsvnic_close(fn, LIBSVNIC_LOST);
	libsvnic_fn_down(fn);
}

/* The function is up again: restore the user's configuration. */
static int libsvnic_resume_fn(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;
	int err;

	set_bit(LIBSVNIC_ENABLED, fn->flags);
	fn->filters.basics = true;
	err = fn->ops->configure(fn);
	if (err)
		goto err_down;
	libsvnic_filters_replay(fn);
	if (netif_running(netdev)) {
		err = libsvnic_open(netdev);
		if (err)
			goto err_down;
	}
	netif_device_attach(netdev);
	/* The stack does not report changes to a detached netdev. */
	libsvnic_filters_schedule(fn);
	return 0;

err_down:
	libsvnic_fn_down(fn);
	return err;
}

/*
 * Opposite of libsvnic_quiesce(), which may have been called long ago. The PF
 * is up, and serves its VFs, before this takes rtnl, because the holder of rtnl
 * may wait for the PF's answer to a VF.
 */
static void libsvnic_restore(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;
	int err;

	/* This reset serves all requests so far. */
	clear_bit(LIBSVNIC_RESET_WANTED, fn->flags);
	err = libsvnic_fn_reset(fn);
	if (!err)
		err = libsvnic_fn_up(fn);
	rtnl_lock();
	netdev_lock(netdev);
	if (!err)
		err = libsvnic_resume_fn(fn);
	fn->last_reset = jiffies;
	if (err) {
		/* The service work retries, with growing pauses. */
		clear_bit(LIBSVNIC_RESET_WANTED, fn->flags);
		cancel_delayed_work(&fn->reset_work);
		set_bit(LIBSVNIC_FAILED, fn->flags);
		fn->failures++;
		netdev_err(netdev, "not restored, error %d\n", err);
	} else {
		fn->failures = 0;
	}
	netdev_unlock(netdev);
	rtnl_unlock();
}

static void libsvnic_reset_work(struct work_struct *work)
{
	struct libsvnic_fn *fn =
		container_of(to_delayed_work(work), struct libsvnic_fn,
			     reset_work);
	struct net_device *netdev = fn->netdev;

	/* The function was reset meanwhile. */
	if (!test_bit(LIBSVNIC_RESET_WANTED, fn->flags))
		return;
	netdev_info(netdev, "resetting\n");
	rtnl_lock();
	netdev_lock(netdev);
	libsvnic_quiesce(fn);
	netdev_unlock(netdev);
	rtnl_unlock();
	libsvnic_restore(fn);
}

/**
 * libsvnic_reset_request - schedule a reset of the function
 * @fn: function
 *
 * The request is kept while no reset is allowed: before the netdev is
 * registered, and while the PCI core controls the function.
 *
 * Context: any.
 */
void libsvnic_reset_request(struct libsvnic_fn *fn)
{
	unsigned int doublings = min(fn->failures, LIBSVNIC_RESET_DOUBLINGS);
	unsigned long delay = 0, next;

	set_bit(LIBSVNIC_RESET_WANTED, fn->flags);
	next = fn->last_reset + (LIBSVNIC_RESET_PAUSE << doublings);
	if (time_before(jiffies, next))
		delay = next - jiffies;
	schedule_delayed_work(&fn->reset_work, delay);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_reset_request, "LIBSVNIC");

static void libsvnic_reset_enable(struct libsvnic_fn *fn)
{
	enable_delayed_work(&fn->reset_work);
	if (test_bit(LIBSVNIC_RESET_WANTED, fn->flags))
		libsvnic_reset_request(fn);
}

/* Does a device that was gone answer again? FLR of the PF hides its VFs. */
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
 * Does the function need a reset that was not requested? FLR of the PF resets
 * its VFs without an event. A reset that failed is retried when the PF has made
 * the function ready.
 */
static bool libsvnic_needs_reset(struct libsvnic_fn *fn)
{
	u32 status;

	if (!libsvnic_alive(fn))
		return libsvnic_is_back(fn);
	status = libsvnic_rd(fn, SVNIC_REG_STATUS);
	if (test_bit(LIBSVNIC_FAILED, fn->flags))
		return status & SVNIC_STATUS_READY;
	if (status & SVNIC_STATUS_ENABLED)
		return false;
	/* The driver clears the flag before it disables the device. */
	return libsvnic_alive(fn) && test_bit(LIBSVNIC_ENABLED, fn->flags);
}

/*
 * Check for what no interrupt reports: events if there is no vector 0, a
 * function that was reset, a device that is gone or has come back.
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
		} else {
			libsvnic_queues_check(fn);
		}
	}
	schedule_delayed_work(&fn->service_work, LIBSVNIC_SERVICE_PERIOD);
}

/**
 * libsvnic_reset_init - initialise the work items of a function
 * @fn: function
 *
 * They are disabled until libsvnic_register().
 */
void libsvnic_reset_init(struct libsvnic_fn *fn)
{
	INIT_DELAYED_WORK(&fn->reset_work, libsvnic_reset_work);
	disable_delayed_work(&fn->reset_work);
	INIT_DELAYED_WORK(&fn->service_work, libsvnic_service_work);
	disable_delayed_work(&fn->service_work);
	libsvnic_restart_init(fn);
	fn->last_reset = jiffies - LIBSVNIC_RESET_PAUSE;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_reset_init);

/**
 * libsvnic_register - register the netdev and enable the work items
 * @fn: function with its netdev initialised; if it is not up yet, the service
 *	work brings it up when it is ready
 *
 * Context: process, from probe.
 * Return: 0 or -errno.
 */
int libsvnic_register(struct libsvnic_fn *fn)
{
	int err;

	set_bit(libsvnic_fn_is_up(fn) ? LIBSVNIC_ENABLED : LIBSVNIC_FAILED,
		fn->flags);
	/* For the recovery from a bus error. */
	pci_save_state(fn->pdev);
	err = register_netdev(fn->netdev);
	if (err)
		return err;
	enable_delayed_work(&fn->service_work);
	enable_delayed_work(&fn->restart_work);
	/* The PF's configuration may have changed meanwhile. */
	libsvnic_filters_schedule(fn);
	schedule_delayed_work(&fn->service_work, LIBSVNIC_SERVICE_PERIOD);
	libsvnic_reset_enable(fn);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_register, "LIBSVNIC");

/**
 * libsvnic_unregister - opposite of libsvnic_register()
 * @fn: function
 *
 * Context: process, from remove. No reset happens afterwards.
 */
void libsvnic_unregister(struct libsvnic_fn *fn)
{
	disable_delayed_work_sync(&fn->service_work);
	disable_delayed_work_sync(&fn->restart_work);
	disable_delayed_work_sync(&fn->reset_work);
	disable_delayed_work_sync(&fn->sync_work);
	unregister_netdev(fn->netdev);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_unregister, "LIBSVNIC");

/*
 * The PCI core takes control of the function. Until libsvnic_release() there is
 * no other reset. This may be called several times before libsvnic_release(),
 * which may never be called.
 */
static void libsvnic_hold(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;

	if (!test_and_set_bit(LIBSVNIC_HELD, fn->flags))
		disable_delayed_work_sync(&fn->reset_work);
	rtnl_lock();
	netdev_lock(netdev);
	libsvnic_quiesce(fn);
	netdev_unlock(netdev);
	rtnl_unlock();
}

/* Opposite of libsvnic_hold(). */
static void libsvnic_release(struct libsvnic_fn *fn)
{
	if (!test_bit(LIBSVNIC_HELD, fn->flags))
		return;
	/* Older kernels discard the saved state when they restore it. */
	pci_save_state(fn->pdev);
	libsvnic_restore(fn);
	clear_bit(LIBSVNIC_HELD, fn->flags);
	libsvnic_reset_enable(fn);
}

static void libsvnic_reset_prepare(struct pci_dev *pdev)
{
	libsvnic_hold(pci_get_drvdata(pdev));
}

static void libsvnic_reset_done(struct pci_dev *pdev)
{
	libsvnic_release(pci_get_drvdata(pdev));
}

/**
 * libsvnic_disable_device - disable the PCI function
 * @pdev: PCI function; a failed recovery from a bus error may have disabled it
 *	already
 */
void libsvnic_disable_device(struct pci_dev *pdev)
{
	if (pci_is_enabled(pdev))
		pci_disable_device(pdev);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_disable_device, "LIBSVNIC");

/**
 * libsvnic_shutdown - .shutdown of both drivers
 * @pdev: PCI function
 *
 * Stops all DMA, which would corrupt the memory of the next kernel.
 */
void libsvnic_shutdown(struct pci_dev *pdev)
{
	struct libsvnic_fn *fn = pci_get_drvdata(pdev);

	disable_delayed_work_sync(&fn->service_work);
	libsvnic_hold(fn);
	libsvnic_disable_device(pdev);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_shutdown, "LIBSVNIC");

static pci_ers_result_t libsvnic_error_detected(struct pci_dev *pdev,
						pci_channel_state_t state)
{
	libsvnic_hold(pci_get_drvdata(pdev));
	libsvnic_disable_device(pdev);
	return state == pci_channel_io_perm_failure ?
		PCI_ERS_RESULT_DISCONNECT : PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t libsvnic_slot_reset(struct pci_dev *pdev)
{
	struct libsvnic_fn *fn = pci_get_drvdata(pdev);

	/* The state may have been saved with memory space disabled. */
	pci_restore_state(pdev);
	if (pci_enable_device_mem(pdev))
		return PCI_ERS_RESULT_DISCONNECT;
	clear_bit(LIBSVNIC_GONE, fn->flags);
	return libsvnic_alive(fn) ? PCI_ERS_RESULT_RECOVERED :
				    PCI_ERS_RESULT_DISCONNECT;
}

/* Error handlers of both drivers. */
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
	libsvnic_hold(dev_get_drvdata(dev));
	return 0;
}

static int libsvnic_resume(struct device *dev)
{
	libsvnic_release(dev_get_drvdata(dev));
	return 0;
}

const struct dev_pm_ops libsvnic_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(libsvnic_suspend, libsvnic_resume)
};
EXPORT_SYMBOL_NS_GPL(libsvnic_pm_ops, "LIBSVNIC");
