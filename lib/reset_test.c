// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of when a function may be reset, and of requests while
 * it may not.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "libsvnic_priv.h"

static void reset_nothing(struct work_struct *work)
{
}

/* As libsvnic_register(), but the work does not reset anything. */
static void reset_registered(struct libsvnic_fn *fn)
{
	fn->reset_work.work.func = reset_nothing;
	enable_delayed_work(&fn->reset_work);
	/* A request stays pending until the test has checked it. */
	fn->last_reset = jiffies + 600 * HZ;
}

static void before_register_test(struct kunit *test)
{
	struct libsvnic_fn *fn = test->priv;

	libsvnic_reset_request(fn);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&fn->reset_work));
	KUNIT_EXPECT_TRUE(test, test_bit(LIBSVNIC_RESET_WANTED, fn->flags));
	schedule_delayed_work(&fn->service_work, 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&fn->service_work));
}

static void registered_test(struct kunit *test)
{
	struct libsvnic_fn *fn = test->priv;

	reset_registered(fn);
	libsvnic_reset_request(fn);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&fn->reset_work));
}

/* The PCI core takes control more than once, and releases once. */
static void held_twice_test(struct kunit *test)
{
	const struct pci_error_handlers *handlers = &libsvnic_err_handlers;
	struct libsvnic_fn *fn = test->priv;

	reset_registered(fn);
	libsvnic_reset_request(fn);
	handlers->error_detected(fn->pdev, pci_channel_io_frozen);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&fn->reset_work));
	handlers->error_detected(fn->pdev, pci_channel_io_perm_failure);
	handlers->reset_prepare(fn->pdev);
	KUNIT_EXPECT_TRUE(test, enable_delayed_work(&fn->reset_work));
}

static void wanted_while_held_test(struct kunit *test)
{
	struct libsvnic_fn *fn = test->priv;

	reset_registered(fn);
	libsvnic_err_handlers.reset_prepare(fn->pdev);
	libsvnic_reset_request(fn);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&fn->reset_work));
	KUNIT_EXPECT_TRUE(test, test_bit(LIBSVNIC_RESET_WANTED, fn->flags));
}

static int reset_init(struct kunit *test)
{
	struct net_device *netdev;
	struct libsvnic_fn *fn;

	netdev = alloc_etherdev(sizeof(*fn));
	KUNIT_ASSERT_NOT_NULL(test, netdev);
	fn = netdev_priv(netdev);
	test->priv = fn;
	fn->netdev = netdev;
	fn->pdev = kunit_kzalloc(test, sizeof(*fn->pdev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fn->pdev);
	pci_set_drvdata(fn->pdev, fn);
	libsvnic_reset_init(fn);
	return 0;
}

static void reset_exit(struct kunit *test)
{
	struct libsvnic_fn *fn = test->priv;

	/* It is called as well if reset_init() gave up. */
	if (!fn)
		return;
	disable_delayed_work_sync(&fn->reset_work);
	disable_delayed_work_sync(&fn->service_work);
	free_netdev(fn->netdev);
}

static struct kunit_case libsvnic_reset_cases[] = {
	KUNIT_CASE(before_register_test),
	KUNIT_CASE(registered_test),
	KUNIT_CASE(held_twice_test),
	KUNIT_CASE(wanted_while_held_test),
	{}
};

static struct kunit_suite libsvnic_reset_suite = {
	.name		= "libsvnic_reset",
	.init		= reset_init,
	.exit		= reset_exit,
	.test_cases	= libsvnic_reset_cases,
};

kunit_test_suite(libsvnic_reset_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_IMPORT_NS("LIBSVNIC");
MODULE_DESCRIPTION("KUnit tests of libsvnic's resets");
MODULE_LICENSE("GPL");
