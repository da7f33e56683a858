// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of the distribution of queues to vectors, and of the
 * pauses between restarts of a queue.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "libsvnic_priv.h"

#define QUEUE_MAX	LIBSVNIC_PAIRS_MAX

/* All queues are polled, and evenly divided between all vectors. */
static void mapping_test(struct kunit *test)
{
	unsigned int pairs, nvec, vectors, queue, v;
	unsigned int *polled;

	polled = kunit_kcalloc(test, QUEUE_MAX, sizeof(*polled), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, polled);
	for (pairs = 1; pairs <= QUEUE_MAX; pairs++) {
		for (nvec = 1; nvec <= QUEUE_MAX + 3; nvec++) {
			vectors = libsvnic_vectors(pairs, nvec);
			KUNIT_ASSERT_EQ(test, vectors,
					min(pairs, nvec > 1 ? nvec - 1 : 1));
			memset(polled, 0, QUEUE_MAX * sizeof(*polled));
			for (queue = 0; queue < pairs; queue++) {
				v = libsvnic_vector_of(queue, vectors);
				KUNIT_ASSERT_LT(test, v, vectors);
				polled[v]++;
			}
			for (v = 0; v < vectors; v++) {
				KUNIT_EXPECT_GE(test, polled[v],
						pairs / vectors);
				KUNIT_EXPECT_LE(test, polled[v],
						DIV_ROUND_UP(pairs, vectors));
			}
		}
	}
}

/* No two vectors have the same interrupt, and none has that of the events. */
static void msix_test(struct kunit *test)
{
	unsigned int nvec, v;

	KUNIT_EXPECT_EQ(test, libsvnic_vector_msix(0, 1), 0);
	for (nvec = 2; nvec <= QUEUE_MAX + 1; nvec++)
		for (v = 0; v < libsvnic_vectors(QUEUE_MAX, nvec); v++)
			KUNIT_EXPECT_EQ(test, libsvnic_vector_msix(v, nvec),
					v + 1);
}

static unsigned int queue_polled(const struct libsvnic_vector *vector)
{
	const struct libsvnic_txq *tx;
	const struct libsvnic_rxq *rx;
	unsigned int found = 0;

	for (tx = vector->tx; tx; tx = tx->next)
		found |= BIT(tx->index);
	for (rx = vector->rx; rx; rx = rx->next)
		found |= BIT(16 + rx->index);
	return found;
}

/* Queues are added and removed in any order, each half by itself. */
static void poll_list_test(struct kunit *test)
{
	struct libsvnic_vector *vector;
	struct libsvnic_txq *tx;
	struct libsvnic_rxq *rx;
	unsigned int i;

	vector = kunit_kzalloc(test, sizeof(*vector), GFP_KERNEL);
	tx = kunit_kcalloc(test, 3, sizeof(*tx), GFP_KERNEL);
	rx = kunit_kcalloc(test, 3, sizeof(*rx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vector);
	KUNIT_ASSERT_NOT_NULL(test, tx);
	KUNIT_ASSERT_NOT_NULL(test, rx);
	for (i = 0; i < 3; i++) {
		tx[i].index = i;
		rx[i].index = i;
		libsvnic_vector_add_tx(vector, &tx[i]);
		libsvnic_vector_add_rx(vector, &rx[i]);
		KUNIT_EXPECT_EQ(test, vector->rx_share,
				NAPI_POLL_WEIGHT / (i + 1));
	}
	KUNIT_EXPECT_EQ(test, queue_polled(vector), 0x70007);
	libsvnic_vector_del_rx(vector, &rx[1]);
	KUNIT_EXPECT_EQ(test, queue_polled(vector), 0x50007);
	KUNIT_EXPECT_EQ(test, vector->rx_share, NAPI_POLL_WEIGHT / 2);
	/* A queue that was removed already. */
	libsvnic_vector_del_rx(vector, &rx[1]);
	libsvnic_vector_del_tx(vector, &tx[2]);
	KUNIT_EXPECT_EQ(test, queue_polled(vector), 0x50003);
	/* A poll that is at a queue while it is removed finds the others. */
	KUNIT_EXPECT_PTR_EQ(test, tx[2].next, &tx[1]);
	libsvnic_vector_add_tx(vector, &tx[2]);
	libsvnic_vector_del_tx(vector, &tx[0]);
	KUNIT_EXPECT_EQ(test, queue_polled(vector), 0x50006);
}

/* Restarts are immediate, then have growing pauses, then are given up. */
static void restart_test(struct kunit *test)
{
	static const unsigned int pauses[] = { 0, 100, 200, 400, 800 };
	/* jiffies overflow */
	unsigned long start = 0UL - msecs_to_jiffies(500);
	struct libsvnic_restarts restarts = {};
	unsigned long now = start, pause;
	unsigned int i, turn;

	for (turn = 0; turn < 2; turn++) {
		for (i = 0; i < ARRAY_SIZE(pauses); i++) {
			pause = msecs_to_jiffies(pauses[i]);
			KUNIT_EXPECT_EQ(test,
					libsvnic_restart_pause(&restarts, now),
					pause);
			now += pause;
			KUNIT_EXPECT_EQ(test,
					libsvnic_restart_pause(&restarts, now),
					0);
			restarts.last = now;
			restarts.count++;
		}
		KUNIT_EXPECT_EQ(test, libsvnic_restart_pause(&restarts, now),
				-ETIME);
		now += 59 * HZ;
		KUNIT_EXPECT_EQ(test, libsvnic_restart_pause(&restarts, now),
				-ETIME);
		/* The queue has run for long. */
		now += HZ;
	}
}

static struct kunit_case libsvnic_queue_cases[] = {
	KUNIT_CASE(mapping_test),
	KUNIT_CASE(msix_test),
	KUNIT_CASE(poll_list_test),
	KUNIT_CASE(restart_test),
	{}
};

static struct kunit_suite libsvnic_queue_suite = {
	.name		= "libsvnic_queue",
	.test_cases	= libsvnic_queue_cases,
};

kunit_test_suite(libsvnic_queue_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of libsvnic's queues");
MODULE_LICENSE("GPL");
